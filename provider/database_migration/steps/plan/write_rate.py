"""How many rows a second the source's writers write, watched while the plan is made."""

from __future__ import annotations

import time
from datetime import timedelta

from database_migration.engines.protocol import Session
from database_migration.steps.run import MigrationRun


class WriteRate:
    """Counts from its making on; the server counts all its writers, so other schemas' rows are among them."""

    def __init__(self, run: MigrationRun, session: Session) -> None:
        self._run = run
        self._session = session
        self._began = time.monotonic()
        self._before = run.source.engine.inspection.rows_written(session)

    def rows_per_second(self, at_least: timedelta) -> float:
        """Since the beginning; waits until ``at_least`` has passed."""
        left = at_least.total_seconds() - (time.monotonic() - self._began)
        if left > 0:
            time.sleep(left)
        written = self._run.source.engine.inspection.rows_written(self._session) - self._before
        return max(0.0, written / (time.monotonic() - self._began))


__all__ = ["WriteRate"]
