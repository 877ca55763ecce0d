"""Rows counted on both sides, and rows whose parents are missing."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import cast

from database_migration.engines.protocol import Session
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import ForeignKey
from database_migration.model.table_selection import TablePair
from database_migration.steps.apply_schema.orphans import orphan_query
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate.sides import Sides


@dataclass(frozen=True, slots=True)
class TableCount:
    """Exact counts of a table, taken at the same time."""

    table: str
    source: int
    target: int
    quarantined: int = 0
    """Rows of the source that were left out, and are known to be."""

    @property
    def equal(self) -> bool:
        """Whether both sides hold as many rows."""
        return self.source == self.target + self.quarantined


def count_tables(run: MigrationRun, quarantined: Mapping[str, int], *, written_back: bool = False) -> list[TableCount]:
    """Count every table on both sides; comparable where nobody writes and everything is applied.

    ``quarantined``: rows of each source table that were left out. ``written_back``: the target's changes were applied
    to the source, where rows that cease to take part stay; tables with a condition cannot be counted then.
    """
    run_pairs = [pair for pair in run.pairs() if not (written_back and pair.source.where)]
    with Sides(run) as sides:
        return [_count(sides, pair, quarantined.get(pair.source.name, 0)) for pair in run_pairs]


def find_orphans(sides: Sides, pairs: tuple[TablePair, ...], *, left_out: Set[str] = frozenset()) -> list[Finding]:
    """Rows on the target whose foreign keys lead nowhere: blockers where the source has fewer of them.

    Where rows of the parent table are in quarantine (``left_out``), that may be why, and it is a warning.
    """
    findings = []
    by_name = {pair.source.name: pair for pair in pairs}
    for pair in pairs:
        target_keys = {key.columns: key for key in pair.target.foreign_keys}
        target_name = {column.source.name: column.target.name for column in pair.columns}
        for key in pair.source.foreign_keys:
            parent = by_name.get(key.parent_table)
            if parent is None:
                continue  # the parent does not take part
            columns = tuple(target_name.get(name, name) for name in key.columns)
            twin = target_keys.get(columns) or _not_yet_made(key, columns, parent)
            if twin is None:
                continue  # the target has not all of its columns: schema_compare tells of it
            run = sides.run
            broken = _ask(sides.target, orphan_query(run.target.engine.ddl, run.target.schema, pair.target, twin))
            if not broken:
                continue
            before = _ask(sides.source, orphan_query(run.source.engine.ddl, run.source.schema, pair.source, key))
            findings.append(
                Finding(
                    Severity.BLOCKER if broken > before and key.parent_table not in left_out else Severity.WARNING,
                    "orphan_rows",
                    f"{pair.source.name}.{key.name}",
                    f"{broken} rows refer to a row of {twin.parent_table} that does not exist"
                    f" ({before} on the source"
                    + ("; rows of it are in quarantine)." if key.parent_table in left_out else ")."),
                    "mend the rows on the source; replication carries that over.",
                )
            )
    return findings


def _not_yet_made(key: ForeignKey, columns: tuple[str, ...], parent: TablePair) -> ForeignKey | None:
    """A foreign key of the source as the target would have it."""
    names = {column.source.name: column.target.name for column in parent.columns}
    if any(name not in names for name in key.parent_columns):
        return None
    return ForeignKey(key.name, columns, parent.target.name, tuple(names[name] for name in key.parent_columns))


def _ask(session: Session, query: str) -> int:
    return int(cast(int, session.execute(query)[0][0]))


def _count(sides: Sides, pair: TablePair, quarantined: int) -> TableCount:
    run = sides.run
    source, target = sides.both(
        lambda session: run.source.engine.catalog.exact_count(session, pair.source),
        lambda session: run.target.engine.catalog.exact_count(session, pair.target),
    )
    return TableCount(pair.source.name, source, target, quarantined)


__all__ = ["TableCount", "count_tables", "find_orphans"]
