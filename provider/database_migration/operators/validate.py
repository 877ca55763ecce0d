"""Both sides, compared row by row."""

from __future__ import annotations

from typing import ClassVar

from airflow.sdk import Context

from database_migration.errors import Refused, ValidationFailed
from database_migration.model.report import Report
from database_migration.operators._step import StepOperator
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate import validate


class ValidateOperator(StepOperator):
    """Counts, sums and samples both sides and stops the run where they differ.

    :param options: ``steps.validate`` of a spec; the other keywords are those of every step's operator.
    """

    stem = "validate"
    refusal: ClassVar[type[Refused]] = ValidationFailed

    def step(self, run: MigrationRun, context: Context) -> Report:
        """Call the step."""
        return validate(run, self.options)


__all__ = ["ValidateOperator"]
