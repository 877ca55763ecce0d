"""COPY's binary format: which wire each type takes, and streams that pass from server to server untouched.

Between two PostgreSQL servers the octets of a value mean the same in every supported version for the
types named here; user-defined ones (and arrays of them) carry object ids of their own server and go by text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from database_migration.engines.postgres.row_sql.values import takes_transfer_text
from database_migration.model.bulk_format import BinaryField, BinaryFormat, Wire
from database_migration.model.column_type import ColumnType, Form, Kind
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"

_TEXTS = (Kind.CHAR, Kind.VARCHAR, Kind.TEXT, Kind.ENUM, Kind.SET)
_INTEGERS = {16: Wire.INT2, 32: Wire.INT4, 64: Wire.INT8}
_WIRES: dict[Kind, tuple[Wire, tuple[Form, ...]]] = {
    Kind.BOOLEAN: (Wire.BOOLEAN, (Form.BOOLEAN,)),
    Kind.FLOAT: (Wire.FLOAT4, (Form.DOUBLE,)),
    Kind.DOUBLE: (Wire.FLOAT8, (Form.DOUBLE,)),
    Kind.DECIMAL: (Wire.NUMERIC, (Form.DECIMAL,)),
    Kind.DATE: (Wire.DATE, (Form.DATE,)),
    Kind.DATETIME: (Wire.MOMENT, (Form.DATETIME, Form.TIMESTAMP)),
    Kind.TIMESTAMP: (Wire.MOMENT, (Form.DATETIME, Form.TIMESTAMP)),
    Kind.TIME: (Wire.CLOCK, (Form.TIME,)),
    Kind.INTERVAL: (Wire.SPAN, (Form.TIME,)),
    Kind.BIT: (Wire.BIT, (Form.BIT,)),
    Kind.UUID: (Wire.UUID, (Form.UUID,)),
    Kind.BLOB: (Wire.OCTETS, (Form.BINARY,)),
}
_MODIFIER = re.compile(r"\([\d, ]*\)")
_SCALARS = frozenset(
    (
        *("boolean", "smallint", "integer", "bigint", "real", "double precision", "numeric", "text", "name", "bytea"),
        *("character varying", "character", "date", "timestamp without time zone", "timestamp with time zone", "uuid"),
        *("time without time zone", "time with time zone", "interval", "json", "jsonb", "inet", "cidr", "macaddr"),
        *("macaddr8", "bit varying", "bit", "point", "line", "lseg", "box", "path", "polygon", "circle", "xml"),
    )
)
_NATIVE = _SCALARS | {
    *(f"{scalar}[]" for scalar in _SCALARS),
    *("int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange", "tsvector", "tsquery", "pg_lsn"),
}
"""Types whose octets mean the same on every server."""


def binary_format(table: Table, columns: Sequence[FormedColumn]) -> BinaryFormat | None:
    """The stream that COPY loads into these columns; None where a column takes no value in this form."""
    if not all(takes_transfer_text(formed) for formed in columns):
        return None
    fields = tuple(BinaryField(_wire(formed), _native(formed.column.type)) for formed in columns)
    return BinaryFormat(HEADER, TRAILER, fields)


def writes(columns: Sequence[FormedColumn], form: BinaryFormat) -> bool:
    """Whether COPY of these columns makes just that stream."""
    return (form.header, form.trailer) == (HEADER, TRAILER) and all(
        _same(formed, field) for formed, field in zip(columns, form.fields, strict=True)
    )


def _same(formed: FormedColumn, field: BinaryField) -> bool:
    wire, native = _wire(formed), _native(formed.column.type)
    if wire is not field.wire or formed.substitutes:
        return False
    if wire is Wire.NATIVE:
        return native == field.native and native in _NATIVE
    # The octets of char(n) have the blanks that its text has not.
    return (formed.column.type.kind is Kind.CHAR) == (field.native == "character")


def _wire(formed: FormedColumn) -> Wire:
    kind, form = formed.column.type.kind, formed.form
    if kind is Kind.INTEGER and form in (Form.INTEGER, Form.YEAR, Form.BOOLEAN):
        return _INTEGERS.get(formed.column.type.bits or 64, Wire.NATIVE)
    if kind in _TEXTS and form is not Form.BINARY:
        return Wire.TEXT
    if kind is Kind.JSON and form in (Form.JSON, Form.TEXT):
        return Wire.TEXT if formed.column.type.native == "json" else Wire.JSON
    wire, forms = _WIRES.get(kind, (Wire.NATIVE, ()))
    return wire if form in forms else Wire.NATIVE


def _native(type_: ColumnType) -> str:
    return _MODIFIER.sub("", type_.native)


__all__ = ["HEADER", "TRAILER", "binary_format", "writes"]
