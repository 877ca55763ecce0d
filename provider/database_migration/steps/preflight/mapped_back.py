"""What an online migration's mappings mean for the log, and for going back after the cutover."""

from __future__ import annotations

from collections.abc import Iterator

from database_migration.model.mapping.tables import TableMapping
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import ForeignKey, Schema, Table
from database_migration.model.table_selection import is_comparable, is_written_back
from database_migration.steps.mapped_schema import mentions
from database_migration.steps.preflight.mappings import blocked
from database_migration.steps.run import MigrationRun

_ACTING = frozenset({"CASCADE", "SET NULL"})


def mapped_back_findings(run: MigrationRun, mapped: Schema) -> Iterator[Finding]:
    """What cannot be replicated there, what cannot come back, and what stays as it was; nothing of it offline."""
    for table in run.selection.of(mapped) if run.online else ():
        if table.physical is not None:
            yield from _needing_values(table)
            yield from _not_restored(table)
            yield from _lookups(run.declared.mappings[table.name], table)
            yield from _condition(table)
            if not run.source.engine.traits.logs_cascades:
                yield from _unseen(table)


def _needing_values(table: Table) -> Iterator[Finding]:
    """Columns of the source that a new row of the target has no value for."""
    back = {column.name for column in table.columns if is_written_back(column)}
    for column in table.as_stored.copied_columns:
        filled = column.nullable or column.default is not None or column.identity
        if column.name not in back and not filled:
            yield blocked(
                f"{table.name}.{column.name}",
                "After the cutover new rows of the target are written to the source, too, and have no value for this"
                " column, which needs one.",
                f"give {column.name} a default on the source (ALTER TABLE {table.name} …), or let it be NULL; or"
                " migrate with strategy: offline.",
            )


def _not_restored(table: Table) -> Iterator[Finding]:
    stored = {column.name for column in table.as_stored.copied_columns}
    kept = {column.name for column in table.columns if is_comparable(column)}
    lost = sorted(stored - kept)
    if lost:
        yield Finding(
            Severity.WARNING,
            "mapping_not_restored",
            table.name,
            f"Going back leaves {', '.join(lost)} on the source as they were before the cutover: what the application"
            " changes in their place on the target is not written back, nor compared.",
            "accept it, or keep the columns as they are.",
        )


def _lookups(said: TableMapping, table: Table) -> Iterator[Finding]:
    tables = sorted({one.lookup.table for one in said.columns.values() if one.lookup is not None})
    if tables:
        yield Finding(
            Severity.WARNING,
            "mapping_lookup",
            table.name,
            f"Values are looked up in {', '.join(tables)} when a row is copied or changed; a later change there does"
            " not reach the rows that are copied already.",
            "keep these tables as they are until the cutover; validate finds, and repairs, rows that differ.",
        )


def _condition(table: Table) -> Iterator[Finding]:
    if table.where:
        yield Finding(
            Severity.NOTE,
            "mapping_condition",
            table.name,
            "After the cutover rows that do not take part stay as they are on the source. New rows of the target come"
            " to it whether they obey the condition or not; one with the key of a row that does not take part stops"
            " reverse replication.",
        )


def _unseen(table: Table) -> Iterator[Finding]:
    """Foreign keys whose actions the log does not tell, and that nobody can emulate."""
    made_of = {name for column in table.columns if column.derived for name in column.derived.uses}
    kept = {key.name for key in table.foreign_keys}
    for key in table.as_stored.foreign_keys:
        if {key.on_delete, key.on_update} & _ACTING and (key.name not in kept or _is_used(key, table, made_of)):
            yield blocked(
                f"{table.name}.{key.name}",
                f"The foreign key changes rows by itself ({key.on_delete} on delete, {key.on_update} on update), the"
                " log does not tell of it, and what the spec makes of its columns keeps it from being followed.",
                f"leave {', '.join(key.columns)} as they are, or migrate with strategy: offline.",
            )


def _is_used(key: ForeignKey, table: Table, made_of: set[str]) -> bool:
    names = set(key.columns)
    return bool(names & made_of) or mentions(table.where, names)


__all__ = ["mapped_back_findings"]
