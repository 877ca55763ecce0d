"""Column defaults: from what pg_get_expr prints to constants in transfer text, and from those to DDL."""

from __future__ import annotations

import re

from database_migration.engines.postgres.names import literal
from database_migration.engines.postgres.row_sql.values import clock_text, decoded
from database_migration.model.column_type import ColumnType, Form, Kind
from database_migration.model.schema import Column, Default
from database_migration.model.table_selection import FormedColumn

_QUOTED = re.compile(r"""^\(?'((?:[^']|'')*)'(?:::[\w ."\[\](),]+)?\)?(?:::[\w ."\[\](),]+)?$""")
_NUMBER = re.compile(r"^\(?(-?\d+(?:\.\d+)?)\)?(?:::[\w ]+(?:\(\d+(?:,\d+)?\))?)?$")
_BITS = re.compile(r"""^\(?B'([01]*)'(?:::"?bit"?(?:\(\d+\))?)?\)?$""")
_NULL = re.compile(r"^NULL(?:::[\w ()\",.\[\]]+)?$")
_NOW = re.compile(
    r"^\(*(now\(\)|CURRENT_TIMESTAMP(\(\d\))?|LOCALTIMESTAMP(\(\d\))?|statement_timestamp\(\)"
    r"|transaction_timestamp\(\))\)*(::timestamp(\(\d\))? with(out)? time zone)?$"
)
_MOMENTS = (Kind.DATETIME, Kind.TIMESTAMP)
_CLOCK = re.compile(r"^(-?)(\d+):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?$")


def read_default(text: str | None, column: ColumnType) -> Default | None:
    """The default that the catalog prints as ``text``."""
    if text is None or _NULL.match(text):
        return None
    if text in ("true", "false"):
        return Default("1" if text == "true" else "0")
    if _NOW.match(text) and column.kind in _MOMENTS:
        return Default("CURRENT_TIMESTAMP", is_expression=True)
    if text in ("CURRENT_DATE", "(now())::date", "('now'::text)::date"):
        return Default("CURRENT_DATE", is_expression=True)
    if text in ("gen_random_uuid()", "uuid_generate_v4()"):
        return Default("UUID", is_expression=True)
    if found := _BITS.match(text):
        return Default(found[1])
    if found := _NUMBER.match(text):
        return Default(constant_text(found[1], column))
    if found := _QUOTED.match(text):
        value = found[1].replace("''", "'")
        if column.kind is Kind.OTHER:
            return Default(value)
        form = {Kind.INTERVAL: Form.TIME, Kind.TIME: Form.TIME, Kind.BLOB: Form.BINARY, Kind.MONEY: Form.DECIMAL}.get(
            column.kind
        )
        form = form or {Kind.DATETIME: Form.DATETIME, Kind.TIMESTAMP: Form.TIMESTAMP}.get(column.kind, Form.TEXT)
        if column.kind is Kind.INTERVAL and re.search(r"mon|year", value):
            return Default(text, is_expression=True)
        return Default(constant_text(decoded(FormedColumn(Column("default", column), form), value), column))
    return Default(text, is_expression=True)


def constant_text(value: str, column: ColumnType) -> str:
    """A constant as every reading of it spells it: ``2024-01-01`` → ``2024-01-01 00:00:00.000000``."""
    kind = column.kind
    if kind in _MOMENTS and re.match(r"^\d{4,}-\d\d-\d\d", value):
        day, _, clock = value.replace("T", " ").partition(" ")
        clock = clock or "00:00:00"
        whole, _, fraction = clock.partition(".")
        return f"{day} {whole}.{fraction:0<6}"
    if kind in (Kind.TIME, Kind.INTERVAL) and (found := _CLOCK.match(value)):
        sign, hours, minutes, seconds, fraction = found.groups()
        micros = (int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)) * 1_000_000
        micros += int(f"{fraction or '0':0<6}")
        return clock_text(-micros if sign else micros)
    if kind in (Kind.DOUBLE, Kind.FLOAT) and re.match(r"^-?[\d.]+(e[+-]?\d+)?$", value, re.IGNORECASE):
        return repr(float(value)).removesuffix(".0")
    if kind is Kind.DECIMAL and column.scale is not None and re.match(r"^-?\d+(\.\d*)?$", value):
        whole, _, fraction = value.partition(".")
        fraction = fraction.rstrip("0") if len(fraction) > column.scale else fraction
        return f"{whole}.{fraction:0<{column.scale}}" if column.scale > 0 else whole
    if kind is Kind.CHAR:
        return value.rstrip(" ")
    return value


def default_sql(default: Default, column: ColumnType) -> str:
    """The default as DDL spells it."""
    kind = column.kind
    if default.is_expression:
        return {"UUID": "gen_random_uuid()"}.get(default.text, default.text)
    if kind is Kind.BOOLEAN:
        return "true" if default.text == "1" else "false"
    if kind in (Kind.INTEGER, Kind.DECIMAL, Kind.YEAR) and _NUMBER.match(default.text):
        return default.text
    if kind is Kind.BIT:
        return f"B{literal(default.text)}"
    if kind is Kind.BLOB:
        return literal("\\x" + default.text)
    return literal(default.text)


__all__ = ["constant_text", "default_sql", "read_default"]
