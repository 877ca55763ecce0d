"""Figures, times and names as the pages spell them."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

_BYTES_IN_A_UNIT = 1024


def count(value: float | None) -> str:
    """1234567 → 1 234 567, with narrow no-break spaces."""
    return "–" if value is None else f"{value:,.0f}".replace(",", "\u202f")


def size(octets: float) -> str:
    """Bytes in a unit that is read at a glance."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if octets < _BYTES_IN_A_UNIT:
            return f"{octets:.0f} {unit}" if unit == "B" else f"{octets:.1f} {unit}"
        octets /= _BYTES_IN_A_UNIT
    return f"{octets:.1f} TiB"


def moment(value: datetime | str) -> str:
    """A time of the ledger, which is UTC."""
    time = datetime.fromisoformat(value) if isinstance(value, str) else value
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def clock(value: datetime | str) -> str:
    """A time of the ledger without its day, for places where the day is known."""
    return moment(value)[11:]


def words(value: str) -> str:
    """``hold_writes`` → ``hold writes``."""
    return value.replace("_", " ")


def segment(value: str) -> str:
    """A name as one segment of a path."""
    return quote(value, safe="")


__all__ = ["clock", "count", "moment", "segment", "size", "words"]
