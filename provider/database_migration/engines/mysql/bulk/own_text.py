"""Columns that the server prints as their transfer text by itself: its functions for that are a fifth of its work."""

from __future__ import annotations

from database_migration.engines.mysql.connection import quote
from database_migration.engines.mysql.row_sql.values import transfer
from database_migration.model.column_type import Form, Kind
from database_migration.model.table_selection import FormedColumn

_TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT})
_MOMENTS = frozenset({Kind.DATETIME, Kind.TIMESTAMP})
_UNICODE = frozenset({"utf8mb4", "utf8mb3"})


def streamed_text(formed: FormedColumn, c: str) -> str:
    """SQL of a column's transfer text, to be converted to binary; ``c`` is its quoted name or what stands for it."""
    own = _own_text(formed, c) if c == quote(formed.name) else None
    return own or transfer(formed, c)


def _own_text(formed: FormedColumn, c: str) -> str | None:
    type_, form = formed.column.type, formed.form
    if type_.kind in _TEXTS and form is Form.TEXT and formed.column.charset in _UNICODE:
        return c
    if type_.kind is Kind.INTEGER and form is Form.INTEGER and "zerofill" not in type_.native:
        return c
    if type_.kind is Kind.DATE and form is Form.DATE:
        return c
    if type_.kind in _MOMENTS and form in (Form.DATETIME, Form.TIMESTAMP):
        missing = 6 - (type_.fraction or 0)
        rest = ("." if missing == 6 else "") + "0" * missing
        return f"CONCAT({c}, '{rest}')"
    return None


__all__ = ["streamed_text"]
