"""The rows that the spec's mappings would fail at, leave out or leave without a parent: counted by the source."""

from __future__ import annotations

from collections.abc import Iterator

from database_migration.engines.protocol import Session
from database_migration.model.mapping.tables import ColumnMapping, OtherValue, TableMapping
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import ForeignKey, Schema, Table
from database_migration.steps.preflight.mappings import blocked
from database_migration.steps.run import MigrationRun


def mapped_value_findings(run: MigrationRun, session: Session, mapped: Schema) -> Iterator[Finding]:
    """What is counted of each mapped table of the source; costs a scan for each map, lookup and condition."""
    for table in run.selection.of(mapped):
        if table.physical is not None:
            yield from _table(run, session, table, run.declared.mappings[table.name])
    yield from _orphans(run, session, mapped)


def _table(run: MigrationRun, session: Session, table: Table, said: TableMapping) -> Iterator[Finding]:
    if table.where:
        taking = _count(run, session, table, "")
        every = run.source.engine.catalog.exact_count(session, table.as_stored)
        yield Finding(
            Severity.NOTE if taking or not every else Severity.WARNING,
            "mapping_leaves_rows_out",
            table.name,
            f"{taking} of {every} rows take part (where).",
            "" if taking or not every else "correct the condition, unless the table is to arrive empty.",
        )
    for name, one in said.columns.items():
        if one.map is not None:
            yield from _map(run, session, table, name, one)
        if one.lookup is not None and one.otherwise == "refuse":
            found = _value(run, table, name, one.model_copy(update={"otherwise": "null"}))
            quoted = f"t.{run.source.engine.ddl.quote(name)}"
            if missed := _count(run, session, table, f"{quoted} IS NOT NULL AND {found} IS NULL"):
                yield blocked(
                    f"{table.name}.{name}",
                    f"{missed} rows hold a value that {one.lookup.table}.{one.lookup.key} does not find.",
                    "correct the rows or the table, or say otherwise: null or {to: …}.",
                )


def _map(run: MigrationRun, session: Session, table: Table, name: str, said: ColumnMapping) -> Iterator[Finding]:
    keys = frozenset(said.map or ())
    if said.otherwise == "refuse":
        if missed := _count(run, session, table, f"{_value(run, table, name, _told(keys))} = 0"):
            yield blocked(
                f"{table.name}.{name}",
                f"{missed} rows hold a value that the map does not name.",
                "name it there, or say otherwise: keep, null or {to: …}.",
            )
    elif said.otherwise == "keep" and run.online and (inverse := said.inverse) is not None:
        taken = frozenset(inverse) - keys
        met = _count(run, session, table, f"{_value(run, table, name, _told(taken))} = 1") if taken else 0
        if met:
            yield blocked(
                f"{table.name}.{name}",
                f"{met} rows hold already what the map makes of other values, so there is no way back for them.",
                "give the map other values, or migrate with strategy: offline.",
            )


def _told(names: frozenset[str]) -> ColumnMapping:
    """1 for values of these names, 0 for others."""
    return ColumnMapping(map=dict.fromkeys(sorted(names), 1), otherwise=OtherValue(to=0))


def _value(run: MigrationRun, table: Table, name: str, said: ColumnMapping) -> str:
    return run.source.engine.mapping.value(run.source.schema, table.as_stored.column(name), said)


def _count(run: MigrationRun, session: Session, table: Table, condition: str) -> int:
    conditions = [f"({one})" for one in (table.where, condition) if one]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    name = run.source.engine.ddl.quote(run.source.schema, table.name)
    return int(str(session.execute(f"SELECT count(*) FROM {name} AS t{where}")[0][0]))


def _orphans(run: MigrationRun, session: Session, mapped: Schema) -> Iterator[Finding]:
    for table in run.selection.of(mapped):
        for key in table.foreign_keys:
            if not (mapped.has_table(key.parent_table) and run.selection.selects(key.parent_table)):
                continue
            parent = mapped.table(key.parent_table)
            if parent.where and (count := _count(run, session, table, _orphaned(run, key, parent))):
                yield blocked(
                    f"{table.name}.{key.name}",
                    f"{count} rows refer to rows of {parent.name} that do not take part (where).",
                    f"give {table.name} a condition that leaves them out too, or {parent.name} a wider one.",
                )


def _orphaned(run: MigrationRun, key: ForeignKey, parent: Table) -> str:
    quote = run.source.engine.ddl.quote
    given = " AND ".join(f"t.{quote(name)} IS NOT NULL" for name in key.columns)
    pairs = zip(key.columns, key.parent_columns, strict=True)
    same = " AND ".join(f"p.{quote(there)} = t.{quote(here)}" for here, there in pairs)
    # Names without a table mean the parent's columns: it is the nearest that has them.
    return (
        f"{given} AND NOT EXISTS (SELECT 1 FROM {quote(run.source.schema, parent.name)} AS p"
        f" WHERE {same} AND ({parent.where}))"
    )


__all__ = ["mapped_value_findings"]
