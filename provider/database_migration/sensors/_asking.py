"""What the sensors have in common: ask once, then defer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import BaseSensorOperator, Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from database_migration.errors import Interrupted, MigrationError
from database_migration.triggers._asking import AskingTrigger


class AskingSensor(BaseSensorOperator):
    """Asks its trigger's question once and defers when the answer is "not yet".

    :param poll_interval: seconds between two questions while deferred.
    """

    def __init__(self, *, poll_interval: float = 5.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.poll_interval = poll_interval

    def trigger(self) -> AskingTrigger:
        """The question; may look at the databases."""
        raise NotImplementedError

    def execute(self, context: Context) -> Any:
        """Ask, and wait in the triggerer for at most ``timeout`` seconds."""
        try:
            trigger = self.trigger()
            answer = trigger.ask()
        except Interrupted as error:
            raise AirflowException(str(error)) from error
        except MigrationError as error:
            raise AirflowFailException(f"{type(error).__name__}: {error}") from error
        if answer is not None:
            return answer
        self.defer(trigger=trigger, method_name="execute_complete", timeout=timedelta(seconds=self.timeout))
        return None

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """The answer that the trigger fired with."""
        if "refused" in event:
            raise AirflowFailException(event["refused"])
        return event["answer"]


__all__ = ["AskingSensor"]
