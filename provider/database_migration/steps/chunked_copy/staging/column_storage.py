"""Which Arrow type holds a column's values in the file, so that pandas and DuckDB see numbers, dates and octets.

A type is chosen only where each transfer text has one value of it and each value gives that very text back (of
doubles: a text of the same double). What no such type holds, or not for sure, stays text, and a file in which a value
does not fit takes the next choice for the whole column. So nothing is ever rounded, filled up or left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from database_migration.model.column_type import ColumnType, Form, Kind
from database_migration.model.table_selection import ColumnPair, TablePair

_HOLDS = b"database_migration.holds"
"""Key of a field's metadata: how its values stand for transfer texts."""
HEX = b"octets of hex digits"
OCTETS = b"octets of the text"
_MOST_DIGITS_128, _MOST_DIGITS_256 = 38, 76
_REALS = (Kind.FLOAT, Kind.DOUBLE)
_DAYS = (Kind.DATE, Kind.DATETIME, Kind.TIMESTAMP)


@dataclass(frozen=True, slots=True)
class Storage:
    """One way to hold a column."""

    parsed: Any
    """The Arrow type as which a transfer text is parsed."""
    stored: Any
    """The Arrow type in the file."""
    holds: bytes = b""
    """How binary values stand for texts: HEX or OCTETS."""

    def field(self, pair: ColumnPair) -> Any:
        """The column of the file's schema, under its name on the source."""
        metadata = {_HOLDS: self.holds} if self.holds else None
        return pa.field(pair.source.name, self.stored, metadata=metadata)


def _same(type_: Any) -> Storage:
    return Storage(type_, type_)


_TEXT = _same(pa.string())
_RAW = Storage(pa.binary(), pa.binary(), OCTETS)
"""Octets that are no UTF-8, which the target will refuse."""


def choices(pair: ColumnPair) -> tuple[Storage, ...]:
    """The ways to hold a column, the best first; the last one holds everything."""
    best = _best(pair)
    return (_TEXT, _RAW) if best is None else (best, _TEXT, _RAW)


def holding(field: Any) -> bytes:
    """What ``Storage.holds`` said of a field that was read from a file."""
    found: bytes = (field.metadata or {}).get(_HOLDS, b"")
    return found


def _best(pair: ColumnPair) -> Storage | None:
    form, kind, type_ = pair.form, pair.source.type.kind, pair.source.type
    found: Any = None
    match form:
        case Form.INTEGER:
            found = _integer(type_)
        case Form.YEAR if kind in (Kind.YEAR, Kind.INTEGER):
            found = pa.int32()
        case Form.BOOLEAN if kind in (Kind.BOOLEAN, Kind.INTEGER, Kind.BIT):
            found = pa.bool_()
        case Form.DECIMAL if kind is Kind.INTEGER:
            found = _integer(type_)
        case Form.DECIMAL if kind is Kind.DECIMAL:
            return _decimal(type_)
        # A double facing an integer has to keep its spelling: 1 and not 1.0.
        case Form.DOUBLE if kind in _REALS and pair.target.type.kind in _REALS:
            found = pa.float64()
        case Form.DATE if kind in _DAYS:
            found = pa.date32()
        case Form.DATETIME if kind in _DAYS:
            found = pa.timestamp("us")
        case Form.TIMESTAMP if kind in _DAYS:
            return Storage(pa.timestamp("us"), pa.timestamp("us", "UTC"))
        case Form.BINARY:
            return Storage(pa.binary(), pa.binary(), HEX)
        case Form.GEOMETRY if kind is Kind.SPATIAL:
            return Storage(pa.binary(), pa.binary(), HEX)
    return None if found is None else _same(found)


def _integer(type_: ColumnType) -> Any:
    if type_.kind is Kind.BIT:
        return pa.uint64()
    sizes = (8, 16, 32, 64)
    bits = next(size for size in sizes if (type_.bits or 64) <= size)
    names = {True: (pa.uint8, pa.uint16, pa.uint32, pa.uint64), False: (pa.int8, pa.int16, pa.int32, pa.int64)}
    return names[type_.unsigned][sizes.index(bits)]()


def _decimal(type_: ColumnType) -> Storage | None:
    precision, scale = type_.precision, type_.scale or 0
    if precision is None or not 0 <= scale <= precision <= _MOST_DIGITS_256:
        return None
    if precision <= _MOST_DIGITS_128:
        return _same(pa.decimal128(precision, scale))
    return Storage(pa.string(), pa.decimal256(precision, scale))  # Arrow's parser knows the shorter ones only


@dataclass(slots=True)
class TableStorage:
    """How a table's columns are held for now; each column's choice only ever moves on."""

    pair: TablePair
    taken: list[int]

    @classmethod
    def of(cls, pair: TablePair) -> TableStorage:
        """The best choice for each column."""
        return cls(pair, [0] * len(pair.columns))

    @property
    def columns(self) -> list[Storage]:
        """The columns in the table's order."""
        return [choices(pair)[taken] for pair, taken in zip(self.pair.columns, self.taken, strict=True)]

    @property
    def schema(self) -> Any:
        """The file's schema."""
        return pa.schema([one.field(pair) for one, pair in zip(self.columns, self.pair.columns, strict=True)])

    def give_way(self, column: int) -> None:
        """Take a column's next choice."""
        self.taken[column] += 1


__all__ = ["HEX", "OCTETS", "Storage", "TableStorage", "choices", "holding"]
