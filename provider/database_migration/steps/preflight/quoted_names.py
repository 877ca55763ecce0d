"""Names that stay as they are and that an application has to spell otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from database_migration.model.report import Finding, Severity
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import ExpectedSchema
from database_migration.steps.translate_queries.renaming import is_plain

_SHOWN = 10


def quoting_findings(run: MigrationRun, expected: ExpectedSchema) -> Iterator[Finding]:
    """One note of the names that an application has to quote on the target and need not have quoted before."""
    here, there = run.source.engine.traits.engine, run.target.engine.traits.engine
    if here == there:
        return
    pairs = [
        pair
        for source, target in zip(expected.selected, expected.tables, strict=True)
        for pair in (
            (source.name, target.name),
            *((a.name, b.name) for a, b in zip(source.columns, target.columns, strict=False)),
        )
    ]
    names = sorted({new for old, new in pairs if is_plain(old, here) and not is_plain(new, there)})
    if names:
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        yield Finding(
            Severity.NOTE,
            "names_to_quote",
            run.target.schema,
            f"Queries have to quote {', '.join(names[:_SHOWN])}{more} on the target, and not on the source.",
            "translated queries do; else rename them under tables, or set mapping.names.case: lower for capitals.",
        )


__all__ = ["quoting_findings"]
