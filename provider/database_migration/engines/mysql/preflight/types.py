"""Types that the tables are to have and that a server of this engine may lack: MariaDB's own, on MySQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from database_migration.engines.mysql.connection import MySQLSession
from database_migration.errors import Refused
from database_migration.model.column_type import Kind
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Table

_ASKED = frozenset({Kind.OTHER, Kind.UUID})


def type_findings(session: MySQLSession, tables: Sequence[Table]) -> Iterator[Finding]:
    """A blocker per type that the server does not know, asked by having a statement parsed: nothing is created."""
    natives = {column.type.native for table in tables for column in table.columns if column.type.kind in _ASKED} - {""}
    for native in sorted(natives):
        statement = session.literal(f"CREATE TABLE database_migration_asked (c {native})")
        try:
            session.execute(f"PREPARE asked FROM {statement}")
        except Refused:
            yield Finding(
                Severity.BLOCKER,
                "type_missing",
                native,
                f"The target does not know the type {native}.",
                mend="choose another type for these columns (mapping.types), or a server that has it (MariaDB 10.7 and"
                " later have uuid).",
            )
        else:
            session.execute("DEALLOCATE PREPARE asked")


__all__ = ["type_findings"]
