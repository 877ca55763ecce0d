"""Cutting over."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from database_migration.hooks.traffic import traffic_of
from database_migration.model.report import Report
from database_migration.operators._step import StepOperator
from database_migration.operators.gate import name_of_answerer
from database_migration.steps.cutover import cutover
from database_migration.steps.run import MigrationRun


class CutoverOperator(StepOperator):
    """Leads the application from the source to the target; a try that died half-way is finished or undone.

    :param gate_task_id: the approval before it, whose answerer stands in the checklist.
    :param options: ``steps.cutover`` of a spec, with the traffic switch; the other keywords are those of every
        step's operator.
    """

    stem = "cutover"

    def __init__(self, *, gate_task_id: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gate_task_id = gate_task_id

    def step(self, run: MigrationRun, context: Context) -> Report:
        """Call the step with the switch opened."""
        traffic = traffic_of(self.options.traffic, run)
        return cutover(run, self.options, traffic, approved_by=self._approved_by(context))

    def _approved_by(self, context: Context) -> str:
        ti: Any = context["ti"]
        return name_of_answerer(ti.xcom_pull(task_ids=self.gate_task_id)) if self.gate_task_id else ""


__all__ = ["CutoverOperator"]
