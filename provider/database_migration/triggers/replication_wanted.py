"""Waits until the ledger wants replication."""

from __future__ import annotations

from typing import Any

from database_migration.errors import Refused
from database_migration.hooks import MigrationHook
from database_migration.model.control import Activity
from database_migration.model.migration_state import Direction
from database_migration.triggers._asking import AskingTrigger


class ReplicationWantedTrigger(AskingTrigger):
    """Fires when replication is wanted, with its direction.

    What is refused (a connection that is not there yet) is asked again as well: nobody watches this trigger.

    :param keywords: the operators' keywords.
    :param poll_interval: seconds between two looks.
    """

    def __init__(self, *, keywords: dict[str, Any], poll_interval: float) -> None:
        super().__init__(poll_interval=poll_interval)
        self.keywords = keywords

    def arguments(self) -> dict[str, Any]:
        """See the class."""
        return {"keywords": self.keywords}

    def ask(self) -> dict[str, str] | None:
        """The direction, if one is wanted and nobody has paused it."""
        hook = MigrationHook(**self.keywords)
        try:
            state = hook.state()
            paused = hook.paused(Activity.REPLICATION)
        except Refused as error:
            self.log.warning("Cannot look at the ledger, looking again: %s", error)
            return None
        if state is None or state.phase.is_over or state.replication is Direction.OFF or paused is not None:
            return None
        return {"direction": state.replication.value}


__all__ = ["ReplicationWantedTrigger"]
