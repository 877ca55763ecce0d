"""Keeps the copy from hurting the source: a lane pauses between chunks while the source is too busy."""

from __future__ import annotations

import logging
import time

from database_migration.engines.protocol import Session
from database_migration.steps.chunked_copy.options import ChunkedCopyOptions
from database_migration.steps.run import Database

log = logging.getLogger(__name__)

_LOOK_AGAIN = 2.0
_SAY_EVERY = 10.0


class Throttle:
    """One lane's brake; ``paused`` sums up the seconds that it held."""

    def __init__(self, source: Database, options: ChunkedCopyOptions) -> None:
        self._source = source
        self._options = options
        self.paused = 0.0

    def wait(self, session: Session) -> str:
        """Return '' when the source is calm enough for another chunk, the reason if it is not within ``max_pause``."""
        began, said_at = time.monotonic(), 0.0
        while reason := self._too_busy(session):
            if time.monotonic() - said_at >= _SAY_EVERY:
                log.info("Paused: %s.", reason)
                said_at = time.monotonic()
            if time.monotonic() - began >= self._options.max_pause.total_seconds():
                break
            time.sleep(_LOOK_AGAIN)
        self.paused += time.monotonic() - began
        return reason

    def _too_busy(self, session: Session) -> str:
        max_lag, max_running = self._options.max_replica_lag, self._options.max_running
        if max_lag is None and max_running is None:
            return ""
        load = self._source.engine.inspection.load(session)
        if max_lag is not None and (load.replica_lag_seconds or 0.0) > max_lag.total_seconds():
            return f"a replica of the source is {load.replica_lag_seconds:.0f} s behind"
        if max_running is not None and load.running > max_running:
            return f"{load.running} sessions are running statements on the source"
        return ""


__all__ = ["Throttle"]
