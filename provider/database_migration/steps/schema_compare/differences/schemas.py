"""The expected schema against the target's catalog: what is still to be created, and what differs."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import TypeAlias

from database_migration.engines.protocol import Statement
from database_migration.model.schema import Schema, Table
from database_migration.steps.schema_compare.differences.checks import CheckDifference, compare_checks
from database_migration.steps.schema_compare.differences.columns import ColumnDifference, compare_columns
from database_migration.steps.schema_compare.differences.foreign_keys import ForeignKeyDifference, compare_foreign_keys
from database_migration.steps.schema_compare.differences.indexes import IndexDifference, compare_indexes
from database_migration.steps.schema_compare.differences.sequences import SequenceDifference, compare_sequences
from database_migration.steps.schema_compare.differences.tables import TableDifference, compare_table
from database_migration.steps.schema_compare.differences.user_types import TypeDifference, compare_types
from database_migration.steps.schema_compare.differences.views import ViewDifference, compare_views
from database_migration.steps.schema_compare.expected.build import ExpectedSchema
from database_migration.steps.schema_compare.expected.label_tables import missing_tables

AnyDifference: TypeAlias = (
    TableDifference
    | ColumnDifference
    | IndexDifference
    | ForeignKeyDifference
    | CheckDifference
    | ViewDifference
    | SequenceDifference
    | TypeDifference
)

Made: TypeAlias = Set[tuple[str, str]]
"""(kind, subject) of objects that this run has made."""

_ASPECTS = {
    "table": "table",
    "index": "index",
    "unique": "index",
    "foreign_key": "foreign_key",
    "check": "check",
    "view": "view",
    "sequence": "sequence",
    "type": "type",
}
"""Kind of statement → aspect of the difference that it takes away."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What separates the target from what is expected of it."""

    to_create: tuple[Statement, ...]
    differences: tuple[AnyDifference, ...]


def compare_schemas(
    expected: ExpectedSchema, actual: Schema, *, made: Made, replaced: Set[str] = frozenset(), dialect: str
) -> Comparison:
    """Compare; what no run has made yet is to be created and no difference.

    ``replaced`` names objects on the target that apply_schema drops first, because an ended run of the same
    migration made them. ``dialect`` is the target's engine.
    """
    statements = expected.statements
    pending = tuple(
        statement
        for statement in (*statements.before_tables, *statements.tables, *statements.keys, *statements.views)
        if (statement.kind, statement.subject) not in made
    )
    waiting = frozenset((_ASPECTS.get(statement.kind, ""), statement.subject) for statement in pending)
    unmade = {(statement.kind, statement.subject) for statement in pending}
    unfinished = frozenset(
        statement.subject.split(".")[0]
        for statement in statements.after_copy
        if (statement.kind, statement.subject) in unmade
    )
    there = {table.name: table for table in actual.tables if table.name not in replaced}
    found: list[AnyDifference] = []
    for table in expected.tables:
        other = there.pop(table.name, None)
        if other is not None:
            found += _compare_tables(table, other, dialect)
        elif ("table", table.name) not in waiting:
            found.append(TableDifference(table, None))
    for missing in missing_tables(expected.label_tables, there):
        found.append(TableDifference(missing, None))
    found += [TableDifference(None, extra) for extra in there.values() if extra.name not in expected.label_tables]
    found += compare_types(expected.types, [type_ for type_ in actual.types if type_.name not in replaced])
    found += compare_sequences(expected.sequences, [one for one in actual.sequences if one.name not in replaced])
    views = [view for view in actual.views if view.name not in replaced]
    found += compare_views(expected.target_views, views)
    return Comparison(pending, tuple(d for d in found if not _is_pending(d, waiting, unfinished)))


def _compare_tables(expected: Table, actual: Table, dialect: str) -> Iterator[AnyDifference]:
    yield from compare_table(expected, actual)
    yield from compare_columns(expected, actual, dialect=dialect)
    yield from compare_indexes(expected, actual, dialect=dialect)
    yield from compare_foreign_keys(expected, actual, dialect=dialect)
    yield from compare_checks(expected, actual, dialect=dialect)


def _is_pending(difference: AnyDifference, waiting: Made, unfinished: Set[str]) -> bool:
    """Whether a statement that is still to be executed takes the difference away."""
    if difference.actual is None:
        return (difference.aspect, difference.subject) in waiting
    if difference.attribute in ("comment", "on_update", "identity"):
        return (difference.table or difference.subject) in unfinished
    return False


__all__ = ["AnyDifference", "Comparison", "compare_schemas"]
