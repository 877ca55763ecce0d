"""Whether the target has the collations that its text columns are to compare by."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.mysql.hold.collations import stand_in
from database_migration.errors import Refused
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Table

_NAME = re.compile(r"\w+")


def collation_findings(session: MySQLSession, tables: Sequence[Table]) -> Iterator[Finding]:
    """What is said of each collation that the server lacks."""
    columns = [(table, column) for table in tables for column in table.columns if column.charset and column.collation]
    wanted = {(column.charset, column.collation): f"{table.name}.{column.name}" for table, column in columns}
    for (charset, collation), subject in sorted(wanted.items(), key=lambda item: item[1]):
        if charset is None or collation is None or _has(session, charset, collation):
            continue
        other = stand_in(collation)
        if other == collation:
            yield Finding(
                Severity.BLOCKER,
                "collation_missing",
                subject,
                f"The column is to compare by {collation}, which this server has not.",
                f"name one that it has: mapping.collations.renamed: {{{collation}: …}} where it is the source's own,"
                " else mapping.collations.exact, insensitive or columns (SHOW COLLATION lists them).",
            )
        else:
            yield Finding(
                Severity.WARNING,
                "collation_replaced",
                subject,
                f"This server has no {collation}: columns get {other} in its place.",
                f"say which it is to be: mapping.collations.renamed: {{{collation}: {other}}}.",
            )


def _has(session: MySQLSession, charset: str, collation: str) -> bool:
    if not _NAME.fullmatch(charset) or not _NAME.fullmatch(collation):
        return False
    try:
        session.execute(f"SELECT _{charset}'a' COLLATE {collation}")
    except Refused:
        return False
    return True


__all__ = ["collation_findings"]
