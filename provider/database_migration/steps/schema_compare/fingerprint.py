"""Both schemas as they were when the run decided on them, kept in the ledger, and what has changed in them since.

The source's is the one that was planned for, the target's the one that apply_schema left behind.

What decides how rows look and which are allowed is remembered: columns, primary and unique keys, foreign
keys, checks. Plain indexes and comments may come and go while a migration runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from database_migration.errors import NotPossible, SourceChanged, TargetChanged
from database_migration.ledger import Ledger
from database_migration.model.schema import Schema, Table
from database_migration.steps.known_columns import SOURCE_SCHEMA_NOTE, known_columns
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare.differences.spelling import spell_column, spell_foreign_key, spell_index
from database_migration.steps.schema_compare.note_names import note_names

NOTE = SOURCE_SCHEMA_NOTE
TARGET_NOTE = "target_schema"
_SAID_AT_ONCE = 5

Fingerprint = Mapping[str, Mapping[str, str]]
"""Table → {``column total`` → its spelling}."""


def fingerprint(tables: Iterable[Table]) -> Fingerprint:
    """What is remembered of tables."""
    return {table.name: dict(_items(table)) for table in tables}


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
    """Store the fingerprint of the schema that the run is planned for, and the names that it gets."""
    note_names(run, ledger, schema)
    ledger.notes.put_note(NOTE, fingerprint(run.selection.of(schema)))


def require_unchanged(run: MigrationRun, ledger: Ledger, schema: Schema | None = None, *, waiting: bool = True) -> None:
    """Compare the source's schema with the one that was planned for; it is read unless given.

    ``waiting``: columns that the spec lets replication carry over or leave out may wait for that.

    :raises SourceChanged: naming what changed.
    :raises NotPossible: nothing was planned yet.
    """
    before = ledger.notes.get_note(NOTE)
    if before is None:
        raise NotPossible("the run has no plan.", mend="run the plan step first.", subject=run.migration)
    source = known_columns(ledger, schema or run.source_schema(), waiting=waiting, noted=before)
    selection = run.selection
    now = fingerprint(selection.of(source))
    planned = {name: items for name, items in cast("Fingerprint", before).items() if name not in selection.left_out}
    said = changes(planned, now)
    if said:
        raise SourceChanged(
            f"the source's schema is not the one that was planned for: {_shortly(said)}.",
            mend=f"change it back, or trigger {run.migration}__rollback and start a new run that plans for it.",
            subject=f"{run.migration} source {run.source.schema}",
        )


def remember_target(ledger: Ledger, tables: Iterable[Table], actual: Schema) -> None:
    """Store how the expected ``tables`` stand on the target, after a stage of apply_schema."""
    names = {table.name for table in tables}
    ledger.notes.put_note(TARGET_NOTE, fingerprint(table for table in actual.tables if table.name in names))


def require_target_unchanged(run: MigrationRun, ledger: Ledger, actual: Schema | None = None) -> None:
    """Compare the target's schema with the one that apply_schema left behind; what this run made since is no change.
    It is read unless given.

    Of tables that somebody else created nothing is remembered, and nothing is asked.

    :raises TargetChanged: naming what changed.
    """
    before = cast("Fingerprint | None", ledger.notes.get_note(TARGET_NOTE))
    if before is None:
        return
    gone = {run.selection.target_name(name) for name in run.selection.left_out}
    before = {name: items for name, items in before.items() if name not in gone}
    actual = actual or run.target.read_schema()
    # A column that is being carried over may be there already, and its line not be made yet.
    made = {line.subject for line in ledger.objects.all() if line.made or line.kind == "column"}
    now = {
        table: {
            item: spelling
            for item, spelling in items.items()
            if item in before[table] or _named(table, item) not in made
        }
        for table, items in fingerprint(table for table in actual.tables if table.name in before).items()
    }
    said = changes(before, now)
    if said:
        raise TargetChanged(
            f"the target's schema is not the one that apply_schema left behind: {_shortly(said)}.",
            mend="change it back; or, if it is meant to stay, clear the task apply_schema: it compares the target with"
            " what is expected again, and what it lets pass counts from then on.",
            subject=f"{run.migration} target {run.target.schema}",
        )


def require_no_drift(
    run: MigrationRun, ledger: Ledger, source: Schema | None = None, target: Schema | None = None
) -> None:
    """Compare both sides with what is remembered of them, as far as it is; they are read unless given.

    :raises SourceChanged: naming what changed.
    :raises TargetChanged: likewise.
    """
    if ledger.notes.get_note(NOTE) is not None:
        require_unchanged(run, ledger, source)
    require_target_unchanged(run, ledger, target)


def _named(table: str, item: str) -> str:
    """The ledger's subject of a constraint or column: ``unique key by_code`` of orders → ``orders.by_code``."""
    for kind in ("unique key ", "foreign key ", "check ", "column "):
        if item.startswith(kind):
            return f"{table}.{item.removeprefix(kind)}"
    return ""


def _shortly(said: list[str]) -> str:
    more = f" and {len(said) - _SAID_AT_ONCE} more" if len(said) > _SAID_AT_ONCE else ""
    return "; ".join(said[:_SAID_AT_ONCE]) + more


__all__ = [
    "Fingerprint",
    "changes",
    "fingerprint",
    "remember_source",
    "remember_target",
    "require_no_drift",
    "require_target_unchanged",
    "require_unchanged",
]
