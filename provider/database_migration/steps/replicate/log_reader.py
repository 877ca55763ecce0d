"""A change log read on a thread of its own, a bounded number of changes ahead of the applier.

Decoding and applying then overlap, and a log that is silent does not hold up what the applier has to
look after in between. All calls to the log's connection come from this one thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

from database_migration.engines.protocol import ChangeLog
from database_migration.errors import Interrupted
from database_migration.model.change import ChangeTransaction
from database_migration.model.log_position import LogPosition
from database_migration.model.table_selection import FormedColumn

log = logging.getLogger(__name__)

_CONFIRM_EVERY = 1.0
_JOIN_WITHIN = 30.0
_AHEAD_OCTETS = 16 << 20
"""Octets of log that wait for the applier, at most by one transaction more: few wide rows are many octets."""


class LogReader:
    """Hands out transactions in commit order; used as a context manager, by one consumer."""

    def __init__(
        self,
        change_log: ChangeLog,
        name: str,
        tables: Mapping[str, Sequence[FormedColumn]],
        schema: str,
        after: LogPosition,
        *,
        idle_seconds: float,
        ahead: int,
        passed_over: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self._passed_over = passed_over
        self._log = change_log
        self._name = name
        self._tables = tables
        self._schema = schema
        self._after = after
        self._idle_seconds = idle_seconds
        self._ahead = ahead
        self._queue: deque[ChangeTransaction] = deque()
        self._queued_changes = 0
        self._queued_octets = 0
        self._changed = threading.Condition()
        self._stopping = False
        self._ended = False
        self._error: BaseException | None = None
        self._safe: LogPosition | None = None
        self._confirmed: LogPosition | None = None
        self._confirmed_at = 0.0
        self._thread = threading.Thread(target=self._read, name=f"log of {name}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(_JOIN_WITHIN)
        if self._thread.is_alive():
            log.warning(
                "The reader of %s's log did not end within %d s; its connection stays.", self._name, _JOIN_WITHIN
            )

    def next(self, timeout: float) -> ChangeTransaction | None:
        """The next transaction or heartbeat, None when none came within ``timeout`` seconds.

        Raises what reading raised, after everything read before it was handed out.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._ended, timeout)
            if self._queue:
                transaction = self._queue.popleft()
                self._queued_changes -= len(transaction.changes)
                self._queued_octets -= transaction.octets
                self._changed.notify_all()
                return transaction
            if self._error is not None:
                raise self._error
            if self._ended:
                raise Interrupted("the change log ended.", mend="clear the task; it resumes.", subject=self._name)
            return None

    def confirm(self, position: LogPosition) -> None:
        """Say that all before a position is stored; the log hears of it within a second or so."""
        self._safe = position

    def _read(self) -> None:
        try:
            transactions = self._log.read(
                self._name,
                self._tables,
                self._schema,
                self._after,
                idle_seconds=self._idle_seconds,
                passed_over=self._passed_over,
            )
            try:
                for transaction in transactions:
                    if not self._put(transaction):
                        break
                    self._confirm()
            finally:
                _close(transactions)
            self._confirm(at_once=True)
        except BaseException as error:  # noqa: BLE001  handed to the consumer, whatever it is
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _put(self, transaction: ChangeTransaction) -> bool:
        with self._changed:
            self._changed.wait_for(
                lambda: self._stopping or (self._queued_changes < self._ahead and self._queued_octets < _AHEAD_OCTETS)
            )
            if self._stopping:
                return False
            if transaction.is_heartbeat and self._queue and self._queue[-1].is_heartbeat:
                self._queue[-1] = transaction
            else:
                self._queue.append(transaction)
            self._queued_changes += len(transaction.changes)
            self._queued_octets += transaction.octets
            self._changed.notify_all()
            return True

    def _confirm(self, *, at_once: bool = False) -> None:
        safe = self._safe
        if safe is None or safe == self._confirmed:
            return
        if at_once or time.monotonic() - self._confirmed_at >= _CONFIRM_EVERY:
            self._log.confirm(self._name, safe)
            self._confirmed, self._confirmed_at = safe, time.monotonic()


def _close(transactions: Iterator[ChangeTransaction]) -> None:
    close = getattr(transactions, "close", None)
    if close is not None:
        close()


__all__ = ["LogReader"]
