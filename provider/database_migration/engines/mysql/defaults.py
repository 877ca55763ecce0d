"""Column defaults: the catalog's text ↔ the neutral default ↔ DDL."""

from __future__ import annotations

import re

from database_migration.engines.mysql.column_types import text_literal
from database_migration.engines.mysql.expression_texts import is_now, unescape
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.schema import Default

_STRING = re.compile(r"(?:_\w+\s*)?'((?:[^'\\]|''|\\.)*)'", re.DOTALL)
_HEX = re.compile(r"(?:0x|x')([0-9a-f]*)'?", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d+(?:\.\d*)?(?:e[+-]?\d+)?", re.IGNORECASE)
_PORTABLE = {"CURDATE": "CURRENT_DATE", "CURRENT_DATE": "CURRENT_DATE", "UUID": "UUID"}
_ESCAPES = {"0": "\0", "n": "\n", "r": "\r", "t": "\t", "b": "\b", "Z": "\x1a"}
_BYTES = (Kind.BINARY, Kind.VARBINARY, Kind.BLOB)
_MOMENTS = (Kind.DATETIME, Kind.TIMESTAMP)
_NUMBERS = (Kind.BOOLEAN, Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.DOUBLE, Kind.YEAR)
EXPRESSION_ONLY = frozenset({Kind.TEXT, Kind.BLOB, Kind.JSON, Kind.SPATIAL})
"""Kinds whose literal defaults have to be written as expressions."""


def read_default(raw: str | None, extra: str, kind: ColumnType, *, is_mariadb: bool) -> Default | None:
    """COLUMN_DEFAULT as a neutral default; MariaDB reports SQL, MySQL a bare constant unless EXTRA says otherwise."""
    if raw is None or (is_mariadb and raw == "NULL"):
        return None
    if not is_mariadb and "DEFAULT_GENERATED" not in extra:
        bits = raw[2:-1] if kind.kind is Kind.BIT else raw
        return Default(_transfer(bits, kind))
    text = raw if is_mariadb else unescape(raw)
    if is_now(text):
        return Default("CURRENT_TIMESTAMP", is_expression=True)
    if portable := _PORTABLE.get(text.split("(")[0].strip().upper()):
        return Default(portable, is_expression=True)
    if string := _STRING.fullmatch(text):
        return Default(_transfer(_plain(string[1]), kind))
    if kind.kind is Kind.BIT and text.startswith("b'"):
        return Default(_transfer(text[2:-1], kind))
    if (kind.kind in _BYTES and _HEX.fullmatch(text)) or _NUMBER.fullmatch(text):
        return Default(_transfer(text, kind))
    from database_migration.engines.mysql.expressions import tidy

    return Default(tidy(text), is_expression=True)


def constant_text(text: str, kind: ColumnType) -> str:
    """A constant as the catalog spells it for a type: ``1.5`` of decimal(5,2) is ``1.50``."""
    if kind.kind is not Kind.DECIMAL or not _NUMBER.fullmatch(text) or "e" in text.lower():
        return text
    whole, _, fraction = text.partition(".")
    scale = kind.scale or 0
    return f"{whole}.{fraction:0<{scale}}" if scale >= len(fraction.rstrip("0")) and scale else text


def default_sql(default: Default, kind: ColumnType) -> str:
    """What stands behind DEFAULT."""
    if default.is_expression:
        if default.text == "CURRENT_TIMESTAMP" and kind.kind in _MOMENTS:
            return now_sql(kind)
        return {"CURRENT_DATE": "(CURDATE())", "UUID": "(UUID())"}.get(default.text, f"({default.text})")
    literal = _literal(default.text, kind)
    return f"({literal})" if kind.kind in EXPRESSION_ONLY else literal


def now_sql(kind: ColumnType) -> str:
    """CURRENT_TIMESTAMP with the column's digits."""
    return f"CURRENT_TIMESTAMP({kind.fraction})" if kind.fraction else "CURRENT_TIMESTAMP"


def _plain(inside: str) -> str:
    """The characters of an SQL string literal."""
    return re.sub(
        r"''|\\(.)",
        lambda found: "'" if found[1] is None else _ESCAPES.get(found[1], found[1]),
        inside,
        flags=re.DOTALL,
    )


def _transfer(text: str, kind: ColumnType) -> str:
    """A constant in the transfer text of the column's form."""
    if kind.kind is Kind.BIT:
        return text.zfill(kind.bits or 1)
    if kind.kind in _BYTES:
        digits = _HEX.fullmatch(text)
        octets = digits[1].lower() if digits else text.encode().hex()
        return octets.ljust(2 * (kind.length or 0), "0") if kind.kind is Kind.BINARY else octets
    if kind.kind in (Kind.FLOAT, Kind.DOUBLE):
        return repr(float(text)).removesuffix(".0")
    if kind.kind in _MOMENTS or kind.kind is Kind.TIME:
        whole, _, fraction = text.partition(".")
        return f"{whole}.{fraction:0<6}"
    return text


def _literal(text: str, kind: ColumnType) -> str:
    if kind.kind in _NUMBERS and _NUMBER.fullmatch(text):
        return text
    if kind.kind is Kind.BIT:
        return f"b'{text}'"
    if kind.kind in _BYTES:
        return f"x'{text}'"
    if kind.kind in _MOMENTS or kind.kind is Kind.TIME:
        whole, _, fraction = text.partition(".")
        digits = fraction[: kind.fraction or 0]
        return f"'{whole}.{digits}'" if digits else f"'{whole}'"
    return text_literal(text)


__all__ = ["EXPRESSION_ONLY", "constant_text", "default_sql", "now_sql", "read_default"]
