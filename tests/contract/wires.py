"""Binary streams by hand: transfer texts to wire octets and back, without any engine's code."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from database_migration.model.bulk_format import Wire

WIRES = {
    "boolean": Wire.BOOLEAN,
    "tinyint": Wire.INT2,
    "int": Wire.INT4,
    "bigint": Wire.INT8,
    "bigint_unsigned": Wire.NUMERIC,
    "decimal": Wire.NUMERIC,
    "decimal_short": Wire.NUMERIC,
    "decimal_whole": Wire.NUMERIC,
    "double": Wire.FLOAT8,
    "float": Wire.FLOAT4,
    "date": Wire.DATE,
    "datetime": Wire.MOMENT,
    "timestamp": Wire.MOMENT,
    "time": Wire.SPAN,
    "year": Wire.INT2,
    "bit8": Wire.BIT,
    "bit64": Wire.BIT,
    "text": Wire.TEXT,
    "latin1": Wire.TEXT,
    "binary": Wire.OCTETS,
    "binary16": Wire.OCTETS,
    "uuid": Wire.UUID,
    "uuid16": Wire.UUID,
}
"""The wire of each type of the golden vectors."""

_NUMBERS = {Wire.BOOLEAN: ">B", Wire.INT2: ">h", Wire.INT4: ">i", Wire.INT8: ">q"}
_FLOATS = {Wire.FLOAT4: ">f", Wire.FLOAT8: ">d"}
_START = datetime(2000, 1, 1)


def encoded(wire: Wire, text: str) -> bytes:
    """The octets of a transfer text."""
    if wire in _NUMBERS:
        return struct.pack(_NUMBERS[wire], int(text))
    if wire in _FLOATS:
        return struct.pack(_FLOATS[wire], float(text))
    if wire is Wire.NUMERIC:
        return _numeric(text)
    if wire is Wire.DATE:
        return struct.pack(">i", (date.fromisoformat(text) - _START.date()).days)
    if wire is Wire.MOMENT:
        return struct.pack(">q", (datetime.fromisoformat(text) - _START) // timedelta(microseconds=1))
    if wire is Wire.SPAN:
        return struct.pack(">qii", _micros(text), 0, 0)
    if wire is Wire.BIT:
        padded = text.ljust(-(-len(text) // 8) * 8, "0")
        return struct.pack(">i", len(text)) + int(padded, 2).to_bytes(len(padded) // 8, "big")
    if wire is Wire.UUID:
        return UUID(text).bytes
    if wire is Wire.OCTETS:
        return bytes.fromhex(text)
    return (b"\x01" if wire is Wire.JSON else b"") + text.encode()


def decoded(wire: Wire, octets: bytes) -> str:
    """The transfer text; of a double its shortest decimal, of a numeric one with the scale that it came with."""
    if wire in _NUMBERS:
        return str(struct.unpack(_NUMBERS[wire], octets)[0])
    if wire in _FLOATS:
        return repr(struct.unpack(_FLOATS[wire], octets)[0])
    if wire is Wire.NUMERIC:
        return _of_numeric(octets)
    if wire is Wire.DATE:
        return (_START.date() + timedelta(days=struct.unpack(">i", octets)[0])).isoformat()
    if wire is Wire.MOMENT:
        moment = _START + timedelta(microseconds=struct.unpack(">q", octets)[0])
        return moment.isoformat(" ", "microseconds")
    if wire is Wire.SPAN:
        micros, days, months = struct.unpack(">qii", octets)
        assert (days, months) == (0, 0)
        seconds, fraction = divmod(abs(micros), 1_000_000)
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{fraction:06}"
        return ("-" if micros < 0 else "") + clock
    if wire is Wire.BIT:
        (bits,) = struct.unpack(">i", octets[:4])
        return "".join(f"{octet:08b}" for octet in octets[4:])[:bits]
    if wire is Wire.UUID:
        return str(UUID(bytes=octets))
    if wire is Wire.OCTETS:
        return octets.hex()
    assert wire is not Wire.JSON or octets[:1] == b"\x01"
    return octets[wire is Wire.JSON :].decode()


def record(wires: list[Wire], texts: list[str | None]) -> bytes:
    """One row of a stream."""
    out = struct.pack(">h", len(texts))
    for wire, text in zip(wires, texts, strict=True):
        octets = None if text is None else encoded(wire, text)
        out += struct.pack(">i", -1) if octets is None else struct.pack(">i", len(octets)) + octets
    return out


def records(wires: list[Wire], stream: bytes) -> Iterator[list[str | None]]:
    """The rows of a stream without header and trailer."""
    at = 0
    while at < len(stream):
        (count,) = struct.unpack_from(">h", stream, at)
        assert count == len(wires)
        at += 2
        row: list[str | None] = []
        for wire in wires:
            (size,) = struct.unpack_from(">i", stream, at)
            at += 4
            row.append(None if size < 0 else decoded(wire, stream[at : at + size]))
            at += max(size, 0)
        yield row


def _numeric(text: str) -> bytes:
    sign, digits, _ = Decimal(text).as_tuple()
    scale = len(text.partition(".")[2])
    number = "".join(map(str, digits)).rjust(scale + 1, "0")
    whole, fraction = number[: len(number) - scale], number[len(number) - scale :]
    whole = whole.rjust(-(-len(whole) // 4) * 4, "0")
    fraction = fraction.ljust(-(-len(fraction) // 4) * 4, "0")
    groups = [int((whole + fraction)[at : at + 4]) for at in range(0, len(whole + fraction), 4)]
    head = struct.pack(">hhHh", len(groups), len(whole) // 4 - 1, 0x4000 if sign else 0, scale)
    return head + struct.pack(f">{len(groups)}h", *groups)


def _of_numeric(octets: bytes) -> str:
    count, weight, sign, scale = struct.unpack_from(">hhHh", octets)
    groups = struct.unpack_from(f">{count}h", octets, 8)
    assert len(octets) == 8 + 2 * count
    digits = "".join(f"{group:04}" for group in groups)
    whole, fraction = digits[: 4 * (weight + 1)], digits[4 * (weight + 1) :]
    assert not fraction[scale:].strip("0")
    number = (whole.lstrip("0") or "0") + ("." + fraction[:scale] if scale else "")
    return ("-" if sign else "") + number


def _micros(text: str) -> int:
    hours, minutes, seconds = text.lstrip("-").split(":")
    micros = (int(hours) * 60 + int(minutes)) * 60_000_000 + int(Decimal(seconds) * 1_000_000)
    return -micros if text.startswith("-") else micros
