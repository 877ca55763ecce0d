"""Values of row events, from the log's octets to transfer text.

The formats are those of MySQL's manual, "Date and Time Data Type Representation", and ``decimal.cc``. A ``Field``
tells where a value's octets end, so that those of columns nobody asked for are stepped over unread. The library's own
readers are not used: they lose zero dates, widen FLOAT, strip BINARY and guess charsets.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

Decode = Callable[[bytes], str | None]

_DIGIT_OCTETS = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME_OFFSET = 0x800000
_SCALES = (0, 10_000, 100, 1)
"""Microseconds in the last digit of a fraction of so many octets."""


@dataclass(frozen=True, slots=True)
class Field:
    """How a column's value lies in a row."""

    size: int
    """Octets of the value, or of the length in front of it."""
    prefixed: bool
    """Whether a little-endian length of ``size`` octets stands in front."""
    decode: Decode


def integer(octets: int, *, unsigned: bool) -> Field:
    """Little-endian integers of 1, 2, 3, 4 and 8 octets."""
    from_bytes, signed = int.from_bytes, not unsigned
    return Field(octets, False, lambda data: str(from_bytes(data, "little", signed=signed)))


def double_text(number: float) -> str:
    """The shortest decimal that reads back exactly, without a needless ``.0`` or ``+``."""
    return repr(number).removesuffix(".0").replace("e+", "e")


def real(spelled: str) -> Field:
    """FLOAT and DOUBLE, ``<f`` and ``<d``."""
    layout = struct.Struct(spelled)
    return Field(layout.size, False, lambda data: double_text(layout.unpack(data)[0]))


def decimal(precision: int, scale: int) -> Field:
    """DECIMAL with all digits of its scale."""
    groups = _groups(precision, scale)
    size = sum(_DIGIT_OCTETS[digits] for digits in groups)
    return Field(size, False, partial(_decimal_text, groups=groups, whole=precision - scale))


def decimal_text(data: bytes, precision: int, scale: int) -> str:
    """A decimal's text out of octets that begin with it."""
    return _decimal_text(data, _groups(precision, scale), precision - scale)


