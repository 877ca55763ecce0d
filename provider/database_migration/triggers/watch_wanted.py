"""Waits until there is something to compare between copy and cutover."""

from __future__ import annotations

from typing import Any

from database_migration.errors import Refused
from database_migration.hooks import MigrationHook
from database_migration.steps.validate import is_watch_wanted
from database_migration.triggers._asking import AskingTrigger


class WatchWantedTrigger(AskingTrigger):
    """Fires when the copy is complete and changes flow forward, with the run's id.

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
        """The run, if it is to be watched."""
        try:
            run = MigrationHook(**self.keywords).current_run()
            if run is None:
                return None
            with run.ledger() as ledger:
                return {"run_id": run.run_id} if is_watch_wanted(ledger) else None
        except Refused as error:
            self.log.warning("Cannot look at the ledger, looking again: %s", error)
            return None


__all__ = ["WatchWantedTrigger"]
