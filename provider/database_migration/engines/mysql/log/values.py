"""Values of row events, from the log's octets to transfer text.

The formats are those of MySQL's manual, "Date and Time Data Type Representation", and ``decimal.cc``. Each
reader takes the row's octets and an offset and returns the text and the next offset. The library's own
readers are not used: they lose zero dates, widen FLOAT, strip BINARY and guess charsets.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Reader = Callable[[bytes, int], tuple[str, int]]

_DIGIT_OCTETS = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME_OFFSET = 0x800000


def integer(octets: int, *, unsigned: bool) -> Reader:
    """Little-endian integers of 1, 2, 3, 4 and 8 octets."""

    def read(data: bytes, at: int) -> tuple[str, int]:
        end = at + octets
        return str(int.from_bytes(data[at:end], "little", signed=not unsigned)), end

    return read


def double_text(number: float) -> str:
    """The shortest decimal that reads back exactly, without a needless ``.0`` or ``+``."""
    return repr(number).removesuffix(".0").replace("e+", "e")


def real(spelled: str) -> Reader:
    """FLOAT and DOUBLE, ``<f`` and ``<d``."""
    size = struct.calcsize(spelled)

    def read(data: bytes, at: int) -> tuple[str, int]:
        return double_text(struct.unpack_from(spelled, data, at)[0]), at + size

    return read


def decimal(precision: int, scale: int) -> Reader:
    """DECIMAL with all digits of its scale."""

    def read(data: bytes, at: int) -> tuple[str, int]:
        return decimal_text(data, at, precision, scale)

    return read


def decimal_text(data: bytes, at: int, precision: int, scale: int) -> tuple[str, int]:
    """Groups of nine digits in four octets, big-endian; the sign inverts all, the first bit is inverted."""
    whole = precision - scale
    groups = [whole % 9, *[9] * (whole // 9), *[9] * (scale // 9), scale % 9]
    end = at + sum(_DIGIT_OCTETS[digits] for digits in groups)
    octets = bytearray(data[at:end])
    negative = not octets[0] & 0x80
    octets[0] ^= 0x80
    if negative:
        octets = bytearray(octet ^ 0xFF for octet in octets)
    digits_text, position = "", 0
    for digits in groups:
        size = _DIGIT_OCTETS[digits]
        if digits:
            digits_text += f"{int.from_bytes(octets[position : position + size], 'big'):0{digits}d}"
        position += size
    head = digits_text[:whole].lstrip("0") or "0"
    tail = digits_text[whole:]
    text = f"{head}.{tail}" if tail else head
    return ("-" + text if negative and text.strip("0.") else text), end


def date(data: bytes, at: int) -> tuple[str, int]:
    """DATE: three octets little-endian, 15 bits year, 4 month, 5 day."""
    value = int.from_bytes(data[at : at + 3], "little")
    return _day(value >> 9, value >> 5 & 15, value & 31), at + 3


def _day(year: int, month: int, day: int) -> str:
    return f"{year:04d}-{month:02d}-{day:02d}"


def _microseconds(data: bytes, at: int, digits: int) -> tuple[int, int]:
    octets = (digits + 1) // 2
    return int.from_bytes(data[at : at + octets], "big") * 10 ** (6 - 2 * octets), at + octets


def date_time(digits: int) -> Reader:
    """DATETIME with fraction: five octets big-endian, then the fraction."""

    def read(data: bytes, at: int) -> tuple[str, int]:
        value = int.from_bytes(data[at : at + 5], "big") & 0x7FFFFFFFFF
        micro, end = _microseconds(data, at + 5, digits)
        return _moment(value, micro), end

    return read


def _moment(value: int, micro: int) -> str:
    year, month = divmod(value >> 22, 13)
    day = _day(year, month, value >> 17 & 31)
    return f"{day} {value >> 12 & 31:02d}:{value >> 6 & 63:02d}:{value & 63:02d}.{micro:06d}"


def packed_datetime(packed: int) -> str:
    """A date and time as JSON documents hold it: the same bits with 24 more for microseconds."""
    return _moment(packed >> 24, packed & 0xFFFFFF)


def timestamp(digits: int) -> Reader:
    """TIMESTAMP with fraction: four octets of seconds in UTC, then the fraction."""

    def read(data: bytes, at: int) -> tuple[str, int]:
        seconds = int.from_bytes(data[at : at + 4], "big")
        micro, end = _microseconds(data, at + 4, digits)
        if not seconds:
            return f"0000-00-00 00:00:00.{micro:06d}", end
        moment = _EPOCH + timedelta(seconds=seconds)
        return f"{moment:%Y-%m-%d %H:%M:%S}.{micro:06d}", end

    return read


def time(digits: int) -> Reader:
    """TIME with fraction: an offset binary number, so that octets compare like times."""
    octets = (digits + 1) // 2

    def read(data: bytes, at: int) -> tuple[str, int]:
        end = at + 3 + octets
        value = int.from_bytes(data[at:end], "big") - (_TIME_OFFSET << 8 * octets)
        sign = "-" if value < 0 else ""
        whole, fraction = divmod(abs(value), 1 << 8 * octets)
        return sign + _clock(whole, fraction * 10 ** (6 - 2 * octets)), end

    return read


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


def year(data: bytes, at: int) -> tuple[str, int]:
    """YEAR; the year 0 stays 0."""
    return str(1900 + data[at] if data[at] else 0), at + 1


def bits(count: int) -> Reader:
    """BIT(n), most significant first."""
    octets = (count + 7) // 8

    def read(data: bytes, at: int) -> tuple[str, int]:
        return f"{int.from_bytes(data[at : at + octets], 'big'):0{count}b}", at + octets

    return read


def label(octets: int, labels: tuple[str, ...]) -> Reader:
    """ENUM by its number; 0 is the empty label that an invalid value leaves."""

    def read(data: bytes, at: int) -> tuple[str, int]:
        number = int.from_bytes(data[at : at + octets], "little")
        return (labels[number - 1] if number else ""), at + octets

    return read


def label_set(octets: int, labels: tuple[str, ...]) -> Reader:
    """SET by its bits, in the order of declaration."""

    def read(data: bytes, at: int) -> tuple[str, int]:
        mask = int.from_bytes(data[at : at + octets], "little")
        return ",".join(text for number, text in enumerate(labels) if mask >> number & 1), at + octets

    return read


def ewkb(text: str) -> str:
    """PostGIS's EWKB out of MySQL's own octets (both as hex): the SRID moves behind the type, which says so."""
    srid, wkb = text[:8], text[8:]
    return wkb if srid == "00000000" else f"{wkb[:8]}20{srid}{wkb[10:]}"


def prefixed(size: int, decode: Callable[[bytes], str]) -> Reader:
    """Octets behind their length of ``size`` octets."""

    def read(data: bytes, at: int) -> tuple[str, int]:
        start = at + size
        end = start + int.from_bytes(data[at:start], "little")
        return decode(data[start:end]), end

    return read


__all__ = [
    "Reader",
    "bits",
    "clock_of_microseconds",
    "date",
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
    "year",
]
