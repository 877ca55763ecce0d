"""Differences of check constraints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from database_migration.model.schema import Check, Table
from database_migration.steps.schema_compare.differences.difference import Difference, Weight
from database_migration.steps.schema_compare.differences.same_expression import same_expression


@dataclass(frozen=True, slots=True)
class CheckDifference(Difference[Check]):
    """A check constraint that one side lacks, or whose expressions differ."""

    aspect: ClassVar[str] = "check"

    @property
    def subject(self) -> str:
        """``orders.total_positive``."""
        side = self.expected or self.actual
        return f"{self.table}.{side.name if side else ''}"

    @property
    def weight(self) -> Weight:
        """A check that is not expected refuses rows; a missing one lets wrong rows in."""
        return Weight.DATA_LOSS if self.expected is None else Weight.BEHAVIOUR

    def spell(self, side: Check) -> str:
        """The expression."""
        return side.expression


def compare_checks(expected: Table, actual: Table, *, dialect: str) -> Iterator[CheckDifference]:
    """Differences of two tables' checks: by name first, those of other names by expression."""
    there = {check.name: check for check in actual.checks}
    unmatched = []
    for check in expected.checks:
        other = there.pop(check.name, None)
        if other is None:
            unmatched.append(check)
        elif not same_expression(check.expression, other.expression, dialect=dialect):
            yield CheckDifference(check, other, expected.name)
    for check in unmatched:
        twin = next(
            (o for o in there.values() if same_expression(check.expression, o.expression, dialect=dialect)), None
        )
        if twin is not None:
            del there[twin.name]
        else:
            yield CheckDifference(check, None, expected.name)
    for extra in there.values():
        yield CheckDifference(None, extra, expected.name)


__all__ = ["CheckDifference", "compare_checks"]
