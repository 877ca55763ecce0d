"""Time as a range, and the rates that predict it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_ALONE = (0.7, 1.5)
"""What one single measurement may be off by."""
_BEYOND = (0.85, 1.25)
"""What comes on top of the spread of several: samples are small, and the whole is not."""


@dataclass(frozen=True, slots=True)
class Seconds:
    """At best and at worst."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """Half-way."""
        return (self.low + self.high) / 2

    def __add__(self, other: Seconds) -> Seconds:
        return Seconds(self.low + other.low, self.high + other.high)

    def __str__(self) -> str:
        low, high = spoken(self.low), spoken(self.high)
        return low if low == high else f"{low} to {high}"


def around(measured: Sequence[float]) -> Seconds:
    """A range around measured seconds: a single one may be off by more than several that lie together."""
    low, high = _ALONE if len(measured) == 1 else _BEYOND
    return Seconds(min(measured) * low, max(measured) * high)


def spoken(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``14 min``, ``3.2 h``, ``5.1 days``."""
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


@dataclass(frozen=True, slots=True)
class Rate:
    """Seconds by row and by byte, with the spread of what they were fitted to."""

    per_row: float
    per_byte: float
    low: float
    high: float
    """Factors on the fitted time."""

    def seconds(self, rows: float, octets: float) -> Seconds:
        """What so many rows of so many bytes take."""
        fitted = rows * self.per_row + octets * self.per_byte
        return Seconds(fitted * self.low, fitted * self.high)


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement."""

    rows: float
    bytes: float
    seconds: float


def fit(points: Sequence[Point]) -> Rate | None:
    """The rates that come nearest to all points, neither below zero; None without a point.

    Least squares of the relative error, so that a small sample counts as much as a large one.
    """
    usable = [point for point in points if point.seconds > 0 and point.rows > 0]
    if not usable:
        return None
    per_row, per_byte = _least_squares(usable)
    ratios = [point.seconds / (point.rows * per_row + point.bytes * per_byte) for point in usable]
    if len(usable) == 1:
        return Rate(per_row, per_byte, *_ALONE)
    return Rate(per_row, per_byte, min(ratios) * _BEYOND[0], max(ratios) * _BEYOND[1])


def _least_squares(points: Sequence[Point]) -> tuple[float, float]:
    rows = [point.rows / point.seconds for point in points]
    octets = [point.bytes / point.seconds for point in points]
    rr, bb = sum(r * r for r in rows), sum(b * b for b in octets)
    rb, r, b = sum(x * y for x, y in zip(rows, octets, strict=True)), sum(rows), sum(octets)
    determinant = rr * bb - rb * rb
    if determinant > 1e-9 * rr * bb:
        per_row, per_byte = (bb * r - rb * b) / determinant, (rr * b - rb * r) / determinant
        if per_row >= 0 and per_byte >= 0:
            return per_row, per_byte
    # One of the two explains it alone: the one that leaves less over.
    choices = [(r / rr, 0.0)] + ([(0.0, b / bb)] if bb else [])
    return min(
        choices,
        key=lambda rate: sum((x * rate[0] + y * rate[1] - 1) ** 2 for x, y in zip(rows, octets, strict=True)),
    )


__all__ = ["Point", "Rate", "Seconds", "around", "fit", "spoken"]
