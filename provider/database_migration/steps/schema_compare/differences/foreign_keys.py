"""Differences of foreign keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from database_migration.model.schema import ForeignKey, Table
from database_migration.steps.schema_compare.differences.difference import Difference, Weight
from database_migration.steps.schema_compare.differences.spelling import spell_foreign_key

_SAME_ACTION = {"NO ACTION": "RESTRICT"}  # they differ for deferred constraints only


@dataclass(frozen=True, slots=True)
class ForeignKeyDifference(Difference[ForeignKey]):
    """A foreign key that one side lacks, or that both define differently."""

    aspect: ClassVar[str] = "foreign_key"

    @property
    def subject(self) -> str:
        """``orders.fk_customer``."""
        side = self.expected or self.actual
        return f"{self.table}.{side.name if side else ''}"

    @property
    def weight(self) -> Weight:
        """A foreign key decides which writes are let through; another name for it decides nothing."""
        return Weight.COSMETIC if self.attribute == "name" else Weight.BEHAVIOUR

    def spell(self, side: ForeignKey) -> str:
        """The definition, or the name where that is what differs."""
        return side.name if self.attribute == "name" else spell_foreign_key(side)


def compare_foreign_keys(expected: Table, actual: Table, *, dialect: str) -> Iterator[ForeignKeyDifference]:
    """Differences of two tables' foreign keys: by name first, those of other names by definition."""
    there = {key.name: key for key in actual.foreign_keys}
    unmatched = []
    for key in expected.foreign_keys:
        other = there.pop(key.name, None)
        if other is None:
            unmatched.append(key)
        elif _substance(key) != _substance(other):
            yield ForeignKeyDifference(key, other, expected.name)
    for key in unmatched:
        twin = next((other for other in there.values() if _substance(other) == _substance(key)), None)
        if twin is not None:
            del there[twin.name]
            yield ForeignKeyDifference(key, twin, expected.name, "name")
        else:
            yield ForeignKeyDifference(key, None, expected.name)
    for extra in there.values():
        yield ForeignKeyDifference(None, extra, expected.name)


def _substance(key: ForeignKey) -> tuple[object, ...]:
    actions = tuple(_SAME_ACTION.get(action, action) for action in (key.on_delete, key.on_update))
    return (
        key.columns,
        key.parent_table,
        key.parent_columns,
        actions,
        key.deferrable,
        key.initially_deferred,
        key.match_full,
    )


__all__ = ["ForeignKeyDifference", "compare_foreign_keys"]
