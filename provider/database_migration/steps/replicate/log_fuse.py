"""The fuse that gives capture up before the disk of the server that is read fills with log that is kept for us."""

from __future__ import annotations

import time
from collections.abc import Callable

from database_migration.errors import PositionLost
from database_migration.model.log_position import LogPosition
from database_migration.steps.run import Database

_WEIGH_EVERY = 10.0


class LogFuse:
    """Weighs what is kept, now and then; without a limit it does nothing."""

    def __init__(self, read: Database, name: str, limit: int | None) -> None:
        self._read = read
        self._name = name
        self._limit = limit
        self._weighed_at = float("-inf")

    def weigh(self, applied: LogPosition, close: Callable[[], object]) -> None:
        """Give capture up when more is kept than the limit; ``close`` ends the reading of the log first.

        :raises PositionLost: capture was given up.
        """
        if self._limit is None or time.monotonic() - self._weighed_at < _WEIGH_EVERY:
            return
        self._weighed_at = time.monotonic()
        kept = self._read.change_log.retained_bytes(self._name, applied)
        if kept <= self._limit:
            return
        close()
        self._read.change_log.stop(self._name)
        raise PositionLost(
            f"the server keeps {kept:,} bytes of log for this migration, more than max_log_bytes ({self._limit:,});"
            " capture was given up to protect its disk.",
            mend="find out why applying is slow; before the cutover, clear start_capture and then reach_copy_end"
            " and what follows it, after it roll back.",
            subject=str(self._read.endpoint),
        )


__all__ = ["LogFuse"]
