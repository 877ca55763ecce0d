"""A lane's share of the limit, by a clock that the test turns."""

from __future__ import annotations

import pytest

from database_migration.model.control import Limit
from database_migration.steps.chunked_copy import rate as module
from database_migration.steps.chunked_copy.rate import Rate


class Clock:
    """Time that passes by sleeping only."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.mark.parametrize(
    ("limit", "lanes", "seconds"),
    [
        (Limit(rows_per_second=100), 1, 10),
        (Limit(rows_per_second=100), 4, 40),
        (Limit(bytes_per_second=1000), 1, 20),
        (Limit(rows_per_second=100, bytes_per_second=10_000), 1, 10),
        (Limit(), 1, 0),
    ],
)
def test_a_thousand_rows_take_their_time(clock: Clock, limit: Limit, lanes: int, seconds: float) -> None:
    rate = Rate()
    rate.share(limit, lanes)
    began = clock.now
    held = 0.0
    for _ in range(100):
        rate.moved(200, 10)
        held += rate.wait(lambda: None)
    assert clock.now - began == pytest.approx(seconds)
    assert held == pytest.approx(seconds)


def test_an_idle_lane_makes_up_for_half_a_second_only(clock: Clock) -> None:
    rate = Rate()
    rate.share(Limit(rows_per_second=100), 1)
    clock.now += 3600
    began = clock.now
    for _ in range(100):
        rate.moved(0, 10)
        rate.wait(lambda: None)
    assert clock.now - began == pytest.approx(9.5)


def test_a_limit_that_is_taken_back_ends_the_wait(clock: Clock) -> None:
    rate = Rate()
    rate.share(Limit(rows_per_second=1), 1)
    rate.moved(0, 3600)
    rate.wait(lambda: rate.share(Limit(), 1))
    assert clock.now < 1001
    rate.moved(0, 3600)
    rate.wait(lambda: None)
    assert not rate.is_limited


def test_what_was_estimated_too_high_is_given_back(clock: Clock) -> None:
    rate = Rate()
    rate.share(Limit(rows_per_second=100), 1)
    rate.moved(0, 200)
    rate.moved(0, -100)
    rate.wait(lambda: None)
    assert clock.now == pytest.approx(1001)
