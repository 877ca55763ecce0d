"""One database product."""

from __future__ import annotations

from typing import Protocol

from database_migration.engines.protocol.changes import ChangeLog, ChangeWriter
from database_migration.engines.protocol.code import StoredCodeCarrier
from database_migration.engines.protocol.connection import Endpoint, Session, Traits
from database_migration.engines.protocol.holds import TriggerHold, WriteFence
from database_migration.engines.protocol.inspection import Inspection
from database_migration.engines.protocol.mapping import RowMapping
from database_migration.engines.protocol.rows import Rows
from database_migration.engines.protocol.schema import Catalog, Ddl


class Engine(Protocol):
    """One database product, stateless: everything that a step may ask, by subject."""

    traits: Traits
    catalog: Catalog
    ddl: Ddl
    rows: Rows
    writer: ChangeWriter
    fence: WriteFence
    triggers: TriggerHold
    code: StoredCodeCarrier
    inspection: Inspection
    mapping: RowMapping

    def connect(self, endpoint: Endpoint, *, purpose: str) -> Session:
        """Open a session; ``purpose`` shows in the server's session list where it can.

        ConnectionRefused for a wrong login or database, Interrupted when the server does not answer.
        """
        ...

    def change_log(self, endpoint: Endpoint) -> ChangeLog:
        """The log of the server at an endpoint; it opens connections of its own."""
        ...


__all__ = ["Engine"]
