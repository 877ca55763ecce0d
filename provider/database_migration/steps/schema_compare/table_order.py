"""Tables in an order in which parents come before their children, circles cut where that costs least."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from database_migration.model.schema import Table


@dataclass(frozen=True, slots=True)
class TableOrder:
    """Ordered tables, and the references that point to a later table all the same."""

    tables: tuple[Table, ...]
    cut: tuple[tuple[str, str], ...]
    """(child, parent) where a circle was cut; references of a table to itself are none."""


def table_order(tables: Sequence[Table]) -> TableOrder:
    """Order tables by their foreign keys; within what these leave open, by name."""
    names = {table.name for table in tables}
    waiting = {
        table.name: {key.parent_table for key in table.foreign_keys if key.parent_table in names} - {table.name}
        for table in sorted(tables, key=lambda table: table.name)
    }
    ordered: list[str] = []
    cut: list[tuple[str, str]] = []
    while waiting:
        ready = [name for name, parents in waiting.items() if not parents & waiting.keys()]
        if not ready:
            first = _first_of_a_circle(waiting)
            cut += [(first, parent) for parent in sorted(waiting[first] & waiting.keys())]
            ready = [first]
        for name in ready:
            del waiting[name]
            ordered.append(name)
    by_name = {table.name: table for table in tables}
    return TableOrder(tuple(by_name[name] for name in ordered), tuple(cut))


def _first_of_a_circle(waiting: Mapping[str, Set[str]]) -> str:
    """The table with the fewest parents in a circle that waits for nothing outside itself."""
    ancestors = {name: _ancestors(name, waiting) for name in waiting}
    circular = [name for name in waiting if all(name in ancestors[other] for other in ancestors[name])]
    return min(circular, key=lambda name: (len(waiting[name] & waiting.keys()), name))


def _ancestors(name: str, waiting: Mapping[str, Set[str]]) -> set[str]:
    found: set[str] = set()
    fresh = waiting[name] & waiting.keys()
    while fresh:
        found |= fresh
        fresh = {parent for child in fresh for parent in waiting[child] if parent in waiting} - found
    return found


__all__ = ["TableOrder", "table_order"]
