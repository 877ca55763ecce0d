"""All that a step may ask of a database.

An engine is a folder whose modules fulfil these protocols; docstrings are promises, and the contract
tests hold every engine to each of them. What differs between engines is declared in ``Traits``, not
branched upon. Methods raise ``database_migration.errors`` only: a lost connection is ``Interrupted``, a
statement that can never succeed is ``Refused``.
"""

from __future__ import annotations

from database_migration.engines.protocol.changes import ChangeLog, ChangeWriter, Visibility
from database_migration.engines.protocol.code import StoredCodeCarrier
from database_migration.engines.protocol.connection import BulkFormat, Endpoint, Parameter, Row, Session, Traits
from database_migration.engines.protocol.engine import Engine
from database_migration.engines.protocol.holds import FenceOutcome, TriggerHold, TriggerSource, WriteFence
from database_migration.engines.protocol.inspection import (
    CountedValues,
    EqualKeys,
    IndexUse,
    Inspection,
    KeyPart,
    QueryOutcome,
    ServerFacts,
    ServerLoad,
)
from database_migration.engines.protocol.mapping import IMAGE_NUMBER, RowMapping
from database_migration.engines.protocol.rows import Checksum, ColumnFigures, Measure, RowAuthor, Rows
from database_migration.engines.protocol.schema import Catalog, Ddl, Statement

__all__ = [
    "IMAGE_NUMBER",
    "BulkFormat",
    "Catalog",
    "ChangeLog",
    "ChangeWriter",
    "Checksum",
    "ColumnFigures",
    "CountedValues",
    "Ddl",
    "Endpoint",
    "Engine",
    "EqualKeys",
    "FenceOutcome",
    "IndexUse",
    "Inspection",
    "KeyPart",
    "Measure",
    "Parameter",
    "QueryOutcome",
    "Row",
    "RowAuthor",
    "RowMapping",
    "Rows",
    "ServerFacts",
    "ServerLoad",
    "Session",
    "Statement",
    "StoredCodeCarrier",
    "Traits",
    "TriggerHold",
    "TriggerSource",
    "Visibility",
    "WriteFence",
]
