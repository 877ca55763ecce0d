"""Succeeds when somebody has to apply changes."""

from __future__ import annotations

from database_migration.hooks.keywords import MigrationKeywords
from database_migration.sensors._asking import AskingSensor
from database_migration.triggers.replication_wanted import ReplicationWantedTrigger


class ReplicationWantedSensor(MigrationKeywords, AskingSensor):
    """Waits until the ledger wants replication in either direction; returns the direction.

    The other keywords are those of every step's operator.

    :param poll_interval: seconds between two looks.
    """

    template_fields = MigrationKeywords.template_fields

    def trigger(self) -> ReplicationWantedTrigger:
        """The question."""
        return ReplicationWantedTrigger(keywords=self.keywords, poll_interval=self.poll_interval)


__all__ = ["ReplicationWantedSensor"]
