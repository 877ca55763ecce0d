"""Capture, and applying what was captured."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException

from database_migration.errors import EpochPassed, Refused
from database_migration.model.report import Report
from database_migration.operators._step import StepOperator
from database_migration.steps.replicate import Until, replicate, start_capture
from database_migration.steps.run import MigrationRun


class StartCaptureOperator(StepOperator):
    """Has the source keep its log for us from now on, and stores the position from which it will be applied.

    :param options: ``steps.replicate`` of a spec; the other keywords are those of every step's operator.
    """

    stem = "replicate"

    def report_name(self) -> str:
        """Apart from the reports of applying."""
        return f"{self.stem}.start"

    def step(self, run: MigrationRun, context: Context) -> Report:
        """Call the step."""
        return start_capture(run, self.options)


class ReplicateOperator(StepOperator):
    """Applies captured changes until a point is reached.

    :param until: ``copy_end`` (the position at which the copy ended), ``caught_up`` (the lag is small) or
        ``stint`` (the time in the options is over; the direction is the one that the ledger wants, and the
        run is the migration's current one, whatever DAG this is).
    :param options: ``steps.replicate`` of a spec; the other keywords are those of every step's operator.
    """

    stem = "replicate"

    def __init__(self, *, until: str = Until.STINT.value, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.until = Until(until).value

    def report_name(self) -> str:
        """One report per point that was to be reached."""
        return f"{self.stem}.{self.until}"

    def step(self, run: MigrationRun, context: Context) -> Report:
        """Call the step."""
        return replicate(run, self.options, until=Until(self.until))

    def work(self, context: Context) -> Any:
        """Apply; a stint belongs to no DAG run and so ends quietly when the run it served is over."""
        if Until(self.until) is not Until.STINT:
            return super().work(context)
        run = self.migration_hook.current_run()
        if run is None:
            self.log.info("No run of %s was ever opened: nothing to replicate.", self.migration)
            return None
        try:
            return self.conclude(run, self.step(run, context))
        except EpochPassed as error:
            self.log.info("The run that was replicated is over: %s", error)
            return None
        except Refused as error:
            # Tried again all the same: replication goes on by itself once somebody has mended the reason.
            raise AirflowException(f"{type(error).__name__}: {error}") from error


__all__ = ["ReplicateOperator", "StartCaptureOperator"]
