"""A trigger that asks a question until the answer is yes."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from database_migration.errors import Interrupted, MigrationError


class AskingTrigger(BaseTrigger):
    """Asks every ``poll_interval`` seconds, in a thread, because drivers block.

    Fires ``{"answer": …}`` for the first answer that is not None, or ``{"refused": text}`` when no waiting
    helps. A server that is away for a while is asked again. What is serialised holds no secret: connections
    go by their ids and are read anew each time.

    :param poll_interval: seconds between two questions.
    """

    def __init__(self, *, poll_interval: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.poll_interval = poll_interval

    @abstractmethod
    def ask(self) -> Any:
        """The answer as JSON types, or None for "not yet"; blocks, and raises MigrationError."""

    @abstractmethod
    def arguments(self) -> dict[str, Any]:
        """The constructor's arguments again, apart from ``poll_interval``."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class and arguments, as Airflow stores them."""
        kind = type(self)
        return f"{kind.__module__}.{kind.__qualname__}", {**self.arguments(), "poll_interval": self.poll_interval}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Ask until there is an answer.

        Waits first: the sensor has just asked, and a trigger that fires before the scheduler has heard that the
        task deferred gets the task failed.
        """
        while True:
            await asyncio.sleep(self.poll_interval)
            try:
                answer = await asyncio.to_thread(self.ask)
            except Interrupted as error:
                self.log.warning("Asked in vain, asking again: %s", error)
                answer = None
            except MigrationError as error:
                yield TriggerEvent({"refused": f"{type(error).__name__}: {error}"})
                return
            if answer is not None:
                yield TriggerEvent({"answer": answer})
                return


__all__ = ["AskingTrigger"]
