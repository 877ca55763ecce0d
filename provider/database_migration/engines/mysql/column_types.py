"""MySQL's type words and the neutral column type, both ways."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from database_migration.model.column_type import ColumnType, Kind

_INTEGER_BITS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "integer": 32, "bigint": 64}
_INTEGER_WORDS = {8: "tinyint", 16: "smallint", 24: "mediumint", 32: "int", 64: "bigint"}
_TEXT_LIMITS = {"tinytext": 255, "text": 65535, "mediumtext": 16777215, "longtext": None}
_BLOB_LIMITS = {"tinyblob": 255, "blob": 65535, "mediumblob": 16777215, "longblob": None}
_TEMPORAL = {"datetime": Kind.DATETIME, "timestamp": Kind.TIMESTAMP, "time": Kind.TIME}
_SPATIAL = frozenset(
    {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon"}
    | {"geometrycollection", "geomcollection"}
)
_LABEL = re.compile(r"'((?:[^'\\]|''|\\.)*)'", re.DOTALL)

MYSQL_DECIMAL_PRECISION = 65
MYSQL_DECIMAL_SCALE = 30


def labels(column_type: str) -> tuple[str, ...]:
    """The labels of ``enum('a','b''c')``; the catalog doubles quotes and, on MariaDB, escapes backslashes."""
    inside = column_type[column_type.index("(") :]
    return tuple(label.replace("''", "'").replace("\\\\", "\\") for label in _LABEL.findall(inside))


def column_type(
    data_type: str,
    spelled: str,
    *,
    length: int | None,
    precision: int | None,
    scale: int | None,
    fraction: int | None,
) -> ColumnType:
    """The neutral type of an information_schema.columns row.

    ``length``, ``precision``, ``scale`` and ``fraction`` are CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION,
    NUMERIC_SCALE and DATETIME_PRECISION; ``spelled`` is COLUMN_TYPE.
    """
    word = data_type.lower()
    unsigned = "unsigned" in spelled
    if word in _INTEGER_BITS:
        # The only display width with a meaning: clients take tinyint(1) for a boolean.
        one = 1 if spelled == "tinyint(1)" else None
        return ColumnType(Kind.INTEGER, bits=_INTEGER_BITS[word], unsigned=unsigned, length=one, native=spelled)
    if word == "decimal":
        return ColumnType(Kind.DECIMAL, precision=precision, scale=scale, unsigned=unsigned, native=spelled)
    if word in ("float", "double"):
        kind = Kind.FLOAT if word == "float" else Kind.DOUBLE
        digits = precision if scale is not None else None
        return ColumnType(kind, precision=digits, scale=scale, unsigned=unsigned, native=spelled)
    if word in _TEMPORAL:
        return ColumnType(_TEMPORAL[word], fraction=fraction or 0, native=spelled)
    if word == "bit":
        return ColumnType(Kind.BIT, bits=precision, native=spelled)
    if word in ("char", "varchar", "binary", "varbinary"):
        return ColumnType(Kind(word), length=length, native=spelled)
    if word in _TEXT_LIMITS:
        return ColumnType(Kind.TEXT, length=_TEXT_LIMITS[word], native=spelled)
    if word in _BLOB_LIMITS:
        return ColumnType(Kind.BLOB, length=_BLOB_LIMITS[word], native=spelled)
    if word in ("enum", "set"):
        return ColumnType(Kind(word), values=labels(spelled), native=spelled)
    if word in ("date", "year", "json", "uuid"):
        return ColumnType(Kind(word), native=spelled)
    if word in _SPATIAL:
        return ColumnType(Kind.SPATIAL, native=spelled)
    return ColumnType(Kind.OTHER, native=spelled)


_SPELLED = re.compile(
    r"(?P<word>[a-z]\w*(?: precision)?) *(?:\((?P<inside>.*)\))?(?P<unsigned> unsigned)?", re.DOTALL | re.IGNORECASE
)
_SYNONYMS = {
    **{"integer": "int", "bool": "tinyint", "boolean": "tinyint", "numeric": "decimal", "dec": "decimal"},
    **{"fixed": "decimal", "real": "double", "double precision": "double", "geomcollection": "geometrycollection"},
}
_WORDS = frozenset(
    {*_INTEGER_BITS, *_TEXT_LIMITS, *_BLOB_LIMITS, *_TEMPORAL, *_SPATIAL, "decimal", "float", "double", "date", "bit"}
    | {"char", "varchar", "binary", "varbinary", "enum", "set", "year", "json", "uuid", "inet4", "inet6"}
)


def parse_type(spelled: str) -> ColumnType | None:
    """The neutral type of what DDL may say; None for a spelling that neither MySQL nor MariaDB has."""
    found = _SPELLED.fullmatch(" ".join(spelled.split()))
    if found is None:
        return None
    word, inside = found["word"].lower(), found["inside"]
    full = "tinyint(1)" if word in ("bool", "boolean") else spelled.strip()
    word = _SYNONYMS.get(word, word)
    if word not in _WORDS or (word in ("varchar", "varbinary", "enum", "set") and not inside):
        return None
    if word in ("enum", "set"):
        return column_type(word, full, length=None, precision=None, scale=None, fraction=None)
    sizes = [int(size) for size in (inside or "").split(",") if size.strip().isdigit()]
    first = sizes[0] if sizes else None
    if word in ("char", "binary", "bit"):
        first = first or 1
    if word == "decimal":
        sizes = [*sizes, *(10, 0)[len(sizes) :]]
        first = sizes[0]
    return column_type(
        word,
        full.lower(),
        length=first,
        precision=first,
        scale=sizes[1] if len(sizes) > 1 else None,
        fraction=first if word in _TEMPORAL else None,
    )


def native(kind: ColumnType) -> str:
    """The type in MySQL's words; SPATIAL and OTHER keep their own spelling."""
    writer = _WRITERS.get(kind.kind)
    if writer is None:
        return kind.native
    return writer(kind) + (" unsigned" if kind.unsigned else "")


