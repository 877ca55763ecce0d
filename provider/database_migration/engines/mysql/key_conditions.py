"""WHERE conditions over half-open ranges of a table's key."""

from __future__ import annotations

import re

from database_migration.engines.mysql.connection import quote
from database_migration.model.column_type import Form, Kind
from database_migration.model.key_range import ChunkKey, KeyRange
from database_migration.model.schema import Table

_SHAPES = {
    Form.INTEGER: re.compile(r"-?\d+"),
    Form.BINARY: re.compile(r"(?:[0-9a-f]{2})*"),
    Form.UUID: re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
}


def key_expression(table: Table, key: ChunkKey) -> str:
    """SQL that orders rows as every engine orders the key's form.

    MariaDB's uuid type and case-sensitive texts sort differently, so those are compared as lower-case text.
    """
    column = table.column(key.column)
    name = quote(key.column)
    if key.form is Form.UUID and column.type.kind not in (Kind.BINARY, Kind.VARBINARY):
        ignores_case = column.type.kind in (Kind.CHAR, Kind.VARCHAR) and (column.collation or "").endswith("_ci")
        return name if ignores_case else f"LOWER(CAST({name} AS CHAR CHARACTER SET utf8mb4))"
    return name


def key_literal(table: Table, key: ChunkKey, bound: str) -> str:
    """A bound as SQL; ValueError for a text that is none of the key's form."""
    shape = _SHAPES.get(key.form)
    if shape is None or shape.fullmatch(bound) is None:
        raise ValueError(f"{bound!r} is no bound of a {key.form} key")
    if key.form is Form.INTEGER:
        return bound
    if table.column(key.column).type.kind in (Kind.BINARY, Kind.VARBINARY, Kind.BLOB):
        return "x'" + bound.replace("-", "") + "'"
    return f"'{bound}'"


def range_condition(table: Table, rows: KeyRange) -> str:
    """``WHERE …`` of a range, empty for all rows."""
    if rows.key is None:
        return ""
    name = key_expression(table, rows.key)
    parts = []
    if rows.lower is not None:
        parts.append(f"{name} >= {key_literal(table, rows.key, rows.lower)}")
    if rows.upper is not None:
        parts.append(f"{name} < {key_literal(table, rows.key, rows.upper)}")
    return "WHERE " + " AND ".join(parts) if parts else ""


__all__ = ["key_expression", "key_literal", "range_condition"]
