"""A spec's ``tables`` become a selection, and back."""

from __future__ import annotations

import pytest

from database_migration.errors import SpecRefused
from database_migration.hooks import selection_of
from database_migration.hooks.selection import selection_as_tables

TABLES = {
    "include": ["*"],
    "exclude": ["cache_*"],
    "customer": {"columns": {"email": {"mask": "null"}}, "add": {"left_at": {"constant": None}}},
    "orders": {"rename": "sales_order", "columns": {"state": {"rename": "status"}}},
}


def test_there_and_back() -> None:
    selection = selection_of(TABLES)
    assert selection.selects("orders")
    assert not selection.selects("cache_pages")
    assert selection.target_name("orders") == "sales_order"
    assert selection.target_column("orders", "state") == "status"
    assert selection_as_tables(selection) == TABLES


def test_nothing_said_is_everything() -> None:
    assert selection_of(None).selects("anything")


def test_what_cannot_be_said_of_a_table_is_refused() -> None:
    with pytest.raises(SpecRefused, match=r"tables\.orders\.wher: what is said of it cannot be meant"):
        selection_of({"orders": {"wher": "x"}})


def test_null_is_a_mask_and_a_constant_where_it_is_said() -> None:
    selection = selection_of({"customer": {"columns": {"email": {"mask": None}, "name": {"rename": "n"}}}})
    said = selection.mappings["customer"].columns
    assert (said["email"].mask, said["name"].mask) == ("null", None)
    assert selection_of(selection_as_tables(selection)) == selection
