"""What is known of the failure that a rollback answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FailedTask:
    """A task that did not succeed, with the lines of its log that tell why."""

    task_id: str
    state: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FailureFacts:
    """Handed in by whoever runs the rollback; the ledger knows of data, not of tasks."""

    tasks: tuple[FailedTask, ...] = ()
    reason: str = ""
    """In a person's words, where one asked for the rollback."""

    @property
    def culprits(self) -> tuple[FailedTask, ...]:
        """Tasks that failed by themselves, not because another did."""
        return tuple(task for task in self.tasks if task.state == "failed")


__all__ = ["FailedTask", "FailureFacts"]
