"""Windows: when something may happen, by a cron expression in a time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter


def closes_at(cron: str, duration: timedelta, timezone: str, now: datetime) -> datetime | None:
    """When the window that is open at ``now`` closes (UTC); None when none is open.

    A window that opens while one is open does not prolong it: the latest opening counts.
    """
    local = now.astimezone(ZoneInfo(timezone))
    # get_prev looks strictly before its start: a window opens at the second its cron names.
    opened = croniter(cron, local + timedelta(seconds=1)).get_prev(datetime)
    closes: datetime = opened.astimezone(UTC) + duration
    return closes if now < closes else None


def next_opening(cron: str, timezone: str, after: datetime) -> datetime:
    """When the window opens next, strictly after a moment (UTC)."""
    opens: datetime = croniter(cron, after.astimezone(ZoneInfo(timezone))).get_next(datetime)
    return opens.astimezone(UTC)


__all__ = ["closes_at", "next_opening"]
