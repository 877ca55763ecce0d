"""Succeeds when a window is open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from database_migration.sensors._asking import AskingSensor
from database_migration.triggers.cutover_window import CutoverWindowTrigger


class CutoverWindowSensor(AskingSensor):
    """Waits for the next window, or goes on at once within one; returns when the window closes.

    :param cron: when windows open (five fields), in ``timezone``.
    :param duration: how long they stay open.
    :param timezone: IANA name of the time zone.
    :param poll_interval: seconds between two looks at the clock.
    """

    def __init__(self, *, cron: str, duration: timedelta, timezone: str = "UTC", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cron = cron
        self.duration = duration
        self.window_timezone = timezone

    def trigger(self) -> CutoverWindowTrigger:
        """The question."""
        return CutoverWindowTrigger(
            cron=self.cron,
            duration_seconds=self.duration.total_seconds(),
            timezone=self.window_timezone,
            poll_interval=self.poll_interval,
        )


__all__ = ["CutoverWindowSensor"]
