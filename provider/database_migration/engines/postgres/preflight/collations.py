"""Whether the target has what its text columns are to compare by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from database_migration.engines.protocol import Session
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Table
from database_migration.model.text_comparison import CITEXT

_CITEXT = """
SELECT e.extname IS NOT NULL, coalesce(pg_type_is_visible(t.oid), true)
FROM pg_available_extensions AS a
LEFT JOIN pg_extension AS e ON e.extname = a.name
LEFT JOIN pg_type AS t ON t.typname = 'citext' AND t.typnamespace = e.extnamespace
WHERE a.name = 'citext'
"""


def collation_findings(session: Session, tables: Sequence[Table]) -> Iterator[Finding]:
    """A blocker for each collation, and for the extension, that a column of the tables needs and the server lacks."""
    columns = [(table, column) for table in tables for column in table.columns]
    folding = [f"{table.name}.{column.name}" for table, column in columns if column.folding_locale is not None]
    if folding and not session.execute("SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu'"):
        yield Finding(
            Severity.BLOCKER,
            "icu_missing",
            folding[0],
            f"{len(folding)} columns are to compare by an ICU collation, and this server was built without ICU.",
            "use a server with ICU, or set mapping.collations.keys: citext (or leave).",
        )
    if citext := [f"{table.name}.{column.name}" for table, column in columns if column.type.native == CITEXT]:
        yield from _citext(session, citext)
    named = {
        column.collation: f"{table.name}.{column.name}"
        for table, column in columns
        if column.collation is not None and column.folding_locale is None
    }
    for name, subject in sorted(named.items()):
        if not session.execute("SELECT 1 FROM pg_collation WHERE collname = %s", (name,)):
            yield Finding(
                Severity.BLOCKER,
                "collation_missing",
                subject,
                f"The column is to compare by the collation {name}, which this database has not.",
                "correct mapping.collations, or CREATE COLLATION before the migration (SELECT collname FROM"
                " pg_collation lists those there are).",
            )


def _citext(session: Session, columns: Sequence[str]) -> Iterator[Finding]:
    found = session.execute(_CITEXT)
    what = f"{len(columns)} columns are to be of the type citext"
    if not found:
        yield Finding(
            Severity.BLOCKER,
            "citext_missing",
            columns[0],
            f"{what}, and the server has no such extension.",
            "install PostgreSQL's contributed modules (package postgresql-contrib), then CREATE EXTENSION citext;"
            " or set mapping.collations.keys: icu.",
        )
        return
    installed, visible = found[0]
    if not installed or not visible:
        where = "is not installed in this database" if not installed else "is in a schema that is not searched"
        statement = "ALTER EXTENSION citext SET SCHEMA public;" if installed else "CREATE EXTENSION citext;"
        mend = f"{statement} (as the database's owner)"
        yield Finding(Severity.BLOCKER, "citext_missing", columns[0], f"{what}; the extension {where}.", mend)


__all__ = ["collation_findings"]
