"""How many neighbouring chunks a lane takes at once, so that each of its transactions lasts about as long as wanted."""

from __future__ import annotations

from datetime import timedelta

MOST = 64
"""Chunks in one transaction."""
_GROWTH = 2
"""One quick chunk does not say that all are: at most so many times as many as the time before."""


class Pace:
    """One lane's experience with each table."""

    def __init__(self, wanted: timedelta | None) -> None:
        self._wanted = None if wanted is None else wanted.total_seconds()
        self._next: dict[str, int] = {}

    def chunks(self, table: str) -> int:
        """Chunks to take now."""
        return self._next.get(table, 1)

    def took(self, table: str, chunks: int, seconds: float) -> None:
        """Learn from what was copied."""
        if self._wanted is not None:
            fitting = int(self._wanted * chunks / max(seconds, 0.001))
            self._next[table] = max(1, min(fitting, chunks * _GROWTH, MOST))


__all__ = ["MOST", "Pace"]
