"""Succeeds when everything committed by now is applied on the other side."""

from __future__ import annotations

from database_migration.hooks.keywords import MigrationKeywords
from database_migration.sensors._asking import AskingSensor
from database_migration.triggers.writes_drained import WritesDrainedTrigger


class WritesDrainedSensor(MigrationKeywords, AskingSensor):
    """Takes the log's end on the serving side and waits until the other side has applied it; returns the position.

    With writes fenced or the application stopped, nothing is missing on the other side afterwards. The other
    keywords are those of every step's operator.

    :param poll_interval: seconds between two looks.
    """

    template_fields = MigrationKeywords.template_fields

    def trigger(self) -> WritesDrainedTrigger:
        """The question, with the position taken now."""
        return WritesDrainedTrigger.from_now(keywords=self.keywords, poll_interval=self.poll_interval)


__all__ = ["WritesDrainedSensor"]
