"""Waits until what somebody paused is resumed."""

from __future__ import annotations

from typing import Any

from database_migration.hooks import MigrationHook
from database_migration.model.control import Activity
from database_migration.triggers._asking import AskingTrigger


class ResumedTrigger(AskingTrigger):
    """Fires when an activity of the migration's current run is not paused, also because the run is over.

    :param keywords: the operators' keywords.
    :param activity: ``copy`` or ``replication``.
    :param poll_interval: seconds between two looks.
    """

    def __init__(self, *, keywords: dict[str, Any], activity: str, poll_interval: float = 2.0) -> None:
        super().__init__(poll_interval=poll_interval)
        self.keywords = keywords
        self.activity = activity

    def arguments(self) -> dict[str, Any]:
        """See the class."""
        return {"keywords": self.keywords, "activity": self.activity}

    def ask(self) -> dict[str, str] | None:
        """What goes on, once it may."""
        paused = MigrationHook(**self.keywords).paused(Activity(self.activity))
        return {"resumed": self.activity} if paused is None else None


__all__ = ["ResumedTrigger"]
