"""The window's next opening is held against when the run is likely to be ready."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from database_migration.model.report import Severity
from database_migration.model.window import next_opening
from database_migration.steps.plan import PlannedWindow
from database_migration.steps.plan.openings import opening
from database_migration.steps.plan.seconds import Seconds

SUNDAYS = PlannedWindow(cron="0 2 * * SUN", duration=timedelta(hours=2), timezone="Europe/Paris")
HOUR = 3600.0


def at(text: str) -> datetime:
    """A moment in UTC; Paris is an hour ahead in winter."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("made_at", "ready", "severity", "words", "at_worst"),
    [
        ("2026-11-26T12:00", (1, 3), Severity.NOTE, "comes after everything is likely ready", "2026-11-29T01:00"),
        ("2026-11-28T23:00", (1, 3), Severity.NOTE, "lasts until everything is likely ready", "2026-11-29T01:00"),
        ("2026-11-29T01:30", (0.2, 1), Severity.NOTE, "lasts until everything is likely ready", "2026-11-29T01:00"),
        ("2026-11-28T23:00", (1, 5), Severity.WARNING, "may be before everything is ready", "2026-12-06T01:00"),
        ("2026-11-28T23:00", (6, 9), Severity.WARNING, "closes before everything is likely ready", "2026-12-06T01:00"),
        ("2026-11-28T23:00", (6, 900), Severity.WARNING, "at worst Sun 10 Jan 02:00", "2027-01-10T01:00"),
    ],
)
def test_before_within_or_after(
    made_at: str, ready: tuple[float, float], severity: Severity, words: str, at_worst: str
) -> None:
    seconds = Seconds(ready[0] * HOUR, ready[1] * HOUR)
    found = opening(SUNDAYS, at(made_at), seconds)
    said = found.finding("cutover", at(made_at), seconds)
    assert said.severity is severity
    assert words in said.message
    assert found.at_worst == at(at_worst)
    assert bool(said.mend) == (severity is Severity.WARNING)


def test_the_next_opening_knows_summer_time() -> None:
    """The clocks go forward on 28 March 2027: two o'clock comes an hour earlier in UTC afterwards."""
    assert next_opening("0 4 * * SUN", "Europe/Paris", at("2027-03-22T00:00")) == at("2027-03-28T02:00")
    assert next_opening("0 4 * * SUN", "Europe/Paris", at("2027-03-15T00:00")) == at("2027-03-21T03:00")
