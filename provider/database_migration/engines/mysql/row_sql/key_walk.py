"""The walk along an index that cuts a table into ranges."""

from __future__ import annotations

from itertools import pairwise

from database_migration.engines.mysql.connection import MySQLSession, quote
from database_migration.engines.mysql.row_sql.key_conditions import (
    beyond_condition,
    is_plain_bound,
    key_expression,
    range_condition,
    source_of,
)
from database_migration.engines.mysql.row_sql.values import octets, transfer
from database_migration.model.column_type import Form
from database_migration.model.key_range import ChunkKey, Cut, KeyRange, dense_ranges, hash_ranges
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn

_TRIES = 100
"""Rows that are passed over in search of a text that may be a bound."""


def walk(session: MySQLSession, schema: str, table: Table, key: ChunkKey, chunk_rows: int) -> list[KeyRange]:
    """See ``protocol.Rows.boundaries``."""
    if key.cut is Cut.HASH:
        return hash_ranges(key, table.estimated_rows, chunk_rows)
    if ranges := _dense(session, schema, table, key, chunk_rows):
        return ranges
    formed = [FormedColumn(table.column(part.column), part.form) for part in key.parts]
    texts = ", ".join(octets(one, transfer(one, quote(one.name))) for one in formed)
    order = ", ".join(key_expression(table, part) for part in key.parts)

    def find(where: str, offset: int) -> tuple[str, ...] | None:
        found = session.execute(
            f"SELECT {texts} FROM {source_of(schema, table)} {where} ORDER BY {order} LIMIT 1 OFFSET {offset}"
        )
        return tuple(_text(value) for value in found[0]) if found else None

    def plain(values: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for _ in range(_TRIES):
            if values is None or all(map(is_plain_bound, [table] * len(values), key.parts, values)):
                return values
            values = find(beyond_condition(table, key, values), 0)
        return None

    bounds: list[str] = []
    lowest = find("", 0)
    here = None if lowest is None else key.bound(lowest[:1])
    where = ""
    while here is not None:
        found = plain(find(where, int(chunk_rows)))
        if found is not None and key.after(here, found) == here:
            # More rows than a chunk should have share these values: go on behind them.
            found = plain(find(beyond_condition(table, key, key.values(here)), 0))
        here = None if found is None else key.after(here, found)
        if here is not None:
            bounds.append(here)
            where = range_condition(table, KeyRange(key, here, None))
    return [KeyRange(key, lower, upper) for lower, upper in pairwise([None, *bounds, None])]


def _dense(session: MySQLSession, schema: str, table: Table, key: ChunkKey, chunk_rows: int) -> list[KeyRange]:
    """Ranges of a number that has few gaps: walking would read every row, for here the key's index holds them."""
    if key.form is not Form.INTEGER or table.row_key != (key.column,):
        return []
    name = quote(key.column)
    ((low, high),) = session.execute(f"SELECT MIN({name}), MAX({name}) FROM {quote(schema, table.name)}")
    if low is None or high is None:
        return []
    return dense_ranges(key, int(str(low)), int(str(high)), table.estimated_rows, chunk_rows)


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


__all__ = ["walk"]
