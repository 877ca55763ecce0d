"""Key ranges as conditions, and the walk along an index that cuts a table into them."""

from __future__ import annotations

from itertools import pairwise

from database_migration.engines.postgres.codec import parameter, transfer_sql
from database_migration.engines.postgres.names import literal, quote
from database_migration.engines.protocol import Session
from database_migration.model.key_range import ChunkKey, KeyRange
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn


def source_of(schema: str, table: Table) -> str:
    """The FROM item: without ONLY, a table with inheriting children would give their rows a second time."""
    only = "" if table.partitioned_by else "ONLY "
    return f"{only}{quote(schema, table.name)} AS t"


def condition(table: Table, rows: KeyRange) -> str:
    """A WHERE clause with its keyword, empty for all rows; bounds take the key column's type."""
    if rows.key is None or rows.is_everything:
        return ""
    name = f"t.{quote(rows.key.column)}"
    bounds = [
        f"{name} {sign} {bound_sql(table, rows.key, bound)}"
        for sign, bound in ((">=", rows.lower), ("<", rows.upper))
        if bound is not None
    ]
    return " WHERE " + " AND ".join(bounds)


def bound_sql(table: Table, key: ChunkKey, bound: str) -> str:
    """A bound as a constant that the server reads as a value of the key column."""
    return literal(parameter(_formed(table, key), bound) or "")


def walk(session: Session, schema: str, table: Table, key: ChunkKey, chunk_rows: int) -> list[KeyRange]:
    """See ``protocol.Rows.boundaries``."""
    name = f"t.{quote(key.column)}"
    text = transfer_sql(_formed(table, key), name)
    select = f"SELECT {text} FROM {source_of(schema, table)}"
    lowest = session.execute(f"{select} ORDER BY {name} LIMIT 1")
    bounds: list[str] = []
    here = str(lowest[0][0]) if lowest else None
    while here is not None:
        start = bound_sql(table, key, here)
        found = session.execute(f"{select} WHERE {name} >= {start} ORDER BY {name} OFFSET {int(chunk_rows)} LIMIT 1")
        if found and found[0][0] == here:
            # More rows share the key than a chunk should have: they stay together.
            found = session.execute(f"{select} WHERE {name} > {start} ORDER BY {name} LIMIT 1")
        here = str(found[0][0]) if found else None
        if here is not None:
            bounds.append(here)
    edges = [None, *bounds, None]
    return [KeyRange(key, lower, upper) for lower, upper in pairwise(edges)]


def _formed(table: Table, key: ChunkKey) -> FormedColumn:
    return FormedColumn(table.column(key.column), key.form)


__all__ = ["bound_sql", "condition", "source_of", "walk"]
