"""The point of no return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk import Context

from database_migration.hooks.traffic import traffic_of
from database_migration.model.report import Report
from database_migration.operators._step import StepOperator
from database_migration.steps.cutover import CutoverOptions
from database_migration.steps.finalize import finalize
from database_migration.steps.run import MigrationRun


class FinalizeOperator(StepOperator):
    """Ends reverse replication and removes what the migration created on both sides.

    :param cutover: ``steps.cutover`` of the spec, for its traffic switch.
    :param options: ``steps.finalize`` of a spec; the other keywords are those of every step's operator.
    """

    stem = "finalize"

    def __init__(self, *, cutover: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cutover = dict(cutover or {})

    def step(self, run: MigrationRun, context: Context) -> Report:
        """Call the step with the switch opened."""
        traffic = CutoverOptions.model_validate(self.cutover).traffic
        return finalize(run, self.options, traffic_of(traffic, run))


__all__ = ["FinalizeOperator"]
