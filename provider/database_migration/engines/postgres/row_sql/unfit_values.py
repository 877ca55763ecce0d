"""SQL that finds values which another engine cannot hold, and that reads another value in their place.

Both work on the column's value, before it becomes a transfer or canonical text, so that whatever is made of it
afterwards is the same in copy and checksum. ``model.unfit_value`` does the like to values out of the log.
"""

from __future__ import annotations

from database_migration.engines.postgres.names import literal, quote
from database_migration.model.column_type import UUID_OCTETS, Form, Kind
from database_migration.model.table_selection import FormedColumn
from database_migration.model.unfit_value import CHARSETS, Doubt, Substitute, ValueKind


def own_value(formed: FormedColumn) -> str:
    """SQL of a column's value before anything stands in its place: of the row's, or what the spec makes of the row."""
    derived = formed.column.derived
    return f"t.{quote(formed.name)}" if derived is None else f"({derived.sql})"


def value_of(formed: FormedColumn) -> str:
    """SQL of a column's value (of the table that is named t) as the other side is to see it."""
    sql = own_value(formed)
    for substitute in formed.substitutes:
        sql = _replaced(formed, substitute, sql)
    return sql


def condition(formed: FormedColumn, doubt: Doubt, c: str) -> str:
    """What holds for values of a kind; ``c`` is the value's SQL."""
    match doubt.kind:
        case ValueKind.NOT_BOOLEAN:
            return f"{c} NOT IN (0, 1)"
        case ValueKind.OUT_OF_RANGE if formed.column.type.kind is Kind.DECIMAL:
            # NaN is greater than every number here, and another kind.
            low, high = _constant(formed, doubt.low), _constant(formed, doubt.high)
            return f"{c} NOT IN ('NaN', 'Infinity', '-Infinity') AND ({c} < {low} OR {c} > {high})"
        case ValueKind.OUT_OF_RANGE:
            return f"{c} < {_constant(formed, doubt.low)} OR {c} > {_constant(formed, doubt.high)}"
        case ValueKind.TOO_PRECISE:
            return f"{c} <> round({c}, {int(doubt.scale or 0)})"
        case ValueKind.TOO_LONG:
            return f"{_measure(formed)}({c}) > {int(doubt.length or 0)}"
        case ValueKind.MALFORMED if formed.column.type.kind is Kind.BLOB:
            return f"octet_length({c}) <> {UUID_OCTETS}"
        case ValueKind.MALFORMED:
            return f"{c} !~ {literal(doubt.pattern or '')}"
        case ValueKind.BEYOND_CHARSET:
            return f"{c} ~ {literal(_others(doubt))}"
        case ValueKind.SPECIAL_NUMBER:
            return f"{c} IN ('NaN', 'Infinity', '-Infinity')"
        case ValueKind.SPECIAL_DATE:
            return f"{c} < '0001-01-01' OR {c} >= '10000-01-01'"
        case ValueKind.MONTHS:
            return f"extract(year FROM {c}) <> 0 OR extract(month FROM {c}) <> 0"
        case ValueKind.ZERO_DATE | ValueKind.NUL_CHARACTER | ValueKind.INVALID_TEXT | ValueKind.REFUSED:
            return "false"  # columns of this engine hold none


def _replaced(formed: FormedColumn, substitute: Substitute, c: str) -> str:
    doubt = substitute.doubt
    found = condition(formed, doubt, c)
    if substitute.trims and doubt.kind is ValueKind.OUT_OF_RANGE:
        low, high = _constant(formed, doubt.low), _constant(formed, doubt.high)
        return f"CASE WHEN NOT ({found}) THEN {c} WHEN {c} < {low} THEN {low} WHEN {c} > {high} THEN {high} END"
    if substitute.trims and doubt.kind is ValueKind.TOO_PRECISE:
        return f"CASE WHEN {found} THEN round({c}, {int(doubt.scale or 0)}) ELSE {c} END"
    if substitute.trims:
        beginning = "substr({}, 1, {})" if formed.form is Form.BINARY else "left({}, {})"
        return beginning.format(c, int(doubt.length or 0))
    if substitute.to is not None and doubt.kind is ValueKind.BEYOND_CHARSET:
        return f"regexp_replace({c}, {literal(_others(doubt))}, {literal(substitute.to)}, 'g')"
    return f"CASE WHEN {found} THEN {_constant(formed, substitute.to)} ELSE {c} END"


def _others(doubt: Doubt) -> str:
    """A regular expression of the characters that a charset has not."""
    ranges = "".join(f"\\U{max(low, 1):08x}-\\U{high:08x}" for low, high in CHARSETS[doubt.charset or ""])
    return f"[^{ranges}]"


def _measure(formed: FormedColumn) -> str:
    return "octet_length" if formed.form is Form.BINARY else "char_length"


def _constant(formed: FormedColumn, text: str | None) -> str:
    """A transfer text as a constant; an untyped one becomes the column's type by what it is compared with."""
    if text is None:
        return "NULL"
    if formed.column.type.kind is Kind.INTERVAL:
        return f"interval {literal(text)}"
    return literal(text)


__all__ = ["condition", "own_value", "value_of"]
