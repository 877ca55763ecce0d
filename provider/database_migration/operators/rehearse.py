"""The whole migration beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from airflow.sdk import Context

from database_migration.errors import Refused, ValidationFailed
from database_migration.hooks import database_of
from database_migration.model.report import Report
from database_migration.operators._step import StepOperator
from database_migration.steps.rehearse import (
    Rehearsal,
    RehearsedSteps,
    clear_rehearsal,
    rehearsal_of,
    rehearse,
)
from database_migration.steps.run import MigrationRun


class RehearseOperator(StepOperator):
    """Rehearses the migration on a stage of its own; a try that is killed is cleared away and begun anew.

    :param attempt: the try's number, from 1; its outcome is compared with those before it.
    :param clear: only remove what a rehearsal left; for a teardown.
    :param steps: options of the steps that are rehearsed, by their names, as in a spec.
    :param options: ``steps.rehearse`` of a spec; the other keywords are those of every step's operator.
    """

    stem = "rehearse"
    refusal: ClassVar[type[Refused]] = ValidationFailed

    def __init__(
        self, *, attempt: int = 1, clear: bool = False, steps: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.attempt = attempt
        self.clear_only = clear
        self.steps = dict(steps or {})

    def report_name(self) -> str:
        """One report per try; the last one holds them all."""
        return f"{self.stem}.{self.attempt}"

    def work(self, context: Context) -> Any:
        """Rehearse, or clear away."""
        if not self.clear_only:
            return super().work(context)
        found = clear_rehearsal(self._rehearsal(self.run_of(context)))
        self.log.info("Removed what a rehearsal had left." if found else "No rehearsal left anything.")
        return None

    def step(self, run: MigrationRun, context: Context) -> Report:
        """Call the step."""
        steps = RehearsedSteps.model_validate(self.steps)
        return rehearse(self._rehearsal(run), self.options, steps, attempt=self.attempt)

    def _rehearsal(self, run: MigrationRun) -> Rehearsal:
        options = self.options
        clone = database_of(options.clone, options.clone_schema) if options.clone else None
        target = database_of(options.target, options.target_schema or run.target.schema) if options.target else None
        return rehearsal_of(run, options, clone=clone, target=target)


__all__ = ["RehearseOperator"]
