"""Runs work side by side, but never two pieces at once that need the same table.

Adding a foreign key locks the child and its parent, a check its table (InnoDB: all tables that foreign keys tie to
them, and it gives up rather than wait): two such statements on one table would end in a deadlock or a timeout.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

from database_migration.model.schema import Table

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Work(Generic[T]):
    """A piece of work and what nobody else may touch meanwhile; empty: nothing."""

    item: T
    tables: frozenset[str] = frozenset()


def side_by_side(
    works: Sequence[Work[T]], limit: int, do: Callable[[T], R]
) -> Generator[tuple[T, Future[R]], None, None]:
    """(item, finished future) in the order of completion, at most ``limit`` at once.

    When the caller stops early, what runs is finished and nothing new begins.
    """
    waiting = list(works)
    running: dict[Future[R], Work[T]] = {}
    with ThreadPoolExecutor(limit, thread_name_prefix="apply_schema") as pool:
        while waiting or running:
            taken = frozenset(table for work in running.values() for table in work.tables)
            for work in list(waiting):
                if len(running) < limit and not work.tables & taken:
                    waiting.remove(work)
                    running[pool.submit(do, work.item)] = work
                    taken |= work.tables
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield running.pop(future).item, future


def tied_together(tables: Sequence[Table]) -> dict[str, frozenset[str]]:
    """Each table's name with the names of all that foreign keys tie to it, near or far, itself among them."""
    groups: dict[str, frozenset[str]] = {table.name: frozenset({table.name}) for table in tables}
    for table in tables:
        for key in table.foreign_keys:
            joined = groups[table.name] | groups.get(key.parent_table, frozenset({key.parent_table}))
            groups.update(dict.fromkeys(joined, joined))
    return groups


__all__ = ["Work", "side_by_side", "tied_together"]
