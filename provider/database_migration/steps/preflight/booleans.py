"""Which tinyint(1) columns are booleans: decided once, by counting, and noted in the ledger for every later step."""

from __future__ import annotations

from typing import cast

from database_migration.engines.protocol import Session
from database_migration.ledger import Ledger
from database_migration.model.column_type import Kind
from database_migration.model.mapping.types import TinyintOne
from database_migration.model.schema import Column, Schema
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import BOOLEANS_NOTE
from database_migration.steps.schema_compare.expected.casts import casts_of


def decide_booleans(run: MigrationRun, ledger: Ledger, session: Session, source: Schema) -> dict[str, list[str]]:
    """{source table: [columns]} that become booleans; a decision that this run made before stands.

    ``mapping.types`` says whether any do; a column that the spec casts is left to its cast.

    ``session`` is on the source. Costs a scan of each table that has such a column.
    """
    noted = ledger.notes.get_note(BOOLEANS_NOTE)
    if noted is not None and ledger.objects.all():
        return cast("dict[str, list[str]]", noted)  # tables may exist already that were made by it
    found: dict[str, list[str]] = {}
    types = run.mapping.types
    crosses = run.source.engine.traits.engine != run.target.engine.traits.engine
    if crosses and types.mysql_to_postgres.tinyint_1 is TinyintOne.DETECT:
        for table in run.selection.of(source):
            casts = casts_of(table, types, run.selection, crosses=crosses)
            names = [
                column.name
                for column in table.columns
                if _may_be_boolean(column)
                and run.selection.target_column(table.name, column.name) not in casts
                and run.source.engine.inspection.boolean_values_only(session, source.name, table, column)
            ]
            if names:
                found[table.name] = names
    ledger.notes.put_note(BOOLEANS_NOTE, found)
    return found


def _may_be_boolean(column: Column) -> bool:
    """Length 1 is how a catalog marks the display width with a meaning, tinyint(1)."""
    return (
        column.type.kind is Kind.INTEGER
        and column.type.length == 1
        and not column.identity
        and column.copied
        and column.derived is None
    )


__all__ = ["decide_booleans"]
