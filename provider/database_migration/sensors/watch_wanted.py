"""Succeeds when a copy is complete and waits for its cutover."""

from __future__ import annotations

from database_migration.hooks.keywords import MigrationKeywords
from database_migration.sensors._asking import AskingSensor
from database_migration.triggers.watch_wanted import WatchWantedTrigger


class WatchWantedSensor(MigrationKeywords, AskingSensor):
    """Waits until rows can be compared round and round: the copy is complete and changes flow forward.

    The other keywords are those of every step's operator.

    :param poll_interval: seconds between two looks.
    """

    template_fields = MigrationKeywords.template_fields

    def trigger(self) -> WatchWantedTrigger:
        """The question."""
        return WatchWantedTrigger(keywords=self.keywords, poll_interval=self.poll_interval)


__all__ = ["WatchWantedSensor"]