def _sized(word: str, size: int | None) -> str:
    return word if size is None else f"{word}({size})"


def _shortest(limits: Mapping[str, int | None], length: int | None) -> str:
    if length is not None:
        for word, limit in limits.items():
            if limit is not None and length <= limit:
                return word
    return next(word for word, limit in limits.items() if limit is None)


def _labelled(word: str, values: tuple[str, ...]) -> str:
    return f"{word}(" + ",".join(text_literal(value) for value in values) + ")"


def _floating(word: str, kind: ColumnType) -> str:
    return word if kind.scale is None else f"{word}({kind.precision},{kind.scale})"


_WRITERS: Mapping[Kind, Callable[[ColumnType], str]] = {
    Kind.BOOLEAN: lambda kind: "tinyint(1)",
    Kind.INTEGER: lambda kind: _INTEGER_WORDS[kind.bits or 32] + ("(1)" if kind.length == 1 else ""),
    Kind.DECIMAL: lambda kind: f"decimal({kind.precision},{kind.scale or 0})",
    Kind.FLOAT: lambda kind: _floating("float", kind),
    Kind.DOUBLE: lambda kind: _floating("double", kind),
    Kind.DATE: lambda kind: "date",
    Kind.DATETIME: lambda kind: _sized("datetime", kind.fraction or None),
    Kind.TIMESTAMP: lambda kind: _sized("timestamp", kind.fraction or None),
    Kind.TIME: lambda kind: _sized("time", kind.fraction or None),
    Kind.YEAR: lambda kind: "year",
    Kind.BIT: lambda kind: f"bit({kind.bits})",
    Kind.CHAR: lambda kind: f"char({kind.length})",
    Kind.VARCHAR: lambda kind: f"varchar({kind.length})",
    Kind.TEXT: lambda kind: _shortest(_TEXT_LIMITS, kind.length),
    Kind.ENUM: lambda kind: _labelled("enum", kind.values),
    Kind.SET: lambda kind: _labelled("set", kind.values),
    Kind.BINARY: lambda kind: f"binary({kind.length})",
    Kind.VARBINARY: lambda kind: f"varbinary({kind.length})",
    Kind.BLOB: lambda kind: _shortest(_BLOB_LIMITS, kind.length),
    Kind.JSON: lambda kind: "json",
    Kind.UUID: lambda kind: "uuid",
}


def text_literal(text: str) -> str:
    """A text as an SQL literal in the sessions that this engine opens (backslashes are escapes there)."""
    escaped = text.replace("\\", "\\\\").replace("'", "''").replace("\0", "\\0")
    return f"'{escaped}'"


__all__ = [
    "MYSQL_DECIMAL_PRECISION",
    "MYSQL_DECIMAL_SCALE",
    "column_type",
    "labels",
    "native",
    "parse_type",
    "text_literal",
]
