"""PostgreSQL's types in neutral words, and back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from database_migration.engines.postgres.names import quote
from database_migration.model.column_type import ColumnType, Kind

_PLAIN = {
    "bool": ColumnType(Kind.BOOLEAN),
    "int2": ColumnType(Kind.INTEGER, bits=16),
    "int4": ColumnType(Kind.INTEGER, bits=32),
    "int8": ColumnType(Kind.INTEGER, bits=64),
    "float4": ColumnType(Kind.FLOAT),
    "float8": ColumnType(Kind.DOUBLE),
    "date": ColumnType(Kind.DATE),
    "text": ColumnType(Kind.TEXT),
    "name": ColumnType(Kind.TEXT),
    "citext": ColumnType(Kind.TEXT),
    "bytea": ColumnType(Kind.BLOB),
    "json": ColumnType(Kind.JSON, verbatim=True),
    "jsonb": ColumnType(Kind.JSON),
    "uuid": ColumnType(Kind.UUID),
    "money": ColumnType(Kind.MONEY),
    "geometry": ColumnType(Kind.SPATIAL),
}

_WITH_FRACTION = {
    "timestamp": Kind.DATETIME,
    "timestamptz": Kind.TIMESTAMP,
    "time": Kind.TIME,
    "interval": Kind.INTERVAL,
}

KIND_OF_OID = {
    16: Kind.BOOLEAN,
    17: Kind.BLOB,
    20: Kind.INTEGER,
    21: Kind.INTEGER,
    23: Kind.INTEGER,
    25: Kind.TEXT,
    114: Kind.JSON,
    700: Kind.FLOAT,
    701: Kind.DOUBLE,
    790: Kind.MONEY,
    1042: Kind.CHAR,
    1043: Kind.VARCHAR,
    1082: Kind.DATE,
    1083: Kind.TIME,
    1114: Kind.DATETIME,
    1184: Kind.TIMESTAMP,
    1186: Kind.INTERVAL,
    1560: Kind.BIT,
    1700: Kind.DECIMAL,
    2950: Kind.UUID,
    3802: Kind.JSON,
}
"""Object ids of built-in types, which the change log names columns' types by (they never change)."""


def column_type(name: str, formatted: str, modifier: int, labels: Sequence[str] = ()) -> ColumnType:
    """The neutral type of a column.

    ``name`` is pg_type.typname of the base type (domains resolved), ``formatted`` what format_type says of
    the column, ``modifier`` the type modifier (-1: none), ``labels`` those of an enum.
    """
    if labels:
        return ColumnType(Kind.ENUM, values=tuple(labels), native=name)
    neutral = _without_native(name, modifier)
    return ColumnType(
        neutral.kind,
        bits=neutral.bits,
        length=neutral.length,
        precision=neutral.precision,
        scale=neutral.scale,
        fraction=neutral.fraction,
        native=formatted,
        verbatim=neutral.verbatim,
    )


def _without_native(name: str, modifier: int) -> ColumnType:
    if name in _PLAIN:
        return _PLAIN[name]
    if name in _WITH_FRACTION:
        # An interval's modifier keeps its fields in the upper half; 0xFFFF below means full precision.
        fraction = modifier & 0xFFFF
        return ColumnType(_WITH_FRACTION[name], fraction=fraction if modifier >= 0 and fraction <= 6 else 6)
    if name == "numeric":
        if modifier < 0:
            return ColumnType(Kind.DECIMAL)
        packed = modifier - 4
        scale = packed & 0x7FF
        return ColumnType(Kind.DECIMAL, precision=packed >> 16, scale=scale - 0x800 if scale & 0x400 else scale)
    if name in ("varchar", "bpchar"):
        length = modifier - 4 if modifier >= 4 else None
        if name == "varchar":
            return ColumnType(Kind.VARCHAR, length=length)
        return ColumnType(Kind.CHAR, length=length) if length is not None else ColumnType(Kind.TEXT)
    if name == "bit" and modifier > 0:
        return ColumnType(Kind.BIT, bits=modifier)
    if name.startswith("_"):  # how the catalog calls a type's array
        return ColumnType(Kind.ARRAY)
    return ColumnType(Kind.OTHER)


_SPELLED = re.compile(
    r"(?P<word>[a-z][a-z0-9 ]*?) *(?:\((?P<sizes>[\w, ]+)\))?(?P<zone> with(?:out)? time zone)?"
    r"(?P<array>(?: *\[\d*\])*)"
)
_NAMES = {
    "boolean": "bool",
    "smallint": "int2",
    "int": "int4",
    "integer": "int4",
    "bigint": "int8",
    "real": "float4",
    "float": "float8",
    "double precision": "float8",
    "decimal": "numeric",
    "dec": "numeric",
    "character varying": "varchar",
    "char": "bpchar",
    "character": "bpchar",
    "bit varying": "varbit",
}
_FOREIGN = frozenset(
    {
        "tinyint",
        "mediumint",
        "datetime",
        "year",
        "binary",
        "varbinary",
        "tinytext",
        "mediumtext",
        "longtext",
        "tinyblob",
    }
    | {"blob", "mediumblob", "longblob", "enum", "set", "double", "fixed", "multipoint", "linestring", "multipolygon"}
    | {"multilinestring", "geometrycollection", "inet4", "inet6"}
)
"""Words of the other engine that no type of PostgreSQL begins with; others may belong to an extension."""


