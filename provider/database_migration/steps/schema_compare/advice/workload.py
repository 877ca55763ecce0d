"""Indexes that the application's own queries would need: selective equalities on large tables that no index serves.

Before the copy the target's tables are empty and its planner knows nothing of them. So queries are judged by their
shape, and how selective a column is by a sample of the source's rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from database_migration.engines.protocol import Session
from database_migration.model.schema import Table
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare.advice.indexes import Advice, plain_index, serves
from database_migration.steps.schema_compare.expected.build import ExpectedSchema
from database_migration.steps.translate_queries.corpus import Query

LARGE = 10_000
"""Rows (estimated) from which a table is worth an index."""
_SAMPLE = 10_000
_DISTINCT = 100
"""Different values in a sample from which an equality is selective: it keeps a hundredth of the rows or less."""


def missing_for_queries(
    run: MigrationRun, session: Session, expected: ExpectedSchema, queries: list[Query]
) -> Iterator[Advice]:
    """Advice per table and column, naming the queries; ``session`` is on the source."""
    wanted: dict[tuple[str, str], list[str]] = defaultdict(list)
    tables = {table.name.lower(): table for table in expected.selected if table.estimated_rows >= LARGE}
    for query in queries:
        for table, columns in equalities(query.sql, run.source.engine.traits.engine, tables):
            if not any(serves(table, (column,)) for column in columns):
                for column in columns:
                    wanted[table.name, column].append(query.name)
    target = dict(zip((table.name for table in expected.selected), expected.tables, strict=True))
    ddl = run.target.engine.ddl
    for (name, column), names in sorted(wanted.items()):
        distinct = _distinct(run, session, name, column)
        if distinct < _DISTINCT:
            continue
        held = target[name]
        index = plain_index(held.name, (run.selection.target_column(name, column),))
        shown = ", ".join(dict.fromkeys(names[:5]))
        yield Advice(
            "index_missing_for_query",
            held.name,
            index.name,
            f"{len(set(names))} queries ({shown}) look for equal {column}, which no index begins with; a sample of"
            f" {_SAMPLE} rows has {distinct} different values.",
            ddl.create_index(run.target.schema, held, index).sql,
        )


def equalities(sql: str, dialect: str, tables: dict[str, Table]) -> Iterator[tuple[Table, tuple[str, ...]]]:
    """(table, its columns that every row found has to equal a given value in), for each SELECT, UPDATE and DELETE."""
    try:
        tree = sqlglot.parse_one(sql, dialect=dialect)
    except SqlglotError:
        return
    for where in tree.find_all(exp.Where):
        around = where.parent
        if around is None:
            continue
        named = {
            source.alias_or_name.lower(): tables[source.name.lower()]
            for source in around.find_all(exp.Table)
            if source.name.lower() in tables
        }
        found: dict[str, list[str]] = defaultdict(list)
        for condition in _conjuncts(where.this):
            column = _compared(condition)
            if column is None:
                continue
            for alias, table in named.items():
                name = next((c.name for c in table.columns if c.name.lower() == column.name.lower()), None)
                if name and column.table.lower() in ("", alias):
                    found[alias].append(name)
        for alias, names in found.items():
            yield named[alias], tuple(dict.fromkeys(names))


def _conjuncts(condition: exp.Expression) -> Iterator[exp.Expression]:
    if isinstance(condition, exp.And | exp.Paren):
        for part in condition.iter_expressions():
            yield from _conjuncts(part)
    else:
        yield condition


def _compared(condition: exp.Expression) -> exp.Column | None:
    """The column that a condition holds equal to something that is no column."""
    if not isinstance(condition, exp.EQ):
        return None
    sides = condition.this, condition.expression
    for column, value in (sides, sides[::-1]):
        if isinstance(column, exp.Column) and value.find(exp.Column) is None and value.find(exp.Query) is None:
            return column
    return None


def _distinct(run: MigrationRun, session: Session, table: str, column: str) -> int:
    quote = run.source.engine.ddl.quote
    name = quote(column)
    rows = session.execute(
        f"SELECT count(DISTINCT s.{name}) FROM"
        f" (SELECT {name} FROM {quote(run.source.schema, table)} LIMIT {_SAMPLE}) AS s"
    )
    return int(cast(int, rows[0][0]))


__all__ = ["LARGE", "equalities", "missing_for_queries"]
