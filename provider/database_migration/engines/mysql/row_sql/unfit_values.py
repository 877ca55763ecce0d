"""SQL that finds values which another engine cannot hold, and that reads another value in their place.

Both work on the column's value, before it becomes a transfer or canonical text, so that whatever is made of it
afterwards is the same in copy and checksum. ``model.unfit_value`` does the like to values out of the log.
"""

from __future__ import annotations

from database_migration.engines.mysql.connection import quote
from database_migration.model.column_type import UUID_OCTETS, Form, Kind
from database_migration.model.table_selection import FormedColumn
from database_migration.model.unfit_value import Doubt, Substitute, ValueKind

_ESCAPED_BACKSLASH = "x'5c5c'"
_NO_JSON = "x'01'"
"""A control character, which stands in no valid document."""
_NUL = "x'00'"
_OCTET_KINDS = (Kind.BINARY, Kind.VARBINARY, Kind.BLOB)
_JSON_NUL = "x'5c7530303030'"


def own_value(formed: FormedColumn) -> str:
    """SQL of a column's value before anything stands in its place: of the row's, or what the spec makes of the row."""
    derived = formed.column.derived
    return quote(formed.name) if derived is None else f"({derived.sql})"


def value_of(formed: FormedColumn) -> str:
    """SQL of a column's value as the other side is to see it."""
    sql = own_value(formed)
    for substitute in formed.substitutes:
        sql = _replaced(formed, substitute, sql)
    return sql


def condition(formed: FormedColumn, doubt: Doubt, c: str) -> str:
    """What holds for values of a kind; ``c`` is the value's SQL."""
    match doubt.kind:
        case ValueKind.ZERO_DATE:
            return f"MONTH({c}) = 0 OR DAYOFMONTH({c}) = 0"
        case ValueKind.NUL_CHARACTER if formed.column.type.kind is Kind.JSON:
            return f"LOCATE({_text(_JSON_NUL)}, REPLACE({_document(c)}, {_text(_ESCAPED_BACKSLASH)}, '')) > 0"
        case ValueKind.NUL_CHARACTER:
            # As octets: MySQL's default collation gives NUL no weight, and then it is found in every text.
            return f"LOCATE(x'00', CONVERT(CONVERT({c} USING utf8mb4) USING binary)) > 0"
        case ValueKind.INVALID_TEXT:
            octets = f"CONVERT({c} USING binary)"
            # Read again as characters, octets that are none become NULL (MySQL) or question marks (MariaDB).
            return f"COALESCE(CONVERT(CONVERT({octets} USING utf8mb4) USING binary) <> {octets}, {c} IS NOT NULL)"
        case ValueKind.NOT_BOOLEAN:
            return f"{c} NOT IN (0, 1)"
        case ValueKind.OUT_OF_RANGE:
            return f"{c} < {_constant(formed, doubt.low)} OR {c} > {_constant(formed, doubt.high)}"
        case ValueKind.TOO_PRECISE:
            return f"{c} <> ROUND({c}, {int(doubt.scale or 0)})"
        case ValueKind.TOO_LONG:
            return f"{_measure(formed)}({c}) > {int(doubt.length or 0)}"
        case ValueKind.MALFORMED if formed.column.type.kind in _OCTET_KINDS:
            return f"LENGTH({c}) <> {UUID_OCTETS}"
        case ValueKind.MALFORMED:
            return f"CONVERT({c} USING utf8mb4) NOT REGEXP {_literal(doubt.pattern or '')}"
        case ValueKind.BEYOND_CHARSET:
            return f"{_octets(_in_charset(doubt, c))} <> {_octets(f'CONVERT({c} USING utf8mb4)')}"
        case ValueKind.SPECIAL_NUMBER | ValueKind.SPECIAL_DATE | ValueKind.MONTHS | ValueKind.REFUSED:
            return "FALSE"  # columns of this engine hold none


def _replaced(formed: FormedColumn, substitute: Substitute, c: str) -> str:
    doubt, to = substitute.doubt, substitute.to
    if substitute.trims and doubt.kind is ValueKind.OUT_OF_RANGE:
        low, high = _constant(formed, doubt.low), _constant(formed, doubt.high)
        return f"CASE WHEN {c} < {low} THEN {low} WHEN {c} > {high} THEN {high} ELSE {c} END"
    if substitute.trims and doubt.kind is ValueKind.TOO_PRECISE:
        return f"CASE WHEN {condition(formed, doubt, c)} THEN ROUND({c}, {int(doubt.scale or 0)}) ELSE {c} END"
    if substitute.trims:
        return f"LEFT({c}, {int(doubt.length or 0)})"
    if to is not None and doubt.kind is ValueKind.NUL_CHARACTER:
        if formed.column.type.kind is not Kind.JSON:
            return f"REPLACE(CONVERT({c} USING utf8mb4), {_text(_NUL)}, {_literal(to)})"
        document = f"REPLACE({_document(c)}, {_text(_ESCAPED_BACKSLASH)}, {_text(_NO_JSON)})"
        clean = f"REPLACE({document}, {_text(_JSON_NUL)}, {_literal(to)})"
        return f"REPLACE({clean}, {_text(_NO_JSON)}, {_text(_ESCAPED_BACKSLASH)})"
    if to is not None and doubt.kind is ValueKind.BEYOND_CHARSET:
        return _in_charset(doubt, c)
    return f"CASE WHEN {condition(formed, doubt, c)} THEN {_constant(formed, to)} ELSE {c} END"


def _in_charset(doubt: Doubt, c: str) -> str:
    return f"CONVERT(CONVERT({c} USING {doubt.charset}) USING utf8mb4)"  # one of CHARSETS, no user's text


def _octets(text: str) -> str:
    return f"CONVERT({text} USING binary)"


def _document(c: str) -> str:
    return f"CAST({c} AS CHAR CHARACTER SET utf8mb4)"


def _text(octets: str) -> str:
    return f"CONVERT({octets} USING utf8mb4)"


def _literal(text: str) -> str:
    """A literal that means the same under every sql_mode."""
    return _text(f"x'{text.encode().hex()}'") if text else "''"


def _measure(formed: FormedColumn) -> str:
    return "LENGTH" if formed.form is Form.BINARY else "CHAR_LENGTH"


def _constant(formed: FormedColumn, text: str | None) -> str:
    """A transfer text as a constant of the column's own type."""
    if text is None:
        return "NULL"
    match formed.column.type.kind:
        case Kind.DATE:
            return f"DATE'{text[:10]}'"
        case Kind.DATETIME | Kind.TIMESTAMP:
            return f"TIMESTAMP'{text}'"
        case Kind.TIME:
            return f"TIME'{text}'"
        case Kind.INTEGER | Kind.DECIMAL | Kind.YEAR | Kind.BOOLEAN:
            return text
    return _literal(text)


__all__ = ["condition", "own_value", "value_of"]
