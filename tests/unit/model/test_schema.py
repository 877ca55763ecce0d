"""What tells the rows of a table apart, and how tables of two sides are paired."""

from __future__ import annotations

import pytest

from database_migration.model.column_type import ColumnType, Form, Kind
from database_migration.model.key_range import PLACE, ChunkKey, Cut, KeyPart, KeyRange
from database_migration.model.schema import Column, Index, IndexPart, Schema, Table
from database_migration.model.table_selection import TableSelection, pair_tables

NUMBER = ColumnType(Kind.INTEGER, bits=32)
TEXT = ColumnType(Kind.TEXT)


def unique(name: str, *columns: str, prefix: int | None = None, predicate: str | None = None) -> Index:
    return Index(name, tuple(IndexPart(c, prefix=prefix) for c in columns), unique=True, predicate=predicate)


def table(*indexes: Index, primary_key: tuple[str, ...] = ()) -> Table:
    columns = (
        Column("id", NUMBER, nullable=False),
        Column("code", TEXT, nullable=False),
        Column("alias", TEXT, nullable=True),
        Column("total", NUMBER, generated="id + 1"),
    )
    return Table("item", columns, primary_key=primary_key, indexes=indexes)


@pytest.mark.parametrize(
    ("indexes", "primary_key", "key"),
    [
        ((), ("id",), ("id",)),
        ((), (), ()),
        ((unique("u", "code"),), (), ("code",)),
        ((unique("u", "alias"),), (), ()),
        ((unique("u", "code", prefix=10),), (), ()),
        ((unique("u", "code", predicate="id > 5"),), (), ()),
        ((unique("two", "id", "code"), unique("one", "code")), (), ("code",)),
        ((unique("u", "code"),), ("id",), ("id",)),
    ],
)
def test_row_key(indexes: tuple[Index, ...], primary_key: tuple[str, ...], key: tuple[str, ...]) -> None:
    assert table(*indexes, primary_key=primary_key).row_key == key


def test_generated_columns_are_not_copied() -> None:
    assert [column.name for column in table().copied_columns] == ["id", "code", "alias"]


def test_pairs_follow_renames_and_leave_out_what_is_excluded() -> None:
    source = Schema("shop", (table(primary_key=("id",)), Table("cache_page", (Column("id", NUMBER),))))
    renamed = Table("article", (Column("id", NUMBER), Column("sku", TEXT), Column("alias", TEXT)), primary_key=("id",))
    selection = TableSelection(
        exclude=("cache_*",), renames={"item": "article"}, column_renames={"item": {"code": "sku"}}
    )
    (pair,) = pair_tables(selection, source, Schema("public", (renamed,)))
    assert [(c.source.name, c.target.name) for c in pair.columns] == [("id", "id"), ("code", "sku"), ("alias", "alias")]
    assert pair.source_key == ChunkKey("id", Form.INTEGER)
    assert [(c.source.name, c.target.name) for c in pair.reversed.columns] == [
        ("id", "id"),
        ("sku", "code"),
        ("alias", "alias"),
    ]


def test_text_keys_are_cut_by_their_hash_unless_a_collation_sorts_by_octets() -> None:
    keyed_by_text = Schema("s", (table(unique("u", "code")),))
    (pair,) = pair_tables(TableSelection(), keyed_by_text, keyed_by_text)
    assert [p.source.name for p in pair.row_key] == ["code"]
    assert pair.source_key == ChunkKey("code", Form.TEXT, cut=Cut.HASH)


def test_bounds_of_several_columns_are_the_shortest_that_serve() -> None:
    key = ChunkKey("shop", Form.INTEGER, (KeyPart("id", Form.INTEGER),))
    assert key.after('["1"]', ("2", "17")) == '["2"]'
    assert key.after('["2"]', ("2", "17")) == '["2", "17"]'
    assert key.values('["2", "17"]') == ("2", "17")
    assert KeyRange.stored(None, "8", None).key == PLACE
    assert str(KeyRange(key, '["2"]', None)) == '["2"] <= shop, id < …'


def test_ranges_split_without_a_gap() -> None:
    low, high = KeyRange(ChunkKey("id", Form.INTEGER), "10", "20").split_at("15")
    assert (low.lower, low.upper, high.lower, high.upper) == ("10", "15", "15", "20")


def test_a_range_without_a_key_has_no_bounds() -> None:
    with pytest.raises(ValueError, match="without a key"):
        KeyRange(None, "1", None)
