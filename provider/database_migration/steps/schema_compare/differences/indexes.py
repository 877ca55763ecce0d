"""Differences of secondary indexes and unique keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from database_migration.model.schema import Index, Table
from database_migration.steps.schema_compare.differences.difference import Difference, Weight
from database_migration.steps.schema_compare.differences.same_expression import same_expression
from database_migration.steps.schema_compare.differences.spelling import spell_index


@dataclass(frozen=True, slots=True)
class IndexDifference(Difference[Index]):
    """An index that one side lacks, or that both define differently."""

    aspect: ClassVar[str] = "index"

    @property
    def subject(self) -> str:
        """``orders.idx_customer``."""
        side = self.expected or self.actual
        return f"{self.table}.{side.name if side else ''}"

    @property
    def weight(self) -> Weight:
        """A unique key that is not expected refuses rows; a plain index only costs or saves time."""
        expected_unique = self.expected is not None and self.expected.unique
        if self.actual is not None and self.actual.unique and not expected_unique:
            return Weight.DATA_LOSS
        if self.expected is None or self.attribute == "name":
            return Weight.COSMETIC
        return Weight.BEHAVIOUR

    def spell(self, side: Index) -> str:
        """The definition, or the name where that is what differs."""
        return side.name if self.attribute == "name" else spell_index(side)


def compare_indexes(expected: Table, actual: Table, *, dialect: str) -> Iterator[IndexDifference]:
    """Differences of two tables' indexes: by name first, those of other names by definition."""
    there = {index.name: index for index in actual.indexes}
    unmatched = []
    for index in expected.indexes:
        other = there.pop(index.name, None)
        if other is None:
            unmatched.append(index)
        elif not _same(index, other, dialect):
            yield IndexDifference(index, other, expected.name)
    for index in unmatched:
        twin = next((other for other in there.values() if _same(index, other, dialect)), None)
        if twin is not None:
            del there[twin.name]
            yield IndexDifference(index, twin, expected.name, "name")
        else:
            yield IndexDifference(index, None, expected.name)
    for extra in there.values():
        # MySQL backs every foreign key by an index of its own making, under the key's name.
        if not any(extra.columns[: len(key.columns)] == key.columns for key in actual.foreign_keys):
            yield IndexDifference(None, extra, expected.name)


def _same(one: Index, other: Index, dialect: str) -> bool:
    if len(one.parts) != len(other.parts):
        return False
    parts = all(
        replace(a, expression=None) == replace(b, expression=None)
        and same_expression(a.expression, b.expression, dialect=dialect)
        for a, b in zip(one.parts, other.parts, strict=True)
    )
    return parts and _kind(one) == _kind(other) and same_expression(one.predicate, other.predicate, dialect=dialect)


def _kind(index: Index) -> tuple[object, ...]:
    deferral = (index.deferrable, index.initially_deferred)
    shape = (index.unique, index.method, index.include, index.nulls_distinct, index.constraint, index.parser)
    return (*shape, *deferral, index.invisible)


__all__ = ["IndexDifference", "compare_indexes"]
