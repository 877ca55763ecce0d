"""Queries that speak of columns which the spec drops or gives other values: told, whatever their verdict is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from database_migration.model.report import Finding, Severity
from database_migration.steps.mapped_schema import changed_by, mentions
from database_migration.steps.run import MigrationRun
from database_migration.steps.translate_queries.verdicts import Judgement


def mapped_column_findings(run: MigrationRun, judgements: Iterable[Judgement]) -> Iterator[Finding]:
    """A warning for each query and mapped table whose changed columns it names, as far as words tell."""
    mapped = {table: changed_by(said) for table, said in run.declared.mappings.items()}
    for judgement in judgements:
        sql = judgement.query.query.sql
        for table, columns in mapped.items():
            named = sorted(name for name in columns if mentions(sql, {table}) and mentions(sql, {name}))
            if named:
                yield Finding(
                    Severity.WARNING,
                    "query_uses_mapped",
                    judgement.name,
                    f"It may speak of {', '.join(f'{table}.{name}' for name in named)}, which the spec drops or gives"
                    " other values: what it compares with, and what it returns, is not what it was.",
                    "write the statement for the target under steps.translate_queries.translated, or change the"
                    " application.",
                )


__all__ = ["mapped_column_findings"]
