"""Whether a column type has room for every value of another."""

from __future__ import annotations

from database_migration.model.column_type import UUID_OCTETS, ColumnType, Kind
from database_migration.model.integer_range import integer_range

_TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT, Kind.ENUM, Kind.SET})
_OCTETS = frozenset({Kind.BINARY, Kind.VARBINARY, Kind.BLOB})
_TIMES = frozenset({Kind.TIME, Kind.INTERVAL})
_MOMENTS = frozenset({Kind.DATE, Kind.DATETIME, Kind.TIMESTAMP})
_PLAIN_TEXTS = frozenset({Kind.VARCHAR, Kind.TEXT})
_MONEY = ColumnType(Kind.DECIMAL, precision=19, scale=2)
_UNBOUNDED = 1 << 62
_LONGEST = {
    **{Kind.DATE: 13, Kind.DATETIME: 29, Kind.TIMESTAMP: 29, Kind.TIME: 17, Kind.INTERVAL: 66},
    **{Kind.UUID: 36, Kind.MONEY: 27, Kind.FLOAT: 24, Kind.DOUBLE: 24},
}
"""Characters of the longest text of a value, as either engine writes it."""


def fits(value: ColumnType, place: ColumnType) -> bool:
    """Whether ``place`` holds every value of ``value``; False where it cannot be told."""
    if value == place:
        return True
    if value.kind in _TEXTS:
        if place.kind is Kind.ARRAY:
            return value.kind is Kind.SET
        return place.kind in _TEXTS and _text_fits(value, place)
    if place.kind in _PLAIN_TEXTS:
        return value.kind not in _OCTETS and _longest(value) <= _limit(place.length)
    if value.kind in _OCTETS:
        if place.kind is Kind.UUID:
            return value.kind is Kind.BINARY and value.length == UUID_OCTETS
        return place.kind in _OCTETS and _limit(value.length) <= _limit(place.length)
    if value.kind in (Kind.BOOLEAN, Kind.INTEGER, Kind.YEAR):
        return _integer_fits(value, place)
    if value.kind is Kind.BIT and place.kind in (Kind.BOOLEAN, Kind.INTEGER):
        return integer_range(place)[1] >= (1 << (value.bits or 1)) - 1
    if value.kind is Kind.UUID:
        return place.kind is Kind.BINARY and place.length == UUID_OCTETS
    if value.kind is Kind.MONEY:
        return place.kind is Kind.DECIMAL and _decimal_fits(_MONEY, place)
    if value.kind in _MOMENTS and place.kind in _MOMENTS and place.kind is not Kind.DATE:
        return value.kind is Kind.DATE or _digits(value) <= _digits(place)
    if value.kind is Kind.JSON:
        return place.kind is Kind.JSON
    if value.kind is Kind.DECIMAL:
        return place.kind is Kind.DECIMAL and _decimal_fits(value, place)
    if value.kind is Kind.FLOAT:
        return place.kind in (Kind.FLOAT, Kind.DOUBLE)
    if value.kind in _TIMES and place.kind in _TIMES:
        return _digits(value) <= _digits(place) and (value.kind is Kind.TIME or place.kind is Kind.INTERVAL)
    if value.kind is Kind.BIT:
        return place.kind is Kind.BIT and (value.bits or 1) <= (place.bits or 1)
    return value.kind is place.kind and _digits(value) <= _digits(place)


def _integer_fits(value: ColumnType, place: ColumnType) -> bool:
    low, high = integer_range(value)
    if place.kind in (Kind.BOOLEAN, Kind.INTEGER, Kind.YEAR):
        lowest, highest = integer_range(place)
        return lowest <= low and high <= highest
    if place.kind is Kind.DECIMAL:
        whole = _limit(place.precision) - (place.scale or 0)
        return len(str(max(high, -low))) <= whole and not (place.unsigned and low < 0)
    return False


def _decimal_fits(value: ColumnType, place: ColumnType) -> bool:
    if place.precision is None:
        return True
    if value.precision is None or (place.unsigned and not value.unsigned):
        return False
    fraction, room = value.scale or 0, place.scale or 0
    return fraction <= room and value.precision - fraction <= place.precision - room


def _text_fits(value: ColumnType, place: ColumnType) -> bool:
    if place.kind in (Kind.ENUM, Kind.SET):
        return value.kind is place.kind and set(value.values) <= set(place.values)
    if value.kind is Kind.ENUM:
        return max(map(len, value.values), default=0) <= _limit(place.length)
    if value.kind is Kind.SET:
        return sum(len(label) + 1 for label in value.values) - 1 <= _limit(place.length)
    if place.kind is Kind.CHAR and value.kind is not Kind.CHAR:
        return False  # blanks at the end would go
    return _limit(value.length) <= _limit(place.length)


def _longest(value: ColumnType) -> int:
    """Characters of the longest text of a value."""
    if value.kind in (Kind.BOOLEAN, Kind.INTEGER, Kind.YEAR):
        return max(len(str(number)) for number in integer_range(value))
    if value.kind is Kind.DECIMAL and value.precision is not None:
        return value.precision + 3
    if value.kind is Kind.BIT and value.bits is not None:
        return value.bits
    return _LONGEST.get(value.kind, _UNBOUNDED)


def _limit(length: int | None) -> int:
    return _UNBOUNDED if length is None else length


def _digits(kind: ColumnType) -> int:
    return 6 if kind.fraction is None else kind.fraction


__all__ = ["fits"]
