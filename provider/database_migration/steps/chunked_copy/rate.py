"""Holds a lane to its share of what all lanes together may move in a second.

Each block moves the moment at which the next one may go by as long as its bytes and rows take at that rate. So the
flow is smooth within a chunk, however long it lasts, and a lane that was idle for a while makes up for half a second
at most. The rows of a block are not known before the chunk is done: they are estimated by the table's bytes per row,
and the account is settled with the true count then.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from database_migration.model.control import Limit

_MAKES_UP_FOR = 0.5
_LOOK_UP_EVERY = 0.25
"""Seconds after which a wait looks whether the limit is still what it was."""


class Rate:
    """One lane's pace."""

    def __init__(self) -> None:
        self._limit = Limit()
        self._lanes = 1
        self._due = 0.0
        self.held = 0.0
        """Seconds of all waits."""

    def share(self, limit: Limit, lanes: int) -> None:
        """The limit of all lanes, and how many they are, from now on."""
        if limit != self._limit:
            self._due = time.monotonic()  # what was moved under another limit is not held against this one
        self._limit, self._lanes = limit, max(lanes, 1)

    @property
    def is_limited(self) -> bool:
        """Whether there is anything to hold it to."""
        return bool(self._limit)

    def moved(self, octets: float, rows: float) -> None:
        """Take notice of a block, or, where ``rows`` are negative, of a correction."""
        if not self._limit:
            return
        by_rows, by_bytes = self._limit.rows_per_second, self._limit.bytes_per_second
        seconds = [] if by_rows is None else [rows * self._lanes / by_rows]
        seconds += [] if by_bytes is None else [octets * self._lanes / by_bytes]
        self._due = max(self._due, time.monotonic() - _MAKES_UP_FOR) + max(seconds)

    def wait(self, look: Callable[[], None]) -> float:
        """Return when the next block may go, after how many seconds; ``look`` is called meanwhile, and may change the
        share."""
        began = time.monotonic()
        while self._limit and (left := self._due - time.monotonic()) > 0:
            time.sleep(min(left, _LOOK_UP_EVERY))
            look()
        seconds = time.monotonic() - began
        self.held += seconds
        return seconds


__all__ = ["Rate"]
