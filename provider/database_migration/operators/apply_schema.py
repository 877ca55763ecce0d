"""The target's schema, in two stages around the copy."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from database_migration.model.report import Report
from database_migration.operators._step import StepOperator
from database_migration.steps.apply_schema import Stage, apply_schema
from database_migration.steps.run import MigrationRun


class ApplySchemaOperator(StepOperator):
    """Creates tables before the copy, or what slows loading after it.

    :param stage: ``tables`` or ``keys`` (indexes, constraints, views, triggers).
    :param options: ``steps.apply_schema`` of a spec; the other keywords are those of every step's operator.
    """

    stem = "apply_schema"

    def __init__(self, *, stage: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stage = Stage(stage).value

    def report_name(self) -> str:
        """One report per stage."""
        return f"{self.stem}.{self.stage}"

    def step(self, run: MigrationRun, context: Context) -> Report:
        """Call the step."""
        return apply_schema(run, self.options, Stage(self.stage))


__all__ = ["ApplySchemaOperator"]