def parse_type(spelled: str) -> ColumnType | None:
    """The neutral type of what DDL may say; None for a spelling that PostgreSQL has not.

    A name with a dot or a quote is taken for a type of the user's own; whether it exists, the server is asked.
    """
    text = " ".join(spelled.split())
    if "." in text or '"' in text:
        return ColumnType(Kind.OTHER, native=text)
    found = _SPELLED.fullmatch(text.lower())
    if found is None or found["word"] in _FOREIGN:
        return None
    name = _NAMES.get(found["word"], found["word"])
    if found["zone"] and name in ("timestamp", "time"):
        name += "" if "without" in found["zone"] else "tz"
    if found["array"]:
        return ColumnType(Kind.ARRAY, native=text)
    if name == "geometry":
        return ColumnType(Kind.SPATIAL, native=text)
    sizes = [int(size) for size in (found["sizes"] or "").split(",") if size.strip().isdigit()]
    return column_type(name, text, _modifier(name, sizes))


def _modifier(name: str, sizes: Sequence[int]) -> int:
    """The type modifier as the catalog keeps it (``numerictypmodin`` and its like)."""
    if name in ("bpchar", "bit") and not sizes:
        sizes = [1]
    if not sizes:
        return -1
    if name == "numeric":
        return (sizes[0] << 16 | (sizes[1] if len(sizes) > 1 else 0)) + 4
    if name in ("varchar", "bpchar"):
        return sizes[0] + 4
    return sizes[0]


_INTEGERS = {8: "smallint", 16: "smallint", 24: "integer", 32: "integer", 64: "bigint"}
_SIMPLE_SQL = {
    Kind.BOOLEAN: "boolean",
    Kind.FLOAT: "real",
    Kind.DOUBLE: "double precision",
    Kind.DATE: "date",
    Kind.TEXT: "text",
    Kind.SET: "text",
    Kind.YEAR: "smallint",
    Kind.BINARY: "bytea",
    Kind.VARBINARY: "bytea",
    Kind.BLOB: "bytea",
    Kind.UUID: "uuid",
    Kind.MONEY: "money",
}
_FRACTION_SQL = {
    Kind.DATETIME: "timestamp{}",
    Kind.TIMESTAMP: "timestamp{} with time zone",
    Kind.TIME: "time{}",
    Kind.INTERVAL: "interval{}",
}


def type_sql(column: ColumnType, schema: str) -> str:
    """The type as DDL spells it; ``schema`` is where an enum's type lives."""
    kind = column.kind
    if kind in _SIMPLE_SQL:
        return column.native if column.native in ("name", "citext") else _SIMPLE_SQL[kind]
    if kind is Kind.INTEGER:
        return _INTEGERS[column.bits or 64]
    if kind is Kind.DECIMAL:
        return "numeric" if column.precision is None else f"numeric({column.precision},{column.scale or 0})"
    if kind in _FRACTION_SQL:
        fraction = "" if column.fraction in (None, 6) else f"({column.fraction})"
        return _FRACTION_SQL[kind].format(fraction)
    if kind is Kind.BIT:
        return f"bit({column.bits or 1})"
    if kind is Kind.CHAR:
        return f"char({column.length or 1})"
    if kind is Kind.VARCHAR:
        return "varchar" if column.length is None else f"varchar({column.length})"
    if kind is Kind.JSON:
        return "json" if column.native == "json" else "jsonb"
    if kind is Kind.ENUM and column.native:
        return quote(schema, column.native)
    if kind in (Kind.OTHER, Kind.ARRAY, Kind.SPATIAL) and re.match(r'[\w". ]', column.native):
        return column.native
    return "text"


def parameter_type(column: ColumnType, schema: str) -> str:
    """The type to cast a parameter to: without a length, which an explicit cast would silently cut to."""
    if column.kind is Kind.CHAR:
        return "bpchar"
    if column.kind is Kind.BIT:
        return "varbit"
    if column.kind in (Kind.VARCHAR, Kind.DECIMAL):
        return {Kind.VARCHAR: "varchar", Kind.DECIMAL: "numeric"}[column.kind]
    return type_sql(column, schema)


__all__ = ["KIND_OF_OID", "column_type", "parameter_type", "parse_type", "type_sql"]
