"""The neutral column type, and the form in which a value of it crosses between engines."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a column holds, said without naming an engine."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    DOUBLE = "double"
    DATE = "date"
    DATETIME = "datetime"
    """A date and time of day without a time zone (MySQL DATETIME, PostgreSQL timestamp)."""
    TIMESTAMP = "timestamp"
    """An instant (MySQL TIMESTAMP, PostgreSQL timestamptz)."""
    TIME = "time"
    """A span or time of day; MySQL's reaches from -838:59:59 to 838:59:59."""
    INTERVAL = "interval"
    YEAR = "year"
    BIT = "bit"
    CHAR = "char"
    VARCHAR = "varchar"
    TEXT = "text"
    ENUM = "enum"
    SET = "set"
    BINARY = "binary"
    VARBINARY = "varbinary"
    BLOB = "blob"
    JSON = "json"
    UUID = "uuid"
    SPATIAL = "spatial"
    OTHER = "other"
    """A type that has no neutral word; ``native`` holds the engine's own."""


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A column's type, as one engine's catalog reports it, in words that every engine understands."""

    kind: Kind
    bits: int | None = None
    """Of an integer: 8, 16, 24, 32, 64; of a BIT column: its number of bits."""
    unsigned: bool = False
    length: int | None = None
    """Characters of text, octets of binary; None where the type has no limit that is worth naming."""
    precision: int | None = None
    scale: int | None = None
    fraction: int | None = None
    """Digits of the seconds' fraction, 0 to 6."""
    values: tuple[str, ...] = ()
    """Labels of an enum or set, in order."""
    native: str = field(default="", compare=False)
    """The engine's own spelling, for reports; never compared."""


class Form(StrEnum):
    """How a value crosses between engines: which text stands for it when it moves or is compared.

    The *transfer text* is what moves (copy streams, change images, key values), the *canonical text* is
    what checksums are made of; they differ for DECIMAL, DOUBLE and TIME only.

    ========== ============================================ ==============================================
    form       transfer text                                canonical text
    ========== ============================================ ==============================================
    BOOLEAN    ``0`` or ``1``                               the same
    INTEGER    decimal digits, ``-`` first                  the same
    DECIMAL    plain decimal, no exponent                   trailing zeros of the fraction (then ``.``) gone
    DOUBLE     shortest decimal that reads back exactly     16 hex digits, IEEE 754 little-endian, zero = 0…0
    DATE       ``YYYY-MM-DD``                               the same
    DATETIME   ``YYYY-MM-DD HH:MM:SS.ffffff``               the same
    TIMESTAMP  the same, in UTC, no zone written            the same
    TIME       ``[-]HHH:MM:SS.ffffff``                      whole microseconds
    YEAR       decimal digits                               the same
    BIT        ``0`` and ``1``, most significant first      the same
    TEXT       the characters                               the same
    BINARY     lower-case hex, no prefix                    the same
    UUID       8-4-4-4-12 lower-case hex                    the same
    JSON       JSON text                                    none: compared after parsing, never by a server
    ========== ============================================ ==============================================
    """

    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DOUBLE = "double"
    DATE = "date"
    DATETIME = "datetime"
    TIMESTAMP = "timestamp"
    TIME = "time"
    YEAR = "year"
    BIT = "bit"
    TEXT = "text"
    BINARY = "binary"
    UUID = "uuid"
    JSON = "json"


_FORM_OF_KIND = {
    Kind.BOOLEAN: Form.BOOLEAN,
    Kind.INTEGER: Form.INTEGER,
    Kind.DECIMAL: Form.DECIMAL,
    Kind.FLOAT: Form.DOUBLE,
    Kind.DOUBLE: Form.DOUBLE,
    Kind.DATE: Form.DATE,
    Kind.DATETIME: Form.DATETIME,
    Kind.TIMESTAMP: Form.TIMESTAMP,
    Kind.TIME: Form.TIME,
    Kind.INTERVAL: Form.TIME,
    Kind.YEAR: Form.YEAR,
    Kind.BIT: Form.BIT,
    Kind.BINARY: Form.BINARY,
    Kind.VARBINARY: Form.BINARY,
    Kind.BLOB: Form.BINARY,
    Kind.SPATIAL: Form.BINARY,
    Kind.JSON: Form.JSON,
    Kind.UUID: Form.UUID,
}

_PREFERRED = (
    # Where the two sides differ, the side that can say less decides: the first form here that either
    # side has. A tinyint(1) facing a boolean crosses as 0/1, a year facing a smallint as digits.
    Form.BOOLEAN,
    Form.UUID,
    Form.JSON,
    Form.BIT,
    Form.YEAR,
    Form.BINARY,
    Form.DOUBLE,
    Form.DECIMAL,
    Form.TIMESTAMP,
    Form.DATETIME,
    Form.TIME,
    Form.DATE,
    Form.INTEGER,
    Form.TEXT,
)


def form_between(one: ColumnType, other: ColumnType) -> Form:
    """The form in which values cross between columns of these two types; symmetric."""
    forms = {_FORM_OF_KIND.get(one.kind, Form.TEXT), _FORM_OF_KIND.get(other.kind, Form.TEXT)}
    if one.kind is Kind.INTERVAL and other.kind is Kind.INTERVAL:
        return Form.TEXT  # months and days are kept apart, which a count of microseconds cannot
    if forms == {Form.JSON, Form.TEXT}:
        return Form.TEXT  # a text column keeps the document's exact characters
    return next(form for form in _PREFERRED if form in forms)


__all__ = ["ColumnType", "Form", "Kind", "form_between"]
