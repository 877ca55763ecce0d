"""Succeeds when replication has caught up."""

from __future__ import annotations

from typing import Any

from database_migration.hooks.keywords import MigrationKeywords
from database_migration.sensors._asking import AskingSensor
from database_migration.triggers.replication_lag import ReplicationLagTrigger


class ReplicationLagSensor(MigrationKeywords, AskingSensor):
    """Waits until what was committed on one side is soon applied on the other; returns the lag.

    The direction is the one that the ledger wants. The other keywords are those of every step's operator.

    :param max_seconds: lag that is small enough.
    :param poll_interval: seconds between two looks.
    """

    template_fields = MigrationKeywords.template_fields

    def __init__(self, *, max_seconds: float = 5.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_seconds = max_seconds

    def trigger(self) -> ReplicationLagTrigger:
        """The question."""
        return ReplicationLagTrigger(
            keywords=self.keywords, max_seconds=self.max_seconds, poll_interval=self.poll_interval
        )


__all__ = ["ReplicationLagSensor"]
