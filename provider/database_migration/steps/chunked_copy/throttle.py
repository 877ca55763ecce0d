"""Keeps the copy from hurting anybody: a lane waits between chunks while a server is too busy.

Between chunks, because nothing is open on either server then: a wait of an hour holds no snapshot and no lock.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import timedelta

from database_migration.engines.protocol import ServerLoad, Session
from database_migration.errors import MigrationError, SpecRefused
from database_migration.model.migration_state import Side
from database_migration.steps.chunked_copy.brake_options import BrakeOptions
from database_migration.steps.chunked_copy.throttle_query import ask
from database_migration.steps.run import Database

log = logging.getLogger(__name__)

_LOOK_EVERY = 1.0
"""Seconds for which an answer counts: quick chunks do not ask each time."""
_LOOK_AGAIN = 2.0
_SAY_EVERY = 10.0


class Throttle:
    """One lane's brake; ``paused`` sums up the seconds that it held.

    :param source: None where the lane does not reach it; then what is said of it is left to others.
    :param target: likewise.
    :param replicas: those that the options name, opened by whoever knows connections.
    """

    def __init__(
        self,
        source: Database | None,
        target: Database | None,
        options: BrakeOptions,
        replicas: Mapping[str, Database],
    ) -> None:
        if missing := sorted(set(options.replicas) - set(replicas)):
            raise SpecRefused(
                f"the replicas {', '.join(missing)} were not opened.",
                mend="hand the databases to the step, as the operator does; this is a mistake in the calling code.",
                subject="replicas",
            )
        self._databases = {Side.SOURCE: source, Side.TARGET: target}
        self._options = options
        self._replicas = replicas
        self._stack = ExitStack()
        self._asked: dict[str, Session] = {}
        self._looked_at = float("-inf")
        self.paused = 0.0

    def wait(self, source: Session | None, target: Session | None, meanwhile: Callable[[str], None]) -> str:
        """Return '' when all is calm enough for another chunk, the reason if it is not within ``max_pause``.

        ``meanwhile`` is told the reason at every look.
        """
        if time.monotonic() - self._looked_at < _LOOK_EVERY:
            return ""
        began, said_at = time.monotonic(), float("-inf")
        while reason := self.too_busy(source, target):
            if time.monotonic() - said_at >= _SAY_EVERY:
                log.info("Waiting: %s.", reason)
                said_at = time.monotonic()
            meanwhile(reason)
            if time.monotonic() - began >= self._options.max_pause.total_seconds():
                break
            time.sleep(_LOOK_AGAIN)
        self._looked_at = float("-inf") if reason else time.monotonic()
        self.paused += time.monotonic() - began
        return reason

    def too_busy(self, source: Session | None, target: Session | None) -> str:
        """Why no chunk should begin now; '' where nothing is in the way."""
        return self._by_load(source, target) or self._by_replicas() or self._by_query(source, target)

    def close(self) -> None:
        """End the sessions to replicas."""
        self._asked.clear()
        self._stack.close()

    def _by_load(self, source: Session | None, target: Session | None) -> str:
        options = self._options
        limits = (
            (Side.SOURCE, source, options.max_running, options.max_replica_lag),
            (Side.TARGET, target, options.max_target_running, options.max_target_replica_lag),
        )
        for side, session, max_running, max_lag in limits:
            database = self._databases[side]
            if database is None or session is None or (max_running is None and max_lag is None):
                continue
            load = database.engine.inspection.load(session)
            if reason := _busy(load, side.value, max_running, _seconds(max_lag)):
                return reason
        return ""

    def _by_replicas(self) -> str:
        limit = _seconds(self._options.max_replica_lag)
        if limit is None:
            return ""
        for name, database in self._replicas.items():
            try:
                if name not in self._asked:
                    self._asked[name] = self._stack.enter_context(database.connect("copy throttle"))
                lag = database.engine.inspection.replica_lag(self._asked[name])
            except MigrationError as error:
                self._asked.pop(name, None)
                return f"the replica {name} does not say how far it is behind ({error.problem})"
            if lag is not None and lag > limit:
                behind = f"{lag:.0f} s behind" if lag < float("inf") else "not replicating"
                return f"the replica {name} is {behind}; {limit:g} s are allowed"
        return ""

    def _by_query(self, source: Session | None, target: Session | None) -> str:
        query = self._options.throttle_query
        if query is None:
            return ""
        database, session = self._databases[query.on], source if query.on is Side.SOURCE else target
        return "" if database is None or session is None else ask(database, session, query)


def _busy(load: ServerLoad, name: str, max_running: int | None, max_lag: float | None) -> str:
    lag = load.replica_lag_seconds or 0.0
    if max_lag is not None and lag > max_lag:
        return f"a replica of the {name} is {lag:.0f} s behind; {max_lag:g} s are allowed"
    if max_running is not None and load.running > max_running:
        return f"{load.running} sessions are running statements on the {name}; {max_running} are allowed"
    return ""


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


__all__ = ["Throttle"]
