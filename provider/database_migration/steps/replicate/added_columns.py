"""Columns that the source's tables get while a run goes on: carried over, left out, or a reason to hold.

The reader stops at the place of the log where it first sees such a column (``ChangeTransaction.added``). All that was
committed before is applied by then, and nothing that knows the column is. The target gets the column here, existing
rows get its default on both sides alike, and reading goes on with it. Each step may be repeated: the column is noted as
an object of ours before it is made, then the notes tell that it is planned for, then the position moves on.

The copy goes by the notes: a lane looks at them after it has said which chunk it reads, and starts anew with the column
if one was carried over since. Changes that the applier leaves to the copy from here on concern chunks whose read begins
later than that, so the copy brings the column's values.

What cannot be known to be alike on both sides is refused: other changes of the table at the same time, columns that the
server fills by itself, defaults that are computed, types that need more than a column on the target.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

from database_migration.errors import SourceChanged
from database_migration.ledger import Ledger
from database_migration.model.change import ChangeTransaction
from database_migration.model.log_position import LogPosition
from database_migration.model.schema import Column, Schema, Table
from database_migration.steps.apply_schema.create import create
from database_migration.steps.known_columns import (
    CARRIED_NOTE,
    SOURCE_SCHEMA_NOTE,
    DdlPolicy,
    known_columns,
    leave_out,
    left_out,
    noted_policies,
    waiting_columns,
)
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import expected_target
from database_migration.steps.schema_compare.differences.spelling import spell_column
from database_migration.steps.schema_compare.fingerprint import TARGET_NOTE, changes, fingerprint

log = logging.getLogger(__name__)

_Noted = dict[str, dict[str, str]]


class WaitingColumns:
    """Columns that the source has when reading begins and that wait for replication.

    A log may not tell of them before a row of their table changes. Once all is applied up to the log's end of the
    moment when they were seen, nothing is left that does not know them.
    """

    def __init__(self, run: MigrationRun, ledger: Ledger) -> None:
        self._columns: tuple[tuple[str, str], ...] = ()
        self._end: LogPosition | None = None
        self.passed_over: Mapping[str, Sequence[str]] | None = None
        """For ``ChangeLog.read``: the columns that are left out; None where the spec allows no new ones."""
        if not noted_policies(ledger).allow_any:
            return
        self.passed_over = left_out(ledger)
        found = waiting_columns(ledger, run.source_schema())
        self._columns = tuple(one for one in found if run.selection.selects(one[0]))
        if self._columns:
            self._end = run.source.change_log.end()

    def due(self, applied: LogPosition) -> ChangeTransaction | None:
        """What the log would have told of them, once it cannot tell anything that does not know them."""
        if self._end is None or applied < self._end:
            return None
        return ChangeTransaction(applied, datetime.now(UTC), added=self._columns)


def settle_added(run: MigrationRun, ledger: Ledger, added: Sequence[tuple[str, str]], at: LogPosition) -> None:
    """Do with (table, column) as the spec says; ``ledger`` is over a session that has no transaction open.

    :raises SourceChanged: a table's policy is to refuse, or the column cannot be carried over.
    """
    source, policies = run.source_schema(), noted_policies(ledger)
    known, out = _noted(ledger, SOURCE_SCHEMA_NOTE), left_out(ledger)
    by_table: dict[str, list[str]] = defaultdict(list)
    for table, column in added:
        if f"column {column}" not in known.get(table, {}) and column not in out.get(table, ()):
            by_table[table].append(column)
    for table, columns in by_table.items():
        policy = policies.of(table)
        if policy is DdlPolicy.REFUSE:
            raise _refusal(run, table, f"it got the columns {', '.join(columns)}")
        if policy is DdlPolicy.IGNORE:
            leave_out(ledger, table, columns)
            log.warning("%s got the columns %s, which are left out.", table, ", ".join(columns))
        else:
            _carry(run, ledger, source, table, columns, at)


def _carry(
    run: MigrationRun, ledger: Ledger, source: Schema, name: str, columns: Sequence[str], at: LogPosition
) -> None:
    if not source.has_table(name):
        raise _refusal(run, name, "it got columns and was dropped or renamed afterwards")
    noted = _noted(ledger, SOURCE_SCHEMA_NOTE)
    now = source.table(name)
    _require_only_columns(run, noted, now)
    known = known_columns(ledger, source)
    for column in columns:
        new = next((one for one in now.columns if one.name == column), None)
        reason = "it is gone again" if new is None else _why_not(new)
        if new is None or reason:
            raise _refusal(run, name, f"it got the column {column}, and {reason}")
        wider = replace(known, tables=tuple(_with(table, name, new) for table in known.tables))
        _carry_one(run, ledger, known, wider, name, new)
        noted[name][f"column {column}"] = spell_column(new)
        ledger.notes.put_note(SOURCE_SCHEMA_NOTE, noted)
        known = wider
        told = cast("list[object]", ledger.notes.get_note(CARRIED_NOTE) or [])
        ledger.notes.put_note(
            CARRIED_NOTE, [*told, [name, column, spell_column(new), at.text, run.now().isoformat(timespec="seconds")]]
        )
        log.warning("The column %s.%s was added on the source and is carried over.", name, column)


def _with(table: Table, name: str, column: Column) -> Table:
    return replace(table, columns=(*table.columns, column)) if table.name == name else table


def _require_only_columns(run: MigrationRun, noted: _Noted, now: Table) -> None:
    """What else changed has to be known before anything is carried over: only new columns may be."""
    said = changes({now.name: noted.get(now.name, {})}, fingerprint([now]))
    others = [one for one in said if not (one.startswith(f"{now.name}: column ") and one.endswith(" is new"))]
    if others:
        raise _refusal(run, now.name, "; ".join(others))


def _why_not(column: Column) -> str:
    """Why existing rows may not have the same on both sides, '' where they have."""
    if column.generated is not None or column.identity or column.on_update_now:
        return "the server fills it by itself"
    if column.default is None and not column.nullable:
        return "it is NOT NULL without a default"
    if column.default is not None and column.default.is_expression:
        return "its default is computed, so existing rows would differ"
    return ""


def _carry_one(run: MigrationRun, ledger: Ledger, known: Schema, wider: Schema, name: str, new: Column) -> None:
    target = run.selection.target_name(name)
    held = run.selection.target_column(name, new.name)
    before, after = expected_target(run, ledger, known), expected_target(run, ledger, wider, whole=True)
    was = next(table for table in before.tables if table.name == target)
    table = next(table for table in after.tables if table.name == target)
    column = table.column(held)
    rest = replace(table, columns=tuple(one for one in table.columns if one.name != held))
    same = (before.types, before.sequences, before.label_tables) == (after.types, after.sequences, after.label_tables)
    if rest != was or not same:
        raise _refusal(run, name, f"the column {new.name} needs more than a column on the target (a check, a type)")
    if (new.default is None) != (column.default is None) or _why_not(column):
        raise _refusal(run, name, f"the target cannot hold the default of the column {new.name}")
    statement = run.target.engine.ddl.add_column(run.target.schema, table, column)
    again = ledger.objects.find(statement.kind, statement.subject) is not None
    if ledger.objects.intend(statement):
        create(
            ledger.objects,
            ledger.session,
            statement,
            transactional=run.target.engine.traits.transactional_ddl,
            again=again,
        )
    made = _noted(ledger, TARGET_NOTE)
    if target in made:
        now = run.target.engine.catalog.read(ledger.session, run.target.schema).table(target)
        made[target][f"column {held}"] = spell_column(now.column(held))
        ledger.notes.put_note(TARGET_NOTE, made)


def _noted(ledger: Ledger, note: str) -> _Noted:
    found = cast("Mapping[str, Mapping[str, str]]", ledger.notes.get_note(note) or {})
    return {table: dict(items) for table, items in found.items()}


def _refusal(run: MigrationRun, table: str, what: str) -> SourceChanged:
    return SourceChanged(
        f"the table was changed while the migration runs: {what}.",
        mend=f"undo the change if nothing was written with it yet, or trigger {run.migration}__rollback and start a new"
        " run that plans for it; steps.replicate.ddl says which added columns are carried over or left out.",
        subject=f"{run.source.schema}.{table}",
    )


__all__ = ["WaitingColumns", "settle_added"]
