"""Columns whose values take a fixed number of octets on the wire: how the server writes them, and what they become.

The server writes them as fields of a CSV without quotes, NULL as nothing. Here is only what is decided
before any row is read; the vectors are in ``bulk.binary_record``.
"""

from __future__ import annotations

from dataclasses import dataclass

from database_migration.engines.mysql.row_sql.unfit_values import value_of
from database_migration.engines.mysql.row_sql.values import transfer
from database_migration.model.bulk_format import Wire
from database_migration.model.column_type import ColumnType, Form, Kind
from database_migration.model.table_selection import FormedColumn

_INTEGERS = (Wire.INT2, Wire.INT4, Wire.INT8)
_FLOATS = (Wire.FLOAT4, Wire.FLOAT8)
_DAYS = (Kind.DATE, Kind.DATETIME, Kind.TIMESTAMP)
_SUBSTITUTED = (Wire.BOOLEAN, *_INTEGERS, Wire.NUMERIC, Wire.DATE, Wire.MOMENT)
"""Wires on which a value may stand in another's place: whatever the server makes of it is parsed and checked."""
_SHORT_DECIMAL = 18
"""Digits of a decimal number that fit into 64 bits."""


@dataclass(frozen=True, slots=True)
class FixedColumn:
    """A field of the CSV and its place in the record."""

    name: str
    sql: str
    """The CSV field."""
    wire: Wire
    parsed: str
    """How the field is parsed: a type word of ``bulk.binary_record``."""
    precision: int = 0
    """Of NUMERIC: digits in all."""
    scale: int = 0
    """Of NUMERIC: digits of the fraction."""
    bits: int = 0
    """Of BIT."""
    nullable: bool = False

    @property
    def whole_groups(self) -> int:
        """Of NUMERIC: groups of four digits before the point."""
        return max(1, -(-(self.precision - self.scale) // 4))

    @property
    def fraction_groups(self) -> int:
        """Of NUMERIC: groups of four digits behind the point."""
        return -(-self.scale // 4)

    @property
    def octets(self) -> int:
        """Octets of a value on the wire."""
        if self.wire is Wire.NUMERIC:
            return 8 + 2 * (self.whole_groups + self.fraction_groups)
        if self.wire is Wire.BIT:
            return 4 + -(-self.bits // 8)
        return _OCTETS[self.wire]


_OCTETS = {
    Wire.BOOLEAN: 1,
    Wire.INT2: 2,
    Wire.INT4: 4,
    Wire.INT8: 8,
    Wire.FLOAT4: 4,
    Wire.FLOAT8: 8,
    Wire.DATE: 4,
    Wire.MOMENT: 8,
    Wire.CLOCK: 8,
    Wire.SPAN: 16,
}


def fixed_column(formed: FormedColumn, wire: Wire) -> FixedColumn | None:
    """The column on this wire; None where it has none."""
    c, type_, form = value_of(formed), formed.column.type, formed.form
    if formed.substitutes and wire not in _SUBSTITUTED:
        return None
    found: tuple[str, str] | None = None
    precision = scale = bits = 0
    if wire is Wire.NUMERIC:
        precision, scale = _digits(type_)
        if precision and formed.substitutes and type_.kind is Kind.DECIMAL:
            precision += 1  # 99.995 is rounded to 100.00
        parsed = _parsed_numeric(type_, precision)
        usable = precision and form is Form.DECIMAL and not (formed.substitutes and parsed == "digits")
        found = (_number(type_, c), parsed) if usable else None
    elif wire is Wire.BIT and type_.kind is Kind.BIT and form is Form.BIT:
        bits = type_.bits or 1
        found = f"{c}+0", "uint64"
    elif wire in (Wire.CLOCK, Wire.SPAN) and type_.kind is Kind.TIME and form is Form.TIME:
        # TIME_TO_SEC keeps fractions on MariaDB and drops them on MySQL.
        start = "TIMESTAMP('2000-01-01')"
        found = f"TIMESTAMPDIFF(MICROSECOND, {start}, ADDTIME({start}, {c}))", "int64"
    else:
        found = _plain(formed, wire, c)
    if found is None:
        return None
    sql, parsed = found
    if formed.nullable:
        sql = f"IFNULL({sql}, '')"
    return FixedColumn(formed.name, sql, wire, parsed, precision, scale, bits, formed.nullable)


def _plain(formed: FormedColumn, wire: Wire, c: str) -> tuple[str, str] | None:
    kind, form = formed.column.type.kind, formed.form
    number = _number(formed.column.type, c)
    if wire is Wire.BOOLEAN and form is Form.BOOLEAN and kind in (Kind.INTEGER, Kind.BOOLEAN):
        return number, "boolean"
    if wire in _INTEGERS and form in (Form.INTEGER, Form.YEAR, Form.BOOLEAN) and _is_whole(formed.column.type):
        return number, {Wire.INT2: "int16", Wire.INT4: "int32", Wire.INT8: "int64"}[wire]
    if wire in _FLOATS and form is Form.DOUBLE and (kind is Kind.FLOAT or (kind is Kind.DOUBLE and wire is _FLOATS[1])):
        return transfer(formed, c), "float64"
    if wire is Wire.DATE and form is Form.DATE and kind is Kind.DATE:
        return c, "date"
    if wire is Wire.MOMENT and form in (Form.DATETIME, Form.TIMESTAMP) and kind in _DAYS:
        return c, "moment"
    return None


def _number(type_: ColumnType, c: str) -> str:
    return f"{c}+0" if "zerofill" in type_.native else c


def _is_whole(type_: ColumnType) -> bool:
    return type_.kind in (Kind.INTEGER, Kind.YEAR, Kind.BOOLEAN)


def _digits(type_: ColumnType) -> tuple[int, int]:
    if type_.kind is Kind.DECIMAL:
        return type_.precision or 0, type_.scale or 0
    return (20, 0) if type_.kind in (Kind.INTEGER, Kind.YEAR, Kind.BOOLEAN) else (0, 0)


def _parsed_numeric(type_: ColumnType, precision: int) -> str:
    if type_.kind is not Kind.DECIMAL:
        return "uint64" if type_.unsigned else "int64"
    return "decimal" if precision <= _SHORT_DECIMAL else "digits"


__all__ = ["FixedColumn", "fixed_column"]
