"""What tables themselves say against a migration: no key, no room, foreign ones in the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from database_migration.ledger import Ledger
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Schema, Table
from database_migration.steps.schema_compare import ExpectedSchema


def key_findings(tables: Iterable[Table], *, online: bool) -> Iterator[Finding]:
    """Tables whose rows cannot be told apart."""
    for table in tables:
        if table.row_key:
            continue
        if online:
            yield Finding(
                Severity.BLOCKER,
                "table_without_key",
                table.name,
                "The table has no primary key and no unique key without NULLs: changes cannot be applied to its rows.",
                "add a primary key to the table, exclude it (tables.exclude), or migrate offline (strategy: offline).",
            )
        else:
            yield Finding(
                Severity.WARNING,
                "table_without_key",
                table.name,
                "The table has no key: it is copied as one chunk, and a differing row cannot be named.",
                "add a primary key if the table is large.",
            )


def ownership_findings(expected: ExpectedSchema, actual: Schema, ledger: Ledger) -> Iterator[Finding]:
    """Tables and views on the target that stand where ours are to be."""
    ours = {line.subject for line in ledger.objects.all() if line.side is Side.TARGET}
    ours |= {line.subject for _, line in ledger.objects.of_earlier_runs() if line.side is Side.TARGET}
    there = {table.name for table in actual.tables} | {view.name for view in actual.views}
    names = [table.name for table in expected.tables] + [view.name for view in expected.target_views]
    names += expected.label_tables
    for name in names:
        if name in there and name not in ours:
            yield Finding(
                Severity.BLOCKER,
                "target_not_ours",
                name,
                "The target has a table or view of this name that no run of this migration created.",
                f"drop or rename it if nobody needs it, or let ours arrive under another name: tables: {{{name}:"
                " {rename: <other name>}}.",
            )


def disk_findings(tables: Iterable[Table], free_bytes: int | None) -> Iterator[Finding]:
    """Whether the target has room for what the tables take on the source, as statistics estimate it."""
    needed = sum(table.estimated_bytes for table in tables)
    if free_bytes is None:
        yield Finding(
            Severity.NOTE,
            "disk_unknown",
            "target server",
            f"The tables take about {needed:,} bytes on the source; how much is free on the target is not known here.",
            "look at the target's disk, and set steps.preflight.target_free_bytes to have it compared.",
        )
    elif free_bytes < needed:
        yield Finding(
            Severity.BLOCKER,
            "disk_too_small",
            "target server",
            f"The tables take about {needed:,} bytes on the source, the target has {free_bytes:,} bytes free.",
            "enlarge the target's disk, or exclude tables.",
        )


def boolean_findings(booleans: dict[str, list[str]]) -> Iterator[Finding]:
    """Columns whose values, counted now, make them booleans."""
    for table, columns in booleans.items():
        for column in columns:
            yield Finding(
                Severity.NOTE,
                "becomes_boolean",
                f"{table}.{column}",
                "The column holds nothing but 0, 1 and NULL and becomes a boolean; another value that is written while"
                " the migration runs stops it.",
                "set mapping.types.mysql_to_postgres.tinyint_1: integer to keep integers.",
            )


__all__ = ["boolean_findings", "disk_findings", "key_findings", "ownership_findings"]
