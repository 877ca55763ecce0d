"""Parents come before children, and circles are cut inside themselves."""

from __future__ import annotations

import random

import pytest

from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.schema import Column, ForeignKey, Table
from database_migration.steps.schema_compare import table_order


def table(name: str, *parents: str) -> Table:
    keys = tuple(ForeignKey(f"fk_{name}_{parent}", ("x",), parent, ("x",)) for parent in parents)
    return Table(name, (Column("x", ColumnType(Kind.INTEGER, bits=32)),), foreign_keys=keys)


def test_parents_come_first() -> None:
    tables = [table("item", "orders", "product"), table("orders", "customer"), table("product"), table("customer")]
    order = table_order(tables)
    assert [one.name for one in order.tables] == ["customer", "product", "orders", "item"]
    assert order.cut == ()


def test_a_reference_to_itself_is_no_circle() -> None:
    assert table_order([table("category", "category")]).cut == ()


def test_a_circle_is_cut_inside_itself() -> None:
    """``aaa`` only hangs on the circle of store and staff: nothing that it refers to is cut."""
    order = table_order([table("aaa", "store"), table("store", "staff"), table("staff", "store")])
    assert [one.name for one in order.tables] == ["staff", "store", "aaa"]
    assert order.cut == (("staff", "store"),)


def test_parents_outside_the_selection_do_not_matter() -> None:
    assert [one.name for one in table_order([table("a", "elsewhere")]).tables] == ["a"]


@pytest.mark.parametrize("seed", range(30))
def test_every_reference_points_back_or_is_cut(seed: int) -> None:
    choice = random.Random(seed)
    names = [f"t{number}" for number in range(12)]
    tables = [table(name, *choice.sample(names, choice.randint(0, 3))) for name in names]
    order = table_order(tables)
    place = {one.name: number for number, one in enumerate(order.tables)}
    assert sorted(place) == sorted(names)
    for one in tables:
        for key in one.foreign_keys:
            if key.parent_table != one.name and place[key.parent_table] > place[one.name]:
                assert (one.name, key.parent_table) in order.cut