def _groups(precision: int, scale: int) -> tuple[int, ...]:
    """Digits of each group."""
    whole = precision - scale
    groups = (whole % 9, *[9] * (whole // 9), *[9] * (scale // 9), scale % 9)
    return tuple(digits for digits in groups if digits)


def _decimal_text(data: bytes, groups: tuple[int, ...], whole: int) -> str:
    """Groups of nine digits in four octets, big-endian; the sign inverts all, the first bit is inverted."""
    negative = not data[0] & 0x80
    octets = bytes([data[0] ^ 0x80]) + data[1:]
    if negative:
        octets = bytes(octet ^ 0xFF for octet in octets)
    digits_text, position = "", 0
    for digits in groups:
        end = position + _DIGIT_OCTETS[digits]
        digits_text += str(int.from_bytes(octets[position:end], "big")).zfill(digits)
        position = end
    head = digits_text[:whole].lstrip("0") or "0"
    tail = digits_text[whole:]
    text = f"{head}.{tail}" if tail else head
    return "-" + text if negative and text.strip("0.") else text


def _date(data: bytes) -> str:
    value = int.from_bytes(data, "little")
    return _day(value >> 9, value >> 5 & 15, value & 31)


DATE = Field(3, False, _date)
"""Three octets little-endian, 15 bits year, 4 month, 5 day."""


def _day(year: int, month: int, day: int) -> str:
    return f"{year:04d}-{month:02d}-{day:02d}"


def _microseconds(fraction: bytes) -> int:
    """Of the octets behind the seconds, two digits in each."""
    return int.from_bytes(fraction, "big") * _SCALES[len(fraction)]


def date_time(digits: int) -> Field:
    """DATETIME with fraction: five octets big-endian, then the fraction."""

    def decode(data: bytes) -> str:
        return _moment(int.from_bytes(data[:5], "big") & 0x7FFFFFFFFF, _microseconds(data[5:]))

    return Field(5 + (digits + 1) // 2, False, decode)


def _moment(value: int, micro: int) -> str:
    year, month = divmod(value >> 22, 13)
    day = _day(year, month, value >> 17 & 31)
    return f"{day} {value >> 12 & 31:02d}:{value >> 6 & 63:02d}:{value & 63:02d}.{micro:06d}"


def packed_datetime(packed: int) -> str:
    """A date and time as JSON documents hold it: the same bits with 24 more for microseconds."""
    return _moment(packed >> 24, packed & 0xFFFFFF)


def timestamp(digits: int) -> Field:
    """TIMESTAMP with fraction: four octets of seconds in UTC, then the fraction."""

    def decode(data: bytes) -> str:
        seconds, micro = int.from_bytes(data[:4], "big"), _microseconds(data[4:])
        if not seconds:
            return f"0000-00-00 00:00:00.{micro:06d}"
        moment = _EPOCH + timedelta(seconds=seconds)
        return f"{moment:%Y-%m-%d %H:%M:%S}.{micro:06d}"

    return Field(4 + (digits + 1) // 2, False, decode)


def time(digits: int) -> Field:
    """TIME with fraction: an offset binary number, so that octets compare like times."""
    octets = (digits + 1) // 2

    def decode(data: bytes) -> str:
        value = int.from_bytes(data, "big") - (_TIME_OFFSET << 8 * octets)
        sign = "-" if value < 0 else ""
        whole, fraction = divmod(abs(value), 1 << 8 * octets)
        return sign + _clock(whole, fraction * 10 ** (6 - 2 * octets))

    return Field(3 + octets, False, decode)


def _clock(value: int, micro: int) -> str:
    return f"{value >> 12:02d}:{value >> 6 & 63:02d}:{value & 63:02d}.{micro:06d}"


def clock_of_microseconds(text: str) -> str:
    """The transfer text of a time that a column holds as a number of microseconds."""
    seconds, micro = divmod(abs(int(text)), 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{'-' if text.startswith('-') else ''}{hours:02d}:{minutes:02d}:{seconds:02d}.{micro:06d}"


def packed_time(packed: int) -> str:
    """A time as JSON documents hold it."""
    return ("-" if packed < 0 else "") + _clock(abs(packed) >> 24, abs(packed) & 0xFFFFFF)


YEAR = Field(1, False, lambda data: str(1900 + data[0] if data[0] else 0))
"""The year 0 stays 0."""


def bits(count: int) -> Field:
    """BIT(n), most significant first."""
    return Field((count + 7) // 8, False, lambda data: f"{int.from_bytes(data, 'big'):0{count}b}")


def label(octets: int, labels: tuple[str, ...]) -> Field:
    """ENUM by its number; 0 is the empty label that an invalid value leaves."""
    named = ("", *labels)
    return Field(octets, False, lambda data: named[int.from_bytes(data, "little")])


def label_set(octets: int, labels: tuple[str, ...]) -> Field:
    """SET by its bits, in the order of declaration."""

    def decode(data: bytes) -> str:
        mask = int.from_bytes(data, "little")
        return ",".join(text for number, text in enumerate(labels) if mask >> number & 1)

    return Field(octets, False, decode)


def ewkb(text: str) -> str:
    """PostGIS's EWKB out of MySQL's own octets (both as hex): the SRID moves behind the type, which says so."""
    srid, wkb = text[:8], text[8:]
    return wkb if srid == "00000000" else f"{wkb[:8]}20{srid}{wkb[10:]}"


def prefixed(size: int, decode: Decode) -> Field:
    """Octets behind their length of ``size`` octets."""
    return Field(size, True, decode)


__all__ = [
    "DATE",
    "YEAR",
    "Decode",
    "Field",
    "bits",
    "clock_of_microseconds",
    "date_time",
    "decimal",
    "decimal_text",
    "double_text",
    "ewkb",
    "integer",
    "label",
    "label_set",
    "packed_datetime",
    "packed_time",
    "prefixed",
    "real",
    "time",
    "timestamp",
]
