"""What people tell a run that is under way, and what its lanes are doing at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Activity(StrEnum):
    """What can be paused by itself."""

    COPY = "copy"
    REPLICATION = "replication"
    VALIDATION = "validation"
    """The watch that compares round and round until the cutover; what compares once is not paused."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How much all lanes together may move in a second; None: as much as they can."""

    rows_per_second: float | None = None
    bytes_per_second: float | None = None

    def __bool__(self) -> bool:
        return self.rows_per_second is not None or self.bytes_per_second is not None

    def __str__(self) -> str:
        rows = [] if self.rows_per_second is None else [f"{self.rows_per_second:,.0f} rows/s"]
        octets = [] if self.bytes_per_second is None else [f"{self.bytes_per_second / 1e6:,.1f} MB/s"]
        return " and ".join([*rows, *octets]) or "no limit"


@dataclass(frozen=True, slots=True)
class ControlLine:
    """One thing that somebody told a run."""

    subject: str
    """An ``Activity``, or ``limit``."""
    state: str
    """``paused``, ``resumed``, ``limited`` or, back to what the spec says, ``as_specified``."""
    who: str
    why: str
    at: datetime
    """UTC."""
    limit: Limit = Limit()


FRESH = timedelta(seconds=15)
"""A lane that has said nothing for so long is not at work."""


class LaneState(StrEnum):
    """What a lane does."""

    COPYING = "copying"
    LIMITED = "limited"
    """Copying, as fast as the limit allows."""
    WAITING = "waiting"
    """Between two chunks, because a server is busy."""
    PAUSED = "paused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class LaneNow:
    """One lane at one moment; rows of a chunk that is not done are estimated from its bytes."""

    lane: int
    state: LaneState
    at: datetime
    """UTC, by the worker's clock."""
    table: str = ""
    rows: int = 0
    """Of the chunk that it works on."""
    bytes: int = 0
    rows_per_second: float = 0.0
    """Over the last seconds."""
    bytes_per_second: float = 0.0
    reason: str = ""
    """Why it waits, or is limited."""

    def is_at_work(self, now: datetime) -> bool:
        """Whether it is copying, and said so lately."""
        return self.state in (LaneState.COPYING, LaneState.LIMITED) and now - self.at < FRESH


__all__ = ["FRESH", "Activity", "ControlLine", "LaneNow", "LaneState", "Limit"]
