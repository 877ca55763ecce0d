"""Differences of enums and domains that a schema declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from database_migration.model.schema import UserType
from database_migration.steps.schema_compare.differences.difference import NamedDifference, Weight


@dataclass(frozen=True, slots=True)
class TypeDifference(NamedDifference[UserType]):
    """A type that one side lacks, or that allows other values."""

    aspect: ClassVar[str] = "type"

    @property
    def weight(self) -> Weight:
        """A type that allows less refuses rows."""
        if self.expected is None:
            return Weight.COSMETIC
        if self.actual is None:
            return Weight.BEHAVIOUR
        fits = set(self.expected.labels) <= set(self.actual.labels) and set(self.actual.checks) <= set(
            self.expected.checks
        )
        return Weight.BEHAVIOUR if fits and self.expected.base == self.actual.base else Weight.DATA_LOSS

    def spell(self, side: UserType) -> str:
        """An enum's labels, or what a domain is over and asks for."""
        if not side.is_domain:
            return f"enum ({', '.join(side.labels)})"
        words = [side.base, *(["not null"] if side.not_null else [])]
        words += [f"default {side.default}"] if side.default else []
        return " ".join([*words, *(f"check ({expression})" for _, expression in side.checks)])


def compare_types(expected: Iterable[UserType], actual: Iterable[UserType]) -> Iterator[TypeDifference]:
    """Differences of two sets of types, by name."""
    there = {type_.name: type_ for type_ in actual}
    for type_ in expected:
        other = there.pop(type_.name, None)
        if other != type_:
            yield TypeDifference(type_, other)
    for extra in there.values():
        yield TypeDifference(None, extra)


__all__ = ["TypeDifference", "compare_types"]
