"""Keys that the source has once and the target more often: possible where a unique key is not yet made there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Table
from database_migration.model.table_selection import TablePair
from database_migration.steps.validate.sides import Sides


def find_repeated_keys(sides: Sides, pairs: tuple[TablePair, ...]) -> list[Finding]:
    """Blockers for unique keys of the source that are none on the target and have repeated values there."""
    findings = []
    run = sides.run
    for pair in pairs:
        for columns in _missing_keys(pair):
            names = [run.target.engine.ddl.quote(name) for name in columns]
            given = " AND ".join(f"{name} IS NOT NULL" for name in names)
            table = run.target.engine.ddl.quote(run.target.schema, pair.target.name)
            query = (
                f"SELECT count(*) FROM (SELECT 1 AS one FROM {table} WHERE {given}"
                f" GROUP BY {', '.join(names)} HAVING count(*) > 1) AS repeated"
            )
            found = int(cast(int, sides.target.execute(query)[0][0]))
            if found:
                findings.append(
                    Finding(
                        Severity.BLOCKER,
                        "keys_repeated",
                        f"{pair.source.name}.{', '.join(columns)}",
                        f"{found} keys stand more than once on the target, where no unique key forbids it.",
                        f"take the rows away that nobody copied, then create the key. Query: {query}",
                    )
                )
    return findings


def _missing_keys(pair: TablePair) -> Iterator[tuple[str, ...]]:
    """Target columns of the source's unique keys that the target has no unique key on."""
    target_name = {column.source.name: column.target.name for column in pair.columns}
    there = {frozenset(columns) for columns in _unique(pair.target)}
    for columns in dict.fromkeys(_unique(pair.source)):
        if all(name in target_name for name in columns):
            mapped = tuple(target_name[name] for name in columns)
            if frozenset(mapped) not in there:
                yield mapped


def _unique(table: Table) -> Iterator[tuple[str, ...]]:
    if table.primary_key:
        yield tuple(table.primary_key)
    for index in table.indexes:
        whole = len(index.columns) == len(index.parts) and not any(part.prefix for part in index.parts)
        if index.unique and whole and index.predicate is None and index.columns:
            yield index.columns


__all__ = ["find_repeated_keys"]
