"""Waits until a window is open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from croniter import croniter

from database_migration.triggers._asking import AskingTrigger


class CutoverWindowTrigger(AskingTrigger):
    """Fires when a window is open, with the moment at which it closes.

    :param cron: when windows open, in ``timezone``.
    :param duration_seconds: how long they stay open.
    :param timezone: IANA name.
    :param poll_interval: seconds between two looks.
    """

    def __init__(self, *, cron: str, duration_seconds: float, timezone: str, poll_interval: float) -> None:
        super().__init__(poll_interval=poll_interval)
        self.cron = cron
        self.duration_seconds = duration_seconds
        self.timezone = timezone

    def arguments(self) -> dict[str, Any]:
        """See the class."""
        return {"cron": self.cron, "duration_seconds": self.duration_seconds, "timezone": self.timezone}

    def ask(self) -> dict[str, str] | None:
        """The end of the window that is open now."""
        closes = closes_at(self.cron, timedelta(seconds=self.duration_seconds), self.timezone, datetime.now(UTC))
        return None if closes is None else {"closes_at": closes.isoformat()}


def closes_at(cron: str, duration: timedelta, timezone: str, now: datetime) -> datetime | None:
    """When the window that is open at ``now`` closes (UTC); None when none is open.

    A window that opens while one is open does not prolong it: the latest opening counts.
    """
    local = now.astimezone(ZoneInfo(timezone))
    # get_prev looks strictly before its start: a window opens at the second its cron names.
    opened = croniter(cron, local + timedelta(seconds=1)).get_prev(datetime)
    closes: datetime = opened.astimezone(UTC) + duration
    return closes if now < closes else None


__all__ = ["CutoverWindowTrigger", "closes_at"]
