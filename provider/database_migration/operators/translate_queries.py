"""The application's queries, translated."""

from __future__ import annotations

from typing import ClassVar

from airflow.sdk import Context

from database_migration.errors import Refused
from database_migration.model.report import Report
from database_migration.operators._step import StepOperator
from database_migration.steps.run import MigrationRun
from database_migration.steps.translate_queries import translate_queries


class TranslateQueriesOperator(StepOperator):
    """Translates a corpus of queries, runs them on both sides and files a verdict for each.

    :param options: ``steps.translate_queries`` of a spec; the other keywords are those of every step's operator.
    """

    stem = "translate_queries"
    refusal: ClassVar[type[Refused]] = Refused

    def step(self, run: MigrationRun, context: Context) -> Report:
        """Call the step."""
        return translate_queries(run, self.options)


__all__ = ["TranslateQueriesOperator"]
