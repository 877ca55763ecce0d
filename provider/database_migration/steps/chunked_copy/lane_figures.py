"""What a lane has done, kept in the ledger so that a retry adds to it and the report can tell where time went."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from threading import get_ident
from typing import cast

from database_migration.ledger import Notes

_MOST_LANES = 64


@dataclass(slots=True)
class LaneFigures:
    """Sums over all tries of a lane; seconds of its own clock."""

    chunks: int = 0
    binary_chunks: int = 0
    """Those that crossed in a binary format."""
    rows: int = 0
    quarantined: int = 0
    """Rows that the target cannot hold."""
    bytes: int = 0
    seconds: float = 0.0
    """From a chunk's start to its end."""
    reading: float = 0.0
    """Waiting for the source's next block."""
    working: float = 0.0
    """The worker's own CPU."""
    loading: float = 0.0
    """Waiting for the target to take blocks."""
    held: float = 0.0
    """Waiting for the limit of rows and bytes, within chunks."""
    paused: float = 0.0
    """Waiting for servers to be calm, between chunks."""

    @classmethod
    def of(cls, notes: Notes, lane: int) -> LaneFigures:
        """What the ledger has of a lane; zeros before its first chunk."""
        note = notes.get_note(_name(lane))
        return cls(**cast("dict[str, int]", note)) if isinstance(note, dict) else cls()

    def store(self, notes: Notes, lane: int) -> None:
        """Write the sums, in the transaction of the chunk that they count."""
        notes.put_note(_name(lane), asdict(self))

    def as_dict(self) -> dict[str, int | float]:
        """Rounded, for a task's summary."""
        return {name: round(value, 3) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Spent:
    """Where a chunk's seconds went."""

    reading: float
    working: float
    loading: float
    held: float


class MeteredBlocks:
    """Passes blocks on and counts their bytes and the seconds spent on getting them.

    :param passed: told of each block's bytes before it goes on; it may hold the block, and says for how many seconds.
    """

    def __init__(self, blocks: Iterable[bytes], passed: Callable[[int], float] | None = None) -> None:
        self._blocks = iter(blocks)
        self._passed = passed
        self._thread = get_ident()
        self._beside = False
        self._worked = 0.0
        self.bytes = 0
        self.seconds = 0.0
        self.held = 0.0

    def spent(self, seconds: float, worked: float) -> Spent:
        """A chunk's seconds by whom they were spent on; ``worked`` is CPU of the thread that made this object.

        An engine may take blocks in a thread beside it; then reading and loading overlap, and of their seconds
        only those count as waiting for the target that were not spent on waiting for the source.
        """
        waited = max(self.seconds - self._worked, 0.0)
        working = worked + (self._worked if self._beside else 0.0)
        return Spent(waited, working, max(seconds - waited - working - self.held, 0.0), self.held)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        began, worked = time.monotonic(), time.thread_time()
        self._beside = get_ident() != self._thread
        try:
            block = next(self._blocks)
        finally:
            self.seconds += time.monotonic() - began
            self._worked += time.thread_time() - worked
        self.bytes += len(block)
        if self._passed is not None:
            self.held += self._passed(len(block))
        return block

    def close(self) -> None:
        """End the stream, wherever it stands, so that its session is free again."""
        close = getattr(self._blocks, "close", None)
        if close is not None:
            close()


def forget_lane_figures(notes: Notes) -> None:
    """Begin the lanes' sums anew, because rows are copied again."""
    for lane in range(_MOST_LANES):
        if notes.get_note(_name(lane)) is not None:
            notes.put_note(_name(lane), None)


def _name(lane: int) -> str:
    return f"copy_lane_{lane}"


__all__ = ["LaneFigures", "MeteredBlocks", "Spent", "forget_lane_figures"]
