"""Key ranges as conditions, and the walk along an index that cuts a table into them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from database_migration.engines.postgres.names import literal, quote
from database_migration.engines.postgres.row_sql.row_text import row_text_sql
from database_migration.engines.postgres.row_sql.values import parameter, transfer_sql
from database_migration.engines.protocol import Session
from database_migration.model.column_type import Form, Kind
from database_migration.model.key_range import (
    ChunkKey,
    Cut,
    KeyPart,
    KeyParts,
    KeyRange,
    dense_ranges,
    even_ranges,
    hash_ranges,
)
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn

_ORDERED_BY_OCTETS = ("C", "POSIX", "ucs_basic")


def source_of(schema: str, table: Table) -> str:
    """The FROM item: without ONLY, a table with inheriting children would give their rows a second time."""
    only = "" if table.partitioned_by else "ONLY "
    return f"{only}{quote(schema, table.name)} AS t"


def condition(table: Table, rows: KeyRange | KeyParts) -> str:
    """A WHERE clause with its keyword, of a range's rows that take part; empty for all rows.

    Bounds take the key columns' types.
    """
    if isinstance(rows, KeyParts):
        where = condition(table, rows.within)
        if not rows.wanted:
            return where
        wanted = f"{part_of(table, rows)} IN ({', '.join(map(str, rows.wanted))})"
        return f"{where} AND {wanted}" if where else f" WHERE {wanted}"
    parts = [f"({table.where})"] if table.where else []
    parts += [
        _compare(table, rows.key, sign, rows.key.values(bound))
        for sign, bound in ((">=", rows.lower), ("<", rows.upper))
        if bound is not None and rows.key is not None
    ]
    return " WHERE " + " AND ".join(parts) if parts else ""


def bound_sql(table: Table, part: KeyPart | ChunkKey, bound: str) -> str:
    """A bound as a constant that the server reads as a value of the key column."""
    return literal(parameter(_formed(table, part), bound) or "")


def _compare(table: Table, key: ChunkKey, sign: str, values: tuple[str, ...]) -> str:
    if key.cut is Cut.PLACE:
        return f"t.ctid {sign} '({int(values[0])},0)'::tid"
    if key.cut is Cut.HASH:
        return f"{_hash(table, key.parts)} {sign} {int(values[0])}"
    names = ", ".join(_ordered(table, part) for part in key.parts[: len(values)])
    bounds = ", ".join(bound_sql(table, part, value) for part, value in zip(key.parts, values, strict=False))
    # A comparison of rows is one range of the key's index.
    return f"({names}) {sign} ({bounds})" if len(values) > 1 else f"{names} {sign} {bounds}"


def _ordered(table: Table, part: KeyPart) -> str:
    """A column as an expression that orders by number, or by octets."""
    column = table.column(part.column)
    name = f"t.{quote(part.column)}"
    if part.form is not Form.TEXT or column.collation in _ORDERED_BY_OCTETS:
        return name
    plain = column.type.kind is Kind.VARCHAR or column.type.native == "text"
    return f'{name} COLLATE "C"' if plain else f'{name}::text COLLATE "C"'


def part_of(table: Table, parts: KeyParts) -> str:
    """SQL of the number of the part that a row belongs to."""
    return f"({_hash(table, parts.key)} % {int(parts.count)})"


def is_read_by_index(table: Table, key: ChunkKey) -> bool:
    """Whether ranges of a key are ranges of its index."""
    return key.cut is Cut.ORDER and all(_ordered(table, part) == f"t.{quote(part.column)}" for part in key.parts)


def _hash(table: Table, key: Sequence[KeyPart]) -> str:
    text = row_text_sql([_formed(table, part) for part in key])
    return f"('x' || encode(substr(sha256(convert_to({text}, 'UTF8')), 1, 4), 'hex'))::bit(32)::bigint"


def walk(session: Session, schema: str, table: Table, key: ChunkKey, chunk_rows: int) -> list[KeyRange]:
    """See ``protocol.Rows.boundaries``."""
    if key.cut is Cut.PLACE:
        return _places(session, schema, table, key, chunk_rows)
    if key.cut is Cut.HASH:
        return hash_ranges(key, table.estimated_rows, chunk_rows)
    if ranges := _dense(session, schema, table, key, chunk_rows):
        return ranges
    texts = ", ".join(transfer_sql(_formed(table, part), f"t.{quote(part.column)}") for part in key.parts)
    order = ", ".join(_ordered(table, part) for part in key.parts)

    def find(where: str, offset: int) -> tuple[str, ...] | None:
        found = session.execute(
            f"SELECT {texts} FROM {source_of(schema, table)}{where} ORDER BY {order} LIMIT 1 OFFSET {offset}"
        )
        return tuple(str(value) for value in found[0]) if found else None

    bounds: list[str] = []
    lowest = find("", 0)
    here = None if lowest is None else key.bound(lowest[:1])
    where = ""
    while here is not None:
        found = find(where, int(chunk_rows))
        if found is not None and key.after(here, found) == here:
            # More rows than a chunk should have share these values: go on behind them.
            found = find(f" WHERE {_compare(table, key, '>', key.values(here))}", 0)
        here = None if found is None else key.after(here, found)
        if here is not None:
            bounds.append(here)
            where = condition(table, KeyRange(key, here, None))
    return [KeyRange(key, lower, upper) for lower, upper in pairwise([None, *bounds, None])]


def _dense(session: Session, schema: str, table: Table, key: ChunkKey, chunk_rows: int) -> list[KeyRange]:
    """Ranges of a number that has few gaps: walking the index would visit every row."""
    if key.form is not Form.INTEGER or table.row_key != (key.column,):
        return []
    name = quote(key.column)
    ((low, high),) = session.execute(f"SELECT min({name}), max({name}) FROM {source_of(schema, table)}")
    if low is None or high is None:
        return []
    return dense_ranges(key, int(str(low)), int(str(high)), table.estimated_rows, chunk_rows)


def _places(session: Session, schema: str, table: Table, key: ChunkKey, chunk_rows: int) -> list[KeyRange]:
    """Ranges of pages; one range where rows lie in several files, or in none of the usual kind."""
    if table.partitioned_by or table.storage not in ("", "heap"):
        return [KeyRange.everything()]
    name = quote(schema, table.name)
    ((pages, each),) = session.execute(
        "SELECT pg_relation_size(%s::regclass) / current_setting('block_size')::int,"
        " greatest(reltuples / greatest(relpages, 1), 1) FROM pg_class WHERE oid = %s::regclass",
        [name, name],
    )
    count = max(1, round(int(str(pages)) * float(str(each)) / chunk_rows))
    return even_ranges(key, min(count, max(1, int(str(pages)))), int(str(pages)))


def _formed(table: Table, part: KeyPart | ChunkKey) -> FormedColumn:
    return FormedColumn(table.column(part.column), part.form)


__all__ = ["bound_sql", "condition", "is_read_by_index", "part_of", "source_of", "walk"]
