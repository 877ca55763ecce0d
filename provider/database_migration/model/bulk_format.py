"""Binary streams in which rows cross between engines, described so that neither engine knows the other.

The engine that loads declares a ``BinaryFormat``: for each column a ``Wire``, which says what octets
stand for a value. The engine that reads says whether it can write all of them; where it cannot, the table
crosses as text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Wire(StrEnum):
    """What octets stand for a value; all numbers are big-endian."""

    BOOLEAN = "boolean"
    """One octet, 0 or 1."""
    INT2 = "int2"
    INT4 = "int4"
    INT8 = "int8"
    FLOAT4 = "float4"
    FLOAT8 = "float8"
    NUMERIC = "numeric"
    """Four 16-bit numbers (count of groups, weight of the first, 0x4000 if negative, digits of the fraction), then
    groups of four decimal digits; leading groups may be zero."""
    DATE = "date"
    """Days since 2000-01-01 in 32 bits."""
    MOMENT = "moment"
    """Microseconds since 2000-01-01 00:00:00 in 64 bits; of an instant, in UTC."""
    CLOCK = "clock"
    """Microseconds since midnight in 64 bits."""
    SPAN = "span"
    """Microseconds in 64 bits, days and months in 32 bits each."""
    BIT = "bit"
    """Number of bits in 32 bits, then octets, filled from the left."""
    UUID = "uuid"
    """Sixteen octets."""
    TEXT = "text"
    """The characters in UTF-8."""
    OCTETS = "octets"
    JSON = "json"
    """An octet 0x01, then the document's text in UTF-8."""
    NATIVE = "native"
    """Octets that only the same product can write, and only for the same type."""

    @property
    def is_fixed(self) -> bool:
        """Whether a column's values all take as many octets, or nearly."""
        return self not in (Wire.UUID, Wire.TEXT, Wire.OCTETS, Wire.JSON, Wire.NATIVE)


@dataclass(frozen=True, slots=True)
class BinaryField:
    """One column of a binary stream."""

    wire: Wire
    native: str
    """The loading engine's own name of the column's type."""


@dataclass(frozen=True, slots=True)
class BinaryFormat:
    """``header``, then rows, then ``trailer``.

    A row is the number of its fields in 16 bits, then per field its octets' count in 32 bits (-1 for NULL)
    and the octets.
    """

    header: bytes
    trailer: bytes
    fields: tuple[BinaryField, ...]

    def ordered(self, places: tuple[int, ...]) -> BinaryFormat:
        """The same format with its fields in another order."""
        return replace(self, fields=tuple(self.fields[place] for place in places))

    @property
    def fixed_first(self) -> tuple[int, ...]:
        """The order of fields in which those of fixed width come first."""
        return tuple(sorted(range(len(self.fields)), key=lambda place: not self.fields[place].wire.is_fixed))


__all__ = ["BinaryField", "BinaryFormat", "Wire"]
