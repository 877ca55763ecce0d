"""What foreign keys did, worked out from a parent's change and the rows that are found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from database_migration.errors import ValueRefused
from database_migration.model.change import Change, Operation, RowImage, Value
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.schema import Column, ForeignKey, Schema, Table
from database_migration.model.table_selection import TablePair, TableSelection, pair_tables
from database_migration.steps.replicate.cascades import Cascades

Rows = dict[str, list[dict[str, Value]]]


def table(name: str, *columns: str, key: tuple[str, ...] = ("id",), keys: Sequence[ForeignKey] = ()) -> Table:
    integer = ColumnType(Kind.INTEGER, bits=32)
    return Table(name, tuple(Column(column, integer) for column in columns), primary_key=key, foreign_keys=tuple(keys))


def reference(column: str, parent: str, on_delete: str = "CASCADE", on_update: str = "NO ACTION") -> ForeignKey:
    return ForeignKey(f"fk_{column}", (column,), parent, ("id",), on_delete, on_update)


def pairs(*tables: Table) -> dict[str, TablePair]:
    schema = Schema("s", tables)
    return {pair.source.name: pair for pair in pair_tables(TableSelection(), schema, schema)}


def finder(rows: Rows) -> object:
    def find(name: str, where: Mapping[str, Value]) -> list[RowImage]:
        return [dict(row) for row in rows.get(name, []) if all(row[k] == v for k, v in where.items())]

    return find


def told(cascades: Cascades, change: Change, rows: Rows) -> list[tuple[str, str, object]]:
    """(operation, table, key or after) of every consequence."""
    found = cascades.of(change, finder(rows))  # type: ignore[arg-type]
    return [
        (one.operation.value, one.table, dict(one.after) if one.after is not None else (one.before or {}).get("id"))
        for one in found
    ]


def delete(name: str, **image: Value) -> Change:
    return Change(Operation.DELETE, name, before=image)


CUSTOMER = table("customer", "id")
ORDERS = table("orders", "id", "customer", keys=[reference("customer", "customer")])
LINES = table("lines", "id", "order_id", keys=[reference("order_id", "orders")])


def test_a_deletion_goes_down_every_level() -> None:
    cascades = Cascades(pairs(CUSTOMER, ORDERS, LINES))
    rows: Rows = {
        "orders": [{"id": "1", "customer": "7"}, {"id": "2", "customer": "8"}],
        "lines": [{"id": "10", "order_id": "1"}, {"id": "11", "order_id": "1"}, {"id": "12", "order_id": "2"}],
    }
    assert told(cascades, delete("customer", id="7"), rows) == [
        ("delete", "orders", "1"),
        ("delete", "lines", "10"),
        ("delete", "lines", "11"),
    ]
    assert cascades.below("customer") == {"orders", "lines"}
    assert cascades.below("lines") == set()


def test_set_null_empties_and_goes_no_further() -> None:
    child = table("voucher", "id", "customer", keys=[reference("customer", "customer", "SET NULL")])
    cascades = Cascades(pairs(CUSTOMER, child))
    rows: Rows = {"voucher": [{"id": "1", "customer": "7"}, {"id": "2", "customer": None}]}
    assert told(cascades, delete("customer", id="7"), rows) == [("update", "voucher", {"id": "1", "customer": None})]


def test_a_key_that_moves_takes_its_children_along() -> None:
    child = table("orders", "id", "customer", keys=[reference("customer", "customer", "NO ACTION", "CASCADE")])
    cascades = Cascades(pairs(CUSTOMER, child))
    moved = Change(Operation.UPDATE, "customer", before={"id": "7"}, after={"id": "9"})
    still = Change(Operation.UPDATE, "customer", before={"id": "7"}, after={"id": "7"})
    assert cascades.reached_by(moved)
    assert not cascades.reached_by(still)
    assert not cascades.reached_by(delete("customer", id="7"))
    assert told(cascades, moved, {"orders": [{"id": "1", "customer": "7"}]}) == [
        ("update", "orders", {"id": "1", "customer": "9"})
    ]


def test_a_circle_of_rows_ends() -> None:
    person = table("person", "id", "friend", keys=[reference("friend", "person")])
    rows: Rows = {"person": [{"id": "1", "friend": "3"}, {"id": "2", "friend": "1"}, {"id": "3", "friend": "2"}]}
    found = told(Cascades(pairs(person)), delete("person", id="1", friend="3"), rows)
    assert sorted(str(key) for _, _, key in found) == ["1", "2", "3"]


def test_a_row_that_is_reached_twice_keeps_both_changes() -> None:
    two = table(
        "link", "id", "one", "other",
        keys=[reference("one", "customer", "SET NULL"), reference("other", "customer", "SET NULL")],
    )  # fmt: skip
    found = told(
        Cascades(pairs(CUSTOMER, two)), delete("customer", id="7"), {"link": [{"id": "1", "one": "7", "other": "7"}]}
    )
    assert found[-1] == ("update", "link", {"id": "1", "one": None, "other": None})


def test_null_leads_nowhere_and_tables_that_are_not_selected_do_not_count() -> None:
    assert (
        told(
            Cascades(pairs(CUSTOMER, ORDERS)), delete("customer", id=None), {"orders": [{"id": "1", "customer": None}]}
        )
        == []
    )
    assert not Cascades(pairs(ORDERS))


def test_an_image_without_the_parents_value_is_refused() -> None:
    with pytest.raises(ValueRefused, match="does not tell the old value of id"):
        Cascades(pairs(CUSTOMER, ORDERS)).of(delete("customer", other="7"), finder({}))  # type: ignore[arg-type]
