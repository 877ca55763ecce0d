"""Rates are fitted by row and by byte, and a range holds what they were fitted to."""

from __future__ import annotations

import pytest

from database_migration.steps.plan.seconds import Point, Seconds, fit, spoken


def test_two_shapes_tell_rows_from_bytes() -> None:
    """Narrow rows cost by row, wide ones by byte; a third shape follows from both."""
    points = [Point(rows, octets, rows * 2e-6 + octets * 1e-8) for rows, octets in ((10_000, 1e5), (10_000, 1e7))]
    rate = fit(points)
    assert rate is not None
    assert rate.per_row == pytest.approx(2e-6)
    assert rate.per_byte == pytest.approx(1e-8)
    seconds = rate.seconds(1_000_000, 1e9)
    assert seconds.low < 12 < seconds.high


def test_no_rate_is_below_zero() -> None:
    rate = fit([Point(100, 1000, 1.0), Point(100, 100_000, 0.5), Point(100, 50_000, 0.9)])
    assert rate is not None
    assert rate.per_row >= 0
    assert rate.per_byte >= 0


@pytest.mark.parametrize("seconds", [(1.0, 1.1, 0.9), (1.0, 3.0, 0.4)])
def test_the_range_holds_every_measurement(seconds: tuple[float, ...]) -> None:
    rate = fit([Point(1000, 100_000, each) for each in seconds])
    assert rate is not None
    found = rate.seconds(1000, 100_000)
    assert found.low < min(seconds)
    assert found.high > max(seconds)


def test_one_measurement_is_trusted_less_than_several() -> None:
    one, many = fit([Point(1000, 1e5, 1.0)]), fit([Point(1000, 1e5, 1.0)] * 3)
    assert one is not None
    assert many is not None
    assert one.high - one.low > many.high - many.low


def test_nothing_measured_is_no_rate() -> None:
    assert fit([]) is None
    assert fit([Point(0, 0, 0.1)]) is None


def test_times_are_spoken() -> None:
    assert [spoken(each) for each in (0.4, 12, 600, 7200, 400_000)] == ["0.4 s", "12 s", "10 min", "2.0 h", "4.6 days"]
    assert str(Seconds(60, 600)) == "60 s to 10 min"
    assert str(Seconds(600, 601)) == "10 min"
