"""SQL of a record's fields that have no fixed width: four octets of length, then the value; 0xFFFFFFFF for NULL."""

from __future__ import annotations

from database_migration.engines.mysql.bulk.own_text import streamed_text
from database_migration.engines.mysql.connection import quote
from database_migration.engines.mysql.row_sql.unfit_values import value_of
from database_migration.engines.mysql.row_sql.values import transfer
from database_migration.model.bulk_format import Wire
from database_migration.model.column_type import Form, Kind
from database_migration.model.table_selection import FormedColumn

_TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT})
_BYTES = frozenset({Kind.BINARY, Kind.VARBINARY, Kind.BLOB})
_SHORT = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.BINARY, Kind.VARBINARY})
"""What never has more than 65,535 octets."""
_NULL = "x'ffffffff'"


def variable_sql(formed: FormedColumn, wire: Wire) -> str | None:
    """The field; None where the column has no such wire.

    It is NULL where a value outgrows max_allowed_packet, and so is then the whole record: not IFNULL, a value
    that is too long must not pass for NULL.
    """
    c = value_of(formed)
    octets = _octets(formed, wire, c)
    if octets is None:
        return None
    length = _length(formed, wire, c, octets)
    if length == f"LENGTH({quote(formed.name)})" and formed.column.type.kind in _SHORT:
        counted = f"CHAR(0, 0, {length} >> 8, {length} & 255)"
    else:
        counted = f"LPAD(CHAR({length}), 4, x'00')"
    field = f"{counted}, {octets}"
    if formed.nullable:
        return f"CASE WHEN {c} IS NULL THEN {_NULL} ELSE CONCAT({field}) END"
    return field


def _octets(formed: FormedColumn, wire: Wire, c: str) -> str | None:
    kind, form = formed.column.type.kind, formed.form
    if wire is Wire.TEXT and form is not Form.BINARY:
        return f"CONVERT({streamed_text(formed, c)} USING binary)"
    if wire is Wire.JSON and form in (Form.JSON, Form.TEXT):
        return f"CONCAT(x'01', CONVERT({transfer(formed, c)} USING binary))"
    if wire is Wire.OCTETS and form is Form.BINARY:
        if kind in _BYTES:
            return c
        return f"CAST({c} AS BINARY)" if kind is Kind.SPATIAL else None
    if wire is Wire.UUID and form is Form.UUID:
        if kind is Kind.BINARY:
            return c
        return f"UNHEX(REPLACE({transfer(formed, c)}, '-', ''))"
    return None


def _length(formed: FormedColumn, wire: Wire, c: str, octets: str) -> str:
    """SQL of the octets' count; a text is not converted a second time where its own octets are counted alike."""
    unicode = formed.column.charset in ("utf8mb4", "utf8mb3") and formed.column.type.kind in _TEXTS
    if wire is Wire.TEXT and unicode and not formed.substitutes:
        return f"LENGTH({c})"
    return f"LENGTH({octets})"


__all__ = ["variable_sql"]
