"""Every reason not to start."""

from __future__ import annotations

from typing import ClassVar

from airflow.sdk import Context

from database_migration.errors import PreflightRefused, Refused
from database_migration.hooks import database_of
from database_migration.model.report import Report
from database_migration.operators._step import StepOperator
from database_migration.steps.preflight import preflight
from database_migration.steps.run import MigrationRun


class PreflightOperator(StepOperator):
    """Opens the run in the ledger and refuses it for every reason that can be found before anything is touched.

    :param options: ``steps.preflight`` of a spec; the other keywords are those of every step's operator.
    """

    stem = "preflight"
    refusal: ClassVar[type[Refused]] = PreflightRefused

    def step(self, run: MigrationRun, context: Context) -> Report:
        """Call the step, and store with the run what going back by another spec would need."""
        replicas = {conn_id: database_of(conn_id) for conn_id in self.options.brakes.replicas}
        report = preflight(run, self.options, replicas=replicas)
        self.migration_hook.remember_spec(run)
        return report


__all__ = ["PreflightOperator"]
