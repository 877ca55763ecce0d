"""Pieces of work that need one table never overlap; others do, up to the limit."""

from __future__ import annotations

import threading
import time

from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.schema import Column, ForeignKey, Table
from database_migration.steps.apply_schema.side_by_side import Work, side_by_side, tied_together


def test_what_shares_a_table_never_overlaps() -> None:
    guard, busy, most, clashes = threading.Lock(), set[str](), [0], []

    def do(tables: frozenset[str]) -> None:
        with guard:
            clashes.extend(busy & tables)
            busy.update(tables)
            most[0] = max(most[0], len(busy))
        time.sleep(0.01)
        with guard:
            busy.difference_update(tables)

    works = [Work(frozenset({f"t{n % 5}", f"t{n % 3}"}), frozenset({f"t{n % 5}", f"t{n % 3}"})) for n in range(30)]
    finished = [future.result() for _, future in side_by_side(works, 3, do)]
    assert len(finished) == 30
    assert clashes == []
    assert most[0] > 2, "independent pieces run at once"


def test_nothing_new_begins_when_the_caller_stops() -> None:
    begun: list[int] = []
    works = [Work(n) for n in range(50)]
    done = side_by_side(works, 2, lambda n: begun.append(n))
    next(done)
    done.close()
    assert len(begun) <= 4


def test_ties_reach_over_parents_and_siblings() -> None:
    def table(name: str, *parents: str) -> Table:
        keys = tuple(ForeignKey(f"f_{parent}", ("id",), parent, ("id",)) for parent in parents)
        return Table(name, (Column("id", ColumnType(Kind.INTEGER)),), foreign_keys=keys)

    ties = tied_together([table("a", "b"), table("b"), table("c", "b", "c"), table("d")])
    assert ties["a"] == ties["c"] == ties["b"] == {"a", "b", "c"}
    assert ties["d"] == {"d"}
