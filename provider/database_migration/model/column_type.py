"""The neutral column type, and the form in which a value of it crosses between engines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from database_migration.errors import NotPossible


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
    MONEY = "money"
    ARRAY = "array"
    """A list of values of one type; ``native`` spells it (``text[]``)."""
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
    verbatim: bool = field(default=False, compare=False)
    """Of JSON: whether the document's own text is kept, repeated keys and all; never compared."""


class Form(StrEnum):
    """How a value crosses between engines: which text stands for it when it moves or is compared.

    The *transfer text* is what moves (copy streams, change images, key values), the *canonical text* is
    what checksums are made of, chosen so that it costs servers little.

    ========== ============================================ ==============================================
    form       transfer text                                canonical text
    ========== ============================================ ==============================================
    BOOLEAN    ``0`` or ``1``                               the same
    INTEGER    decimal digits, ``-`` first                  the same
    DECIMAL    plain decimal, no exponent                   trailing zeros of the fraction (then ``.``) gone
    DOUBLE     shortest decimal that reads back exactly     16 hex digits, IEEE 754 big-endian, zero = 0…0
    DATE       ``YYYY-MM-DD``                               the same
    DATETIME   ``YYYY-MM-DD HH:MM:SS.ffffff``               trailing zeros of the fraction (then ``.``) gone
    TIMESTAMP  the same, in UTC, no zone written            likewise
    TIME       ``[-]HHH:MM:SS.ffffff``                      whole microseconds
    YEAR       decimal digits                               the same
    BIT        ``0`` and ``1``, most significant first      the same
    TEXT       the characters                               the same
    BINARY     lower-case hex, no prefix                    the same
    UUID       8-4-4-4-12 lower-case hex                    the same
    JSON       JSON text                                    none: compared after parsing, never by a server
    LABELS     ``{"a","b"}``, by code point, each once      the same
    GEOMETRY   lower-case hex of PostGIS's EWKB             the same
    ========== ============================================ ==============================================

    A row's text, of which digests and hashes are made, is its columns' fields between commas. NULL is an empty field. A
    form out of ``PLAIN`` gives one field, its canonical text; any other gives two, the text's octets and the text.
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
    LABELS = "labels"
    GEOMETRY = "geometry"


PLAIN = frozenset(
    {
        Form.BOOLEAN, Form.INTEGER, Form.DECIMAL, Form.DOUBLE, Form.DATE, Form.DATETIME, Form.TIMESTAMP, Form.TIME,
        Form.YEAR, Form.BIT, Form.UUID,
    }
)  # fmt: skip
"""Forms whose canonical text is never empty and has no comma. A text column may hold other things all the same, which
stand in the row text as ``x`` and hex digits of their octets, as does what begins with an ``x``."""

_TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT})
_LABELLED = frozenset({Kind.ENUM, Kind.SET})
_OCTETS = frozenset({Kind.BINARY, Kind.VARBINARY, Kind.BLOB})
_REALS = frozenset({Kind.FLOAT, Kind.DOUBLE})
_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL}) | _REALS
UUID_OCTETS = 16
"""Octets of a uuid that stands in a binary column."""


def _pairs(ones: Iterable[Kind], others: Iterable[Kind], form: Form) -> dict[frozenset[Kind], Form]:
    return {frozenset({one, other}): form for one in ones for other in others}


_FORMS: dict[frozenset[Kind], Form] = {
    # Where the two sides differ, the side that can say less decides: a tinyint(1) facing a boolean crosses as 0/1.
    **_pairs(_REALS, _NUMBERS, Form.DOUBLE),
    **_pairs({Kind.INTEGER, Kind.DECIMAL}, {Kind.DECIMAL}, Form.DECIMAL),
    **_pairs({Kind.INTEGER}, {Kind.INTEGER}, Form.INTEGER),
    **_pairs({Kind.BOOLEAN}, {Kind.BOOLEAN, Kind.INTEGER, Kind.BIT}, Form.BOOLEAN),
    **_pairs({Kind.YEAR}, {Kind.YEAR, Kind.INTEGER}, Form.YEAR),
    **_pairs({Kind.BIT}, {Kind.BIT}, Form.BIT),
    **_pairs({Kind.BIT}, {Kind.INTEGER}, Form.INTEGER),
    **_pairs({Kind.MONEY}, {Kind.MONEY, Kind.DECIMAL}, Form.DECIMAL),
    **_pairs({Kind.DATE}, {Kind.DATE}, Form.DATE),
    **_pairs({Kind.DATE, Kind.DATETIME}, {Kind.DATETIME}, Form.DATETIME),
    **_pairs({Kind.DATE, Kind.DATETIME, Kind.TIMESTAMP}, {Kind.TIMESTAMP}, Form.TIMESTAMP),
    **_pairs({Kind.TIME}, {Kind.TIME}, Form.TIME),
    **_pairs({Kind.INTERVAL}, {Kind.TIME, Kind.INTEGER}, Form.TIME),
    # Months and days are kept apart, which a count of microseconds cannot.
    **_pairs({Kind.INTERVAL}, {Kind.INTERVAL}, Form.TEXT),
    **_pairs(_TEXTS | _LABELLED, _TEXTS | _LABELLED, Form.TEXT),
    # A text beside another kind holds that kind's transfer text, where that has one spelling only.
    **_pairs(_TEXTS, {Kind.INTEGER, Kind.DECIMAL, Kind.MONEY, Kind.INTERVAL, Kind.ARRAY, Kind.OTHER}, Form.TEXT),
    **_pairs(_TEXTS, {Kind.BOOLEAN}, Form.BOOLEAN),
    **_pairs(_TEXTS, {Kind.BIT}, Form.BIT),
    **_pairs(_TEXTS, {Kind.YEAR}, Form.YEAR),
    **_pairs(_TEXTS, {Kind.DATE}, Form.DATE),
    **_pairs(_TEXTS, {Kind.DATETIME}, Form.DATETIME),
    **_pairs(_TEXTS, {Kind.TIMESTAMP}, Form.TIMESTAMP),
    **_pairs(_OCTETS, _OCTETS | _TEXTS, Form.BINARY),
    **_pairs({Kind.UUID}, {Kind.UUID} | _TEXTS | _OCTETS, Form.UUID),
    # A document beside a text is compared by its meaning: jsonb and MySQL's json do not keep its spelling.
    **_pairs({Kind.JSON}, {Kind.JSON, Kind.ARRAY} | _TEXTS, Form.JSON),
    **_pairs({Kind.ARRAY}, {Kind.ARRAY}, Form.TEXT),
    **_pairs({Kind.ARRAY}, {Kind.SET}, Form.LABELS),
    **_pairs({Kind.SPATIAL}, {Kind.BLOB}, Form.BINARY),
    **_pairs({Kind.SPATIAL}, {Kind.SPATIAL} | _TEXTS, Form.GEOMETRY),
    **_pairs({Kind.OTHER}, {Kind.OTHER}, Form.TEXT),
}


def form_or_none(one: ColumnType, other: ColumnType) -> Form | None:
    """The form in which values cross between columns of these two types; None where there is none. Symmetric."""
    form = _FORMS.get(frozenset({one.kind, other.kind}))
    if form is Form.UUID and any(type_.kind is Kind.BINARY and type_.length != UUID_OCTETS for type_ in (one, other)):
        return None
    if form is Form.BOOLEAN and any(type_.kind is Kind.BIT and type_.bits != 1 for type_ in (one, other)):
        return None
    return form


def form_between(one: ColumnType, other: ColumnType) -> Form:
    """The same, where there has to be one.

    :raises NotPossible: values of these types have no common text.
    """
    form = form_or_none(one, other)
    if form is None:
        raise NotPossible(
            f"Values cannot cross between {one.native or one.kind} and {other.native or other.kind}.",
            mend=f"give the target's column a type out of these kinds: {', '.join(possible_kinds(one))}.",
        )
    return form


def possible_kinds(one: ColumnType) -> tuple[Kind, ...]:
    """The kinds of columns that values of this type can cross to."""
    likely = (replace(one, kind=kind, bits=1, length=UUID_OCTETS) for kind in Kind)
    return tuple(other.kind for other in likely if form_or_none(one, other) is not None)


__all__ = ["PLAIN", "UUID_OCTETS", "ColumnType", "Form", "Kind", "form_between", "form_or_none", "possible_kinds"]
