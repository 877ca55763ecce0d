"""When reads see what the log has told.

A commit is in the log, and may be streamed, a moment before its transaction leaves the list of those that run; with
synchronous replicas the moment lasts until they answer. Snapshots go by that list and not by the log, and
transactions leave it in another order than they entered the log. So no log position tells what a read sees; the
transactions' numbers do, and exactly (manual, section 9.27.8).
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from database_migration.engines.postgres.connection import PostgresSession
from database_migration.errors import Interrupted
from database_migration.model.change import ChangeTransaction

_WRAP = 1 << 32
_LOOK_AGAIN = 0.005


class PostgresVisibility:
    """Fulfils ``protocol.Visibility``."""

    def __init__(self, session: PostgresSession) -> None:
        self._session = session

    def wait(self, transactions: Sequence[ChangeTransaction], *, timeout: float) -> None:
        """Return once a snapshot that is taken from now on holds these transactions."""
        waiting = {int(transaction.identity) for transaction in transactions if transaction.identity}
        deadline = time.monotonic() + timeout
        while waiting:
            snapshot = str(self._session.execute("SELECT pg_current_snapshot()::text")[0][0])
            waiting = {number for number in waiting if not is_visible(number, snapshot)}
            if waiting and time.monotonic() >= deadline:
                raise Interrupted(
                    f"A transaction that the log told of was not visible within {timeout:g} s.",
                    mend="see whether a synchronous replica of the server does not answer; the next try resumes.",
                    subject=self._session.address,
                )
            if waiting:
                time.sleep(_LOOK_AGAIN)


def is_visible(number: int, snapshot: str) -> bool:
    """Whether a snapshot (``xmin:xmax:xip,…``) holds a committed transaction of which the low 32 bits are known."""
    _, xmax, running = snapshot.split(":")
    if (number - int(xmax)) % _WRAP < _WRAP // 2:
        return False  # it ended after the snapshot was taken
    return all(int(other) % _WRAP != number for other in running.split(",") if other)


__all__ = ["PostgresVisibility", "is_visible"]
