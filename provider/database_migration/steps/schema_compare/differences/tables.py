"""Differences of whole tables: there or not, primary key, order of columns, comment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from database_migration.model.schema import Table
from database_migration.steps.schema_compare.differences.difference import NamedDifference, Weight


@dataclass(frozen=True, slots=True)
class TableDifference(NamedDifference[Table]):
    """A table that one side lacks, or an attribute of the table as a whole."""

    aspect: ClassVar[str] = "table"

    @property
    def weight(self) -> Weight:
        """Rows of a missing table are lost; another primary key, or partitions without a place, may refuse rows."""
        if self.expected is None:
            return Weight.COSMETIC
        if self.actual is None:
            return Weight.DATA_LOSS
        if self.attribute == "primary_key":
            return Weight.DATA_LOSS if self.actual.primary_key else Weight.BEHAVIOUR
        if self.attribute == "partitions":
            return Weight.DATA_LOSS if self.actual.partitions else Weight.BEHAVIOUR
        return Weight.COSMETIC

    def spell(self, side: Table) -> str:
        """The attribute, or how many columns the table has."""
        match self.attribute:
            case "primary_key":
                return f"({', '.join(side.primary_key)})" if side.primary_key else "none"
            case "column_order":
                return ", ".join(column.name for column in side.columns)
            case "partitions":
                parts = ", ".join(f"{part.name} {part.bound}".strip() for part in side.partitions)
                return f"by {side.partitioned_by}: {parts}" if side.partitioned_by else "none"
            case "comment":
                return f"'{side.comment}'"
        return f"{side.name} with {len(side.columns)} columns"


def compare_table(expected: Table, actual: Table) -> Iterator[TableDifference]:
    """Differences of two tables as wholes."""
    if expected.primary_key != actual.primary_key:
        yield TableDifference(expected, actual, expected.name, "primary_key")
    here = {column.name: None for column in expected.columns}
    shared = {column.name: None for column in actual.columns if column.name in here}
    if list(shared) != [name for name in here if name in shared]:
        yield TableDifference(expected, actual, expected.name, "column_order")
    if _divided(expected) != _divided(actual):
        yield TableDifference(expected, actual, expected.name, "partitions")
    if expected.comment != actual.comment:
        yield TableDifference(expected, actual, expected.name, "comment")


def _divided(table: Table) -> tuple[object, ...]:
    """How a table is divided, without the quotes and blanks that servers spell as they like."""
    parts = {(part.name, part.parent, _bare(part.bound), _bare(part.divided_by)) for part in table.partitions}
    return _bare(table.partitioned_by), frozenset(parts)


def _bare(words: str) -> str:
    return re.sub(r"[\s`'\"]", "", words).lower()


__all__ = ["TableDifference", "compare_table"]
