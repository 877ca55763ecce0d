"""Waits until replication has caught up."""

from __future__ import annotations

from typing import Any

from database_migration.errors import NotPossible
from database_migration.hooks import MigrationHook
from database_migration.steps.replicate import lag
from database_migration.triggers._asking import AskingTrigger


class ReplicationLagTrigger(AskingTrigger):
    """Fires when the lag is small enough, with the lag in seconds and bytes.

    :param keywords: the operators' keywords.
    :param max_seconds: lag that is small enough.
    :param poll_interval: seconds between two looks.
    """

    def __init__(self, *, keywords: dict[str, Any], max_seconds: float, poll_interval: float) -> None:
        super().__init__(poll_interval=poll_interval)
        self.keywords = keywords
        self.max_seconds = max_seconds

    def arguments(self) -> dict[str, Any]:
        """See the class."""
        return {"keywords": self.keywords, "max_seconds": self.max_seconds}

    def ask(self) -> dict[str, float] | None:
        """The lag of the migration's current run once it is small enough."""
        run = MigrationHook(**self.keywords).current_run()
        if run is None:
            raise NotPossible(
                "no run is open.", mend="trigger the migration's DAG first.", subject=self.keywords["migration"]
            )
        now = lag(run)
        self.log.info("Lag %.1f s, %d bytes.", now.seconds, now.bytes)
        return {"seconds": now.seconds, "bytes": now.bytes} if now.seconds <= self.max_seconds else None


__all__ = ["ReplicationLagTrigger"]
