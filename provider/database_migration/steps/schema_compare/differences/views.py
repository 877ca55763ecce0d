"""Differences of views: there or not, and their columns.

A server stores a view's query in words of its own, so its text is not compared; whether the view
returns what it should is for translate_queries and dual_read to prove.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from database_migration.model.schema import View
from database_migration.steps.schema_compare.differences.difference import NamedDifference, Weight


@dataclass(frozen=True, slots=True)
class ViewDifference(NamedDifference[View]):
    """A view that one side lacks, or whose columns differ."""

    aspect: ClassVar[str] = "view"

    @property
    def weight(self) -> Weight:
        """Queries on a missing view fail; an extra one harms nobody."""
        return Weight.COSMETIC if self.expected is None else Weight.BEHAVIOUR

    def spell(self, side: View) -> str:
        """The view's name and columns."""
        return f"{side.name} ({', '.join(side.columns)})"


def compare_views(expected: Iterable[View], actual: Iterable[View]) -> Iterator[ViewDifference]:
    """Differences of two sets of views, by name."""
    there = {view.name: view for view in actual}
    for view in expected:
        other = there.pop(view.name, None)
        if other is None:
            yield ViewDifference(view, None)
        elif view.columns and other.columns and view.columns != other.columns:
            yield ViewDifference(view, other, attribute="columns")
    for extra in there.values():
        yield ViewDifference(None, extra)


__all__ = ["ViewDifference", "compare_views"]
