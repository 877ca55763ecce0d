"""The source's schema as it was planned for, kept in the ledger, and what has changed in it since.

What decides how rows look and which are allowed is remembered: columns, primary and unique keys, foreign
keys, checks. Plain indexes and comments may come and go while a migration runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from database_migration.errors import NotPossible, SourceChanged
from database_migration.ledger import Ledger
from database_migration.model.schema import Schema, Table
from database_migration.model.table_selection import TableSelection
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare.spelling import spell_column, spell_foreign_key, spell_index

NOTE = "source_schema"

Fingerprint = Mapping[str, Mapping[str, str]]
"""Table → {``column total`` → its spelling}."""


def fingerprint(selection: TableSelection, schema: Schema) -> Fingerprint:
    """What is remembered of the selected tables of a schema."""
    return {table.name: dict(_items(table)) for table in selection.of(schema)}


def _items(table: Table) -> Iterator[tuple[str, str]]:
    for column in table.columns:
        yield f"column {column.name}", spell_column(column)
    if table.primary_key:
        yield "primary key", ", ".join(table.primary_key)
    for index in table.indexes:
        if index.unique:
            yield f"unique key {index.name}", spell_index(index)
    for key in table.foreign_keys:
        yield f"foreign key {key.name}", spell_foreign_key(key)
    for check in table.checks:
        yield f"check {check.name}", check.expression


def changes(before: Fingerprint, now: Fingerprint) -> list[str]:
    """What changed between two fingerprints, a sentence each: ``orders: column total is gone``."""
    said = [f"table {name} is gone" for name in before if name not in now]
    said += [f"table {name} is new" for name in now if name not in before]
    for table, items in before.items():
        for item, spelling in items.items() if table in now else ():
            present = now[table].get(item)
            if present is None:
                said.append(f"{table}: {item} is gone")
            elif present != spelling:
                said.append(f"{table}: {item} was {spelling}, is {present}")
        said += [f"{table}: {item} is new" for item in now.get(table, ()) if item not in items]
    return said


def remember_source(run: MigrationRun, ledger: Ledger, schema: Schema) -> None:
    """Store the fingerprint of the schema that the run is planned for."""
    ledger.notes.put_note(NOTE, fingerprint(run.selection, schema))


def require_unchanged(run: MigrationRun, ledger: Ledger, schema: Schema | None = None) -> None:
    """Compare the source's schema with the one that was planned for; it is read unless given.

    :raises SourceChanged: naming what changed.
    :raises NotPossible: nothing was planned yet.
    """
    before = ledger.notes.get_note(NOTE)
    if before is None:
        raise NotPossible("the run has no plan.", mend="run the plan step first.", subject=run.migration)
    now = fingerprint(run.selection, schema or run.source.read_schema())
    said = changes(cast("Fingerprint", before), now)
    if said:
        more = f" and {len(said) - 5} more" if len(said) > 5 else ""
        raise SourceChanged(
            f"the source's schema is not the one that was planned for: {'; '.join(said[:5])}{more}.",
            mend=f"change it back, or trigger {run.migration}__rollback and start a new run that plans for it.",
            subject=f"{run.migration} source {run.source.schema}",
        )


__all__ = ["Fingerprint", "changes", "fingerprint", "remember_source", "require_unchanged"]
