"""Reads a change log up to its present end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing

from database_migration.engines.mysql.catalog import MySQLCatalog
from database_migration.engines.mysql.change_log import MySQLChangeLog
from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.protocol import Endpoint
from database_migration.model.change import ChangeTransaction
from database_migration.model.column_type import form_between
from database_migration.model.log_position import LogPosition
from database_migration.model.table_selection import FormedColumn


def formed(session: MySQLSession, schema: str, *names: str) -> dict[str, list[FormedColumn]]:
    """The copied columns of tables, each in its own form."""
    read = MySQLCatalog().read(session, schema)
    return {
        name: [FormedColumn(c, form_between(c.type, c.type)) for c in read.table(name).copied_columns]
        for name in names or [table.name for table in read.tables]
    }


def read_all(
    endpoint: Endpoint, after: LogPosition, tables: Mapping[str, Sequence[FormedColumn]]
) -> list[ChangeTransaction]:
    """Everything from a position to the end as it is now, heartbeats included."""
    log = MySQLChangeLog(endpoint)
    end = log.end()
    found = []
    with closing(log.read("test", tables, endpoint.schema, after, idle_seconds=0.3)) as stream:
        for transaction in stream:
            found.append(transaction)
            if transaction.position >= end:
                return found
    raise AssertionError("the stream ended by itself")
