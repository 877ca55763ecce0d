"""The schemas, compared."""

from __future__ import annotations

from typing import ClassVar

from airflow.sdk import Context

from database_migration.errors import Refused, SourceChanged
from database_migration.model.report import Report
from database_migration.operators._step import StepOperator
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import schema_compare


class SchemaCompareOperator(StepOperator):
    """Reads both catalogs and files their differences with the DDL that brings the target about.

    :param options: ``steps.schema_compare`` of a spec; the other keywords are those of every step's operator.
    """

    stem = "schema_compare"
    refusal: ClassVar[type[Refused]] = SourceChanged

    def step(self, run: MigrationRun, context: Context) -> Report:
        """Call the step."""
        return schema_compare(run, self.options)


__all__ = ["SchemaCompareOperator"]
