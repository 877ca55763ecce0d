"""What text compares by on both sides, for reports."""

from __future__ import annotations

from collections.abc import Iterator

from database_migration.model.report import ReportTable
from database_migration.model.schema import Column, Table
from database_migration.model.text_comparison import CITEXT, TextComparison, comparison_of
from database_migration.steps.schema_compare.expected.build import ExpectedSchema


def collation_table(expected: ExpectedSchema) -> ReportTable:
    """The columns whose text folds on either side, and those of keys that the sides compare differently."""
    return ReportTable(
        "Collations",
        ("column", "source compares by", "ignoring", "target compares by", "ignoring", "part of"),
        tuple(
            row
            for source, target in zip(expected.selected, expected.tables, strict=True)
            for row in _rows(source, target)
        ),
        note="Text that is not listed is told apart by its characters on both sides.",
    )


def _rows(source: Table, target: Table) -> Iterator[tuple[str, ...]]:
    for here, there in zip(source.columns, target.columns, strict=False):
        one, other = comparison_of(here), comparison_of(there)
        places = _parts_of(target, there.name)
        if one.folds or other.folds or (places and one != other):
            yield (
                f"{target.name}.{there.name}",
                _by(here, one),
                one.spelled,
                _by(there, other),
                other.spelled,
                ", ".join(places) or "no key or index",
            )


def _parts_of(table: Table, column: str) -> list[str]:
    """The keys and indexes that a column is part of: those that decide which rows there may be come first."""
    found = ["primary key"] if column in table.primary_key else []
    found += [f"unique key {index.name}" for index in table.indexes if index.unique and column in index.columns]
    found += [f"foreign key {key.name}" for key in table.foreign_keys if column in key.columns]
    found += [f"index {index.name}" for index in table.indexes if not index.unique and column in index.columns]
    return found


def _by(column: Column, comparison: TextComparison) -> str:
    if comparison.rules == CITEXT:
        return CITEXT
    return column.collation or "its characters"


__all__ = ["collation_table"]
