"""Seconds from measured samples: a range, because samples are small and lanes share two servers.

The low end takes reading and loading as perfectly overlapped and lanes as perfectly parallel; the high end
takes neither, and a quarter on top, the spread of repeated measurements. Building indexes is not measured:
an assumed rate, from half to twice.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from database_migration.steps.plan.probe import Measured
from database_migration.steps.plan.volumes import TableVolume

_SPREAD = 1.25
_FINEST = 100  # pieces into which a table is cut for the schedule's picture
_BYTES_PER_LANE = 64 * 1024 * 1024
_MOST_PROPOSED = 4


@dataclass(frozen=True, slots=True)
class Seconds:
    """A range."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """Half-way."""
        return (self.low + self.high) / 2

    def __add__(self, other: Seconds) -> Seconds:
        return Seconds(self.low + other.low, self.high + other.high)

    def __str__(self) -> str:
        return f"{_spoken(self.low)} to {_spoken(self.high)}"


def _spoken(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@dataclass(frozen=True, slots=True)
class Rates:
    """Seconds that a byte (as the source's statistics count it) takes, from all samples together."""

    read: float
    load: float


def rates_of(volumes: Sequence[TableVolume], measured: Sequence[Measured]) -> Rates | None:
    """What the samples say; None when there are none."""
    by_name = {volume.name: volume for volume in volumes}
    octets = sum(one.rows * _row_bytes(by_name[one.table], one) for one in measured)
    if not octets:
        return None
    read = sum(one.read_seconds for one in measured)
    # A sample that could not be loaded counts as read twice: loading is the slower half as a rule.
    load = sum(one.read_seconds if one.load_seconds is None else one.load_seconds for one in measured)
    return Rates(read / octets, load / octets)


def _row_bytes(volume: TableVolume, one: Measured) -> float:
    return volume.bytes / volume.rows if volume.rows and volume.bytes else one.bytes / max(one.rows, 1)


def copy_seconds(volume: TableVolume, rates: Rates, *, lanes: int) -> Seconds:
    """What copying a table takes; a table of one chunk keeps one lane busy, however many there are."""
    read, load = volume.bytes * rates.read, volume.bytes * rates.load
    return Seconds(max(read, load) / min(lanes, volume.chunks), (read + load) * _SPREAD)


def index_seconds(volumes: Sequence[TableVolume], rows_per_second: int) -> Seconds:
    """What building all secondary indexes takes, at an assumed rate."""
    seconds = sum(volume.rows * len(volume.pair.target.indexes) for volume in volumes) / rows_per_second
    return Seconds(seconds / 2, seconds * 2)


def validation_seconds(volumes: Sequence[TableVolume], rates: Rates) -> Seconds:
    """What checksums on both sides take: each about as long as reading, at once or one after the other."""
    read = sum(volume.bytes for volume in volumes) * rates.read
    return Seconds(read, 2 * read * _SPREAD)


def proposed_lanes(volumes: Sequence[TableVolume]) -> int:
    """A lane for each 64 MiB, up to four, and never more than there are chunks."""
    wanted = 1 + sum(volume.bytes for volume in volumes) // _BYTES_PER_LANE
    return max(1, min(wanted, _MOST_PROPOSED, sum(volume.chunks for volume in volumes)))


def schedule(volumes: Sequence[TableVolume], rates: Rates, lanes: int) -> dict[str, tuple[float, float]]:
    """{table: (start, end)} in seconds when lanes claim the largest tables' chunks first."""
    free = [0.0] * lanes
    times: dict[str, tuple[float, float]] = {}
    for volume in sorted(volumes, key=lambda volume: -volume.rows):
        pieces = min(volume.chunks, _FINEST)
        each = volume.bytes * (rates.read + rates.load) / pieces
        for _ in range(pieces):
            start = heapq.heappop(free)
            heapq.heappush(free, start + each)
            first, last = times.get(volume.name, (start, start))
            times[volume.name] = (min(first, start), max(last, start + each))
    return times


__all__ = [
    "Rates",
    "Seconds",
    "copy_seconds",
    "index_seconds",
    "proposed_lanes",
    "rates_of",
    "schedule",
    "validation_seconds",
]
