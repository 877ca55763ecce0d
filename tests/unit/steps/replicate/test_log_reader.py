"""The reading thread: order, errors, bounds, what the log is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from database_migration.errors import PositionLost
from database_migration.model.change import Change, ChangeTransaction, Operation
from database_migration.model.log_position import LogPosition
from database_migration.steps.replicate.log_reader import LogReader

MOMENT = datetime(2026, 1, 1)


def transaction(number: int, changes: int = 1) -> ChangeTransaction:
    position = LogPosition(number, str(number))
    return ChangeTransaction(position, MOMENT, (Change(Operation.INSERT, "t", after={"id": "1"}),) * changes)


class Log:
    """A log of some transactions that then goes silent, or fails."""

    def __init__(self, transactions: list[ChangeTransaction], error: Exception | None = None) -> None:
        self.transactions = transactions
        self.error = error
        self.read_so_far = 0
        self.confirmed: list[int] = []
        self.closed = False

    def read(self, *_: object, **__: object) -> Iterator[ChangeTransaction]:
        try:
            for one in self.transactions:
                self.read_so_far += 1
                yield one
            if self.error is not None:
                raise self.error
            while True:
                time.sleep(0.01)
                yield ChangeTransaction(LogPosition(99, "99"), MOMENT)
        finally:
            self.closed = True

    def confirm(self, name: str, position: LogPosition) -> None:
        assert name == "shop"
        self.confirmed.append(position.ordinal)


def reader(log: Log, ahead: int = 100) -> LogReader:
    return LogReader(log, "shop", {}, "s", LogPosition(0, "0"), idle_seconds=0.1, ahead=ahead)  # type: ignore[arg-type]


def test_transactions_come_in_order_and_silence_is_told() -> None:
    log = Log([transaction(number) for number in range(1, 50)])
    with reader(log) as incoming:
        found = [incoming.next(1) for _ in range(50)]
        assert [one.position.ordinal for one in found if one] == [*range(1, 50), 99]
        assert found[-1] is not None
        assert found[-1].is_heartbeat
    assert log.closed


def test_it_reads_no_further_ahead_than_it_may() -> None:
    log = Log([transaction(number, 10) for number in range(1, 100)])
    with reader(log, ahead=30) as incoming:
        time.sleep(0.1)
        assert log.read_so_far <= 4
        for _ in range(5):
            incoming.next(1)
        time.sleep(0.1)
        assert log.read_so_far <= 9


def test_an_error_comes_after_what_was_read_before_it() -> None:
    log = Log([transaction(1)], PositionLost("gone.", mend="start anew."))
    with reader(log) as incoming:
        first = incoming.next(1)
        assert first is not None
        with pytest.raises(PositionLost):
            incoming.next(1)


def test_what_is_stored_is_confirmed_now_and_then_and_at_the_end() -> None:
    log = Log([transaction(1), transaction(2)])
    with reader(log) as incoming:
        incoming.next(1)
        incoming.confirm(LogPosition(1, "1"))
        incoming.next(1)
        incoming.confirm(LogPosition(2, "2"))
    assert log.confirmed[-1] == 2
    assert len(log.confirmed) <= 2
