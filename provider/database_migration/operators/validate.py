"""Both sides, compared row by row."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException

from database_migration.errors import EpochPassed, Refused, SpecRefused, ValidationFailed
from database_migration.model.report import Report
from database_migration.operators._step import StepOperator
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate import validate, watch

_PARTS = ("whole", "watch")


class ValidateOperator(StepOperator):
    """Counts, sums and samples both sides and stops the run where they differ.

    :param part: ``whole`` compares everything once. ``watch`` compares round and round for one stint, while
        replication runs; the run is the migration's current one, whatever DAG this is, and what differs stops nothing
        but the cutover's gate.
    :param options: ``steps.validate`` of a spec; the other keywords are those of every step's operator.
    """

    stem = "validate"
    refusal: ClassVar[type[Refused]] = ValidationFailed

    def __init__(self, *, part: str = "whole", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if part not in _PARTS:
            raise SpecRefused(f"part {part!r} says nothing.", mend=f"keep to {', '.join(_PARTS)}.", subject=self.stem)
        self.part = part

    def report_name(self) -> str:
        """Apart from the whole comparison's report."""
        return self.stem if self.part == "whole" else f"{self.stem}.{self.part}"

    def step(self, run: MigrationRun, context: Context) -> Report:
        """Call the step."""
        return validate(run, self.options) if self.part == "whole" else watch(run, self.options)

    def work(self, context: Context) -> Any:
        """Compare; a watch belongs to no DAG run and so ends quietly when the run it served is over."""
        if self.part == "whole":
            return super().work(context)
        run = self.migration_hook.current_run()
        if run is None:
            self.log.info("No run of %s was ever opened: nothing to compare.", self.migration)
            return None
        try:
            return self.conclude(run, self.step(run, context))
        except EpochPassed as error:
            self.log.info("The run that was watched is over: %s", error)
            return None
        except Refused as error:
            # Tried again all the same: the watch goes on by itself once somebody has mended the reason.
            raise AirflowException(f"{type(error).__name__}: {error}") from error


__all__ = ["ValidateOperator"]
