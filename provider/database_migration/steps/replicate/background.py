"""An applier on a thread of its own, for a step that does other things meanwhile."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from database_migration.errors import Interrupted
from database_migration.model.log_position import LogPosition
from database_migration.model.migration_state import Direction
from database_migration.steps.replicate.applied import Applied
from database_migration.steps.replicate.applier import Applier
from database_migration.steps.replicate.options import ReplicateOptions
from database_migration.steps.replicate.touched_rows import TouchedRows
from database_migration.steps.run import MigrationRun


class BackgroundApplier:
    """Applies from ``with`` to its end, without regard to the ledger's wanted direction.

    The lock is taken, and the log opened, before ``with`` is entered; an error of the thread is raised by the next
    call, so a step cannot go on over it.
    """

    def __init__(
        self,
        run: MigrationRun,
        options: ReplicateOptions,
        direction: Direction,
        *,
        touched: TouchedRows | None = None,
        wait: float = 5.0,
    ) -> None:
        self._applier = Applier(run, options, direction, obeys=False, touched=touched, wait=wait)
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name=f"apply {direction}", daemon=True)

    def __enter__(self) -> Self:
        self._applier.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        if error is None and self._error is not None:
            raise self._error

    @property
    def applied(self) -> Applied:
        """How far it has come; raises what stopped the thread."""
        if self._error is not None:
            raise self._error
        return self._applier.applied

    def wait_for(self, position: LogPosition, *, timeout: float) -> Applied:
        """Return when everything up to a position is applied.

        :raises Interrupted: not within ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        while (applied := self.applied).position < position:
            if time.monotonic() >= deadline:
                raise Interrupted(
                    f"changes are applied up to {applied.position} only, {position} was not reached"
                    f" within {timeout:g} s.",
                    mend="look at the written server's load, then clear the task.",
                    subject=self._applier.run.migration,
                )
            time.sleep(0.01)
        return applied

    def catch_up(self, *, timeout: float) -> Applied:
        """Return when all that the log holds at this moment is applied; raises like ``wait_for``."""
        return self.wait_for(self._applier.log_end(), timeout=timeout)

    def stop(self) -> Applied:
        """End applying after the batch in flight and give the lock back; raises what stopped the thread."""
        self._end()
        return self.applied

    def _end(self) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._applier.__exit__(None, None, None)

    def _work(self) -> None:
        try:
            self._applier.apply_until(lambda _: self._stop.is_set())
        except BaseException as error:  # noqa: BLE001  raised again by whoever asks next
            self._error = error


__all__ = ["BackgroundApplier"]
