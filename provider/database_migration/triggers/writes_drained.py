"""Waits until everything that was committed before a moment is applied."""

from __future__ import annotations

from typing import Any

from database_migration.errors import NotPossible
from database_migration.hooks import MigrationHook
from database_migration.model.migration_state import Direction, Side
from database_migration.steps.replicate import applied_position
from database_migration.steps.run import MigrationRun
from database_migration.triggers._asking import AskingTrigger


class WritesDrainedTrigger(AskingTrigger):
    """Fires when the other side has applied the log up to a position, with that position.

    :param keywords: the operators' keywords.
    :param direction: ``forward`` or ``reverse``.
    :param ordinal: the position to reach, as a number in decimal text; see ``log_end``.
    :param poll_interval: seconds between two looks.
    """

    def __init__(self, *, keywords: dict[str, Any], direction: str, ordinal: str, poll_interval: float) -> None:
        super().__init__(poll_interval=poll_interval)
        self.keywords = keywords
        self.direction = direction
        self.ordinal = ordinal

    def arguments(self) -> dict[str, Any]:
        """See the class."""
        return {"keywords": self.keywords, "direction": self.direction, "ordinal": self.ordinal}

    @classmethod
    def from_now(cls, *, keywords: dict[str, Any], poll_interval: float) -> WritesDrainedTrigger:
        """One that waits for what is committed by now on the side that serves."""
        run = _current_run(keywords)
        with run.current_ledger() as ledger:
            state = ledger.runs.require_current(run.run_id, run.spec_hash)
        direction = Direction.FORWARD if state.serving is Side.SOURCE else Direction.REVERSE
        end = run.database(direction.reads).change_log.end()
        return cls(keywords=keywords, direction=direction.value, ordinal=str(end.ordinal), poll_interval=poll_interval)

    def ask(self) -> dict[str, str] | None:
        """The position, once it is reached."""
        run = _current_run(self.keywords)
        with run.current_ledger() as ledger:
            applied = applied_position(run, ledger, Direction(self.direction))
        if applied is None:
            raise NotPossible(
                f"{self.direction} replication has not begun.",
                mend="wait for this only after capture was started.",
                subject=run.migration,
            )
        reached = applied.position.ordinal >= int(self.ordinal)
        return {"direction": self.direction, "position": applied.position.text} if reached else None


def _current_run(keywords: dict[str, Any]) -> MigrationRun:
    run = MigrationHook(**keywords).current_run()
    if run is None:
        raise NotPossible("no run is open.", mend="trigger the migration's DAG first.", subject=keywords["migration"])
    return run


__all__ = ["WritesDrainedTrigger"]
