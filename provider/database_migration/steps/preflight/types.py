"""Types that only some servers of an engine have: those of extensions, of MariaDB, of the user's own scripts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from database_migration.engines.protocol import Session
from database_migration.model.column_type import Kind, possible_kinds
from database_migration.model.report import Finding, Severity
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import ExpectedSchema

_ASKED = frozenset({Kind.OTHER, Kind.ARRAY, Kind.SPATIAL, Kind.UUID})


def type_findings(run: MigrationRun, session: Session, expected: ExpectedSchema) -> Iterator[Finding]:
    """A blocker for each type that the target's server has not; ``session`` is on the target."""
    columns: dict[str, list[str]] = defaultdict(list)
    kinds: dict[str, str] = {}
    for source, target in zip(expected.selected, expected.tables, strict=True):
        here = {run.selection.target_column(source.name, column.name): column for column in source.columns}
        for there in target.columns:
            if there.type.kind in _ASKED and there.name in here:
                columns[there.type.native].append(f"{target.name}.{there.name}")
                kinds[there.type.native] = ", ".join(possible_kinds(here[there.name].type))
    for spelled, places in columns.items():
        if not run.target.engine.inspection.has_type(session, spelled):
            yield Finding(
                Severity.BLOCKER,
                "type_missing",
                ", ".join(places),
                f"The target's server has no type {spelled}.",
                f"create it there (CREATE EXTENSION … or a script), or map the columns to one of: {kinds[spelled]}.",
            )


__all__ = ["type_findings"]
