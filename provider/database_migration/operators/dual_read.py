"""The same queries on both sides."""

from __future__ import annotations

from typing import ClassVar

from airflow.sdk import Context

from database_migration.errors import Refused, ValidationFailed
from database_migration.model.report import Report
from database_migration.operators._step import StepOperator
from database_migration.steps.dual_read import dual_read
from database_migration.steps.run import MigrationRun


class DualReadOperator(StepOperator):
    """Runs the translated workload on both sides and compares results and latencies.

    :param options: ``steps.dual_read`` of a spec; the other keywords are those of every step's operator.
    """

    stem = "dual_read"
    refusal: ClassVar[type[Refused]] = ValidationFailed

    def step(self, run: MigrationRun, context: Context) -> Report:
        """Call the step."""
        return dual_read(run, self.options)


__all__ = ["DualReadOperator"]
