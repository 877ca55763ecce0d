"""The execution plan."""

from __future__ import annotations

from typing import ClassVar

from airflow.sdk import Context

from database_migration.errors import Refused
from database_migration.model.report import Report
from database_migration.operators._step import StepOperator
from database_migration.steps.plan import plan
from database_migration.steps.run import MigrationRun


class PlanOperator(StepOperator):
    """Files the order of tables, their chunks, volumes and times that the run will follow.

    :param options: ``steps.plan`` of a spec; the other keywords are those of every step's operator.
    """

    stem = "plan"
    refusal: ClassVar[type[Refused]] = Refused

    def step(self, run: MigrationRun, context: Context) -> Report:
        """Call the step."""
        return plan(run, self.options)


__all__ = ["PlanOperator"]
