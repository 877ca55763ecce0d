"""Whether two results are the same, in whatever types two drivers brought them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from database_migration.engines.protocol import Row

_SHOWN = 60  # characters of a differing value in a reason


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How close numbers have to be."""

    floats: float = 1e-9
    """Relative, where one side is a floating-point number."""
    inexact: frozenset[int] = frozenset()
    """Columns of divided decimals: compared at the digits of the side that has fewer."""


def difference(
    source: Sequence[Row],
    target: Sequence[Row],
    *,
    ordered: bool,
    sort_columns: tuple[int, ...] | None,
    tolerance: Tolerance,
    names: Sequence[str] = (),
) -> str | None:
    """None where the results are the same, else where they differ.

    Rows are compared as a multiset; with ``ordered`` their order too, as far as ``sort_columns`` (positions
    that the query sorts by; None: not in the result) determine it.
    """
    if len(source) != len(target):
        return f"{counted(len(source))} on the source, {len(target)} on the target."
    in_order = _first_difference(source, target, tolerance)
    if in_order is None:
        return None
    apart = _first_difference(sorted(source, key=_sort_key), sorted(target, key=_sort_key), tolerance)
    if apart is not None:
        row, column = apart if not ordered else in_order
        pair = (
            (source[row], target[row])
            if ordered
            else (
                sorted(source, key=_sort_key)[row],
                sorted(target, key=_sort_key)[row],
            )
        )
        return _told(row, column, pair, names)
    if not ordered:
        return None
    if sort_columns is None:
        return "The same rows in another order; what they are sorted by is not in the result, so ties cannot be told."
    keys = [[tuple(row[place] for place in sort_columns) for row in rows] for rows in (source, target)]
    if _first_difference(keys[0], keys[1], tolerance) is None:
        return None
    row, column = in_order
    return f"The same rows in another order: {_told(row, column, (source[row], target[row]), names)}"


def counted(rows: int) -> str:
    """``1 row``, ``2 rows``."""
    return f"{rows} row{'' if rows == 1 else 's'}"


def _first_difference(one: Sequence[Row], other: Sequence[Row], tolerance: Tolerance) -> tuple[int, int] | None:
    for number, (left, right) in enumerate(zip(one, other, strict=True)):
        if len(left) != len(right):
            return number, min(len(left), len(right))
        for column, (a, b) in enumerate(zip(left, right, strict=True)):
            if not same_value(a, b, tolerance, inexact=column in tolerance.inexact):
                return number, column
    return None


def same_value(one: object, other: object, tolerance: Tolerance, *, inexact: bool = False) -> bool:
    """Whether two values mean the same: 1 is true and 1.00, midnight UTC is midnight UTC; '1' is not 1."""
    a, b = _plain(one), _plain(other)
    if a is None or b is None:
        return a is b
    if isinstance(a, float) or isinstance(b, float):
        if not isinstance(a, float | Decimal) or not isinstance(b, float | Decimal):
            return False
        return math.isclose(float(a), float(b), rel_tol=tolerance.floats, abs_tol=1e-300)
    if isinstance(a, Decimal) and isinstance(b, Decimal):
        return a == b or (inexact and _same_at_fewer_digits(a, b))
    if isinstance(a, bytes) != isinstance(b, bytes):
        return _same_bits(a, b)
    if isinstance(a, dict | list) or isinstance(b, dict | list):
        return _document(a) == _document(b)
    return type(a) is type(b) and a == b


def _plain(value: object) -> Any:
    match value:
        case bool() | int():
            return Decimal(int(value))
        case Decimal():
            return value if value.is_finite() else float(value)
        case datetime():
            return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        case time():
            return timedelta(
                hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond
            )
        case memoryview() | bytearray():
            return bytes(value)
        case UUID():
            return str(value)
        case set() | frozenset():
            return ",".join(sorted(map(str, value)))
        case _:
            return value


def _same_at_fewer_digits(a: Decimal, b: Decimal) -> bool:
    places = max(a.as_tuple().exponent, b.as_tuple().exponent)
    unit = Decimal(1).scaleb(int(places))
    return abs(a.quantize(unit, ROUND_HALF_UP) - b.quantize(unit, ROUND_HALF_UP)) <= (unit if a and b else 0)


def _same_bits(a: object, b: object) -> bool:
    """A BIT column: octets from the one driver, zeros and ones from the other."""
    octets, digits = (a, b) if isinstance(a, bytes) else (b, a)
    if not isinstance(octets, bytes) or not isinstance(digits, str) or not digits or set(digits) - {"0", "1"}:
        return False
    return int.from_bytes(octets) == int(digits, 2)


def _document(value: object) -> object:
    """A JSON document; from the driver that leaves it as text, parsed."""
    if isinstance(value, str | bytes):
        try:
            return _exact(json.loads(value, parse_float=Decimal))
        except ValueError:
            return value
    return _exact(value)


def _exact(value: object) -> object:
    if isinstance(value, dict):
        return {key: _exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_exact(item) for item in value]
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return value


def _sort_key(row: Row) -> tuple[tuple[str, str], ...]:
    """Brings equal rows of both sides to the same place; floats coarsely, as they may differ a little."""
    return tuple(_value_key(value) for value in row)


def _value_key(value: object) -> tuple[str, str]:
    plain = _plain(value)
    if isinstance(plain, float | Decimal):
        return "number", f"{float(plain):.6g}"
    if isinstance(plain, dict | list):
        return "text", json.dumps(plain, sort_keys=True, default=str)
    if isinstance(plain, str) and plain[:1] in {"{", "["}:
        document = _document(plain)
        return "text", json.dumps(document, sort_keys=True, default=str) if document is not plain else plain
    if isinstance(plain, date | timedelta):
        return "moment", str(plain)
    return type(plain).__name__, str(plain)


def _told(row: int, column: int, pair: tuple[Row, Row], names: Sequence[str]) -> str:
    left, right = pair
    if column >= min(len(left), len(right)):
        return f"{len(left)} columns on the source, {len(right)} on the target."
    name = names[column] if column < len(names) else str(column + 1)
    return f"Row {row + 1}, column {name}: {_shown(left[column])} on the source, {_shown(right[column])} on the target."


def _shown(value: object) -> str:
    text = "NULL" if value is None else f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


__all__ = ["Tolerance", "counted", "difference", "same_value"]
