"""Waits until a window is open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from database_migration.model.window import closes_at
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


__all__ = ["CutoverWindowTrigger"]
