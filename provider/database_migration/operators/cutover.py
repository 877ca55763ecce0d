"""Cutting over."""

from __future__ import annotations

from airflow.sdk import Context

from database_migration.hooks.traffic import traffic_of
from database_migration.model.report import Report
from database_migration.operators._step import StepOperator
from database_migration.steps.cutover import cutover
from database_migration.steps.run import MigrationRun


class CutoverOperator(StepOperator):
    """Leads the application from the source to the target; a try that died half-way is finished or undone.

    :param options: ``steps.cutover`` of a spec, with the traffic switch; the other keywords are those of every
        step's operator.
    """

    stem = "cutover"

    def step(self, run: MigrationRun, context: Context) -> Report:
        """Call the step with the switch opened."""
        return cutover(run, self.options, traffic_of(self.options.traffic, run))


__all__ = ["CutoverOperator"]
