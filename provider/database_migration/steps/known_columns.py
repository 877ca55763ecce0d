"""The columns of the source that a run knows: those that were planned for, and those that were carried over since.

While a run goes on, columns may be added to the source's tables, as far as the spec allows
(``steps.replicate.ddl``). Until replication has come to the place of its log where that happened, such a column
waits: no step sees it. Then it is carried over and planned for like all others, or left out for good.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import cast

from database_migration.ledger import Ledger
from database_migration.model.schema import Schema, Table

SOURCE_SCHEMA_NOTE = "source_schema"
"""The ledger's note of what was planned for: {table: {``column total``: its spelling}}."""
_POLICY_NOTE = "ddl_policy"
_LEFT_OUT_NOTE = "columns_left_out"
CARRIED_NOTE = "columns_carried"
"""The ledger's note of the columns that were carried over: [[table, column, its spelling, log position, moment], …]."""


class DdlPolicy(StrEnum):
    """What becomes of columns that are added to the source's tables while a run goes on."""

    REFUSE = "refuse"
    """Replication is held before the change."""
    ADDITIVE = "additive"
    """They are added to the target's tables at the same place of the changes' order."""
    IGNORE = "ignore"
    """They are left out, and block the cutover until somebody waives them by name."""


@dataclass(frozen=True, slots=True)
class DdlPolicies:
    """The policy for all tables, and those for single ones by patterns over their names."""

    general: DdlPolicy = DdlPolicy.REFUSE
    by_table: Mapping[str, DdlPolicy] = field(default_factory=dict)

    def of(self, table: str) -> DdlPolicy:
        """The policy for a source table: that of the first pattern that fits its name, else the general one."""
        return next((one for pattern, one in self.by_table.items() if fnmatchcase(table, pattern)), self.general)

    @property
    def allow_any(self) -> bool:
        """Whether columns may be added to any table."""
        return any(one is not DdlPolicy.REFUSE for one in (self.general, *self.by_table.values()))


def note_policies(ledger: Ledger, policies: DdlPolicies) -> None:
    """Tell every applier and the other steps what the spec says of replication."""
    value = [policies.general.value, {pattern: one.value for pattern, one in policies.by_table.items()}]
    if ledger.notes.get_note(_POLICY_NOTE) != value:
        ledger.notes.put_note(_POLICY_NOTE, value)


def noted_policies(ledger: Ledger) -> DdlPolicies:
    """What was told."""
    noted = cast("tuple[str, dict[str, str]] | None", ledger.notes.get_note(_POLICY_NOTE))
    if noted is None:
        return DdlPolicies()
    return DdlPolicies(DdlPolicy(noted[0]), {pattern: DdlPolicy(one) for pattern, one in noted[1].items()})


def left_out(ledger: Ledger) -> dict[str, list[str]]:
    """The columns that are left out, by table."""
    return cast("dict[str, list[str]]", ledger.notes.get_note(_LEFT_OUT_NOTE) or {})


def leave_out(ledger: Ledger, table: str, columns: Collection[str]) -> None:
    """Leave columns of a table out from now on."""
    found = left_out(ledger)
    found[table] = sorted({*found.get(table, ()), *columns})
    ledger.notes.put_note(_LEFT_OUT_NOTE, found)


def known_columns(ledger: Ledger, schema: Schema, *, waiting: bool = True, noted: object = None) -> Schema:
    """A source's schema without the columns that are left out and, unless ``waiting`` is False, those that wait.

    ``noted``: the note of what was planned for, if it has been read already: it may move on at any moment.
    """
    noted = noted or ledger.notes.get_note(SOURCE_SCHEMA_NOTE)
    if noted is None:
        return schema
    planned = cast("Mapping[str, Mapping[str, str]]", noted)
    out = left_out(ledger)
    policies = noted_policies(ledger) if waiting else DdlPolicies()

    def reduced(table: Table) -> Table:
        columns = planned.get(table.name)
        if columns is None:
            return table
        known = {item.removeprefix("column ") for item in columns}
        hidden = set(out.get(table.name, ()))
        if policies.of(table.name) is not DdlPolicy.REFUSE:
            hidden |= {column.name for column in table.columns} - known
        if not hidden.intersection(column.name for column in table.columns):
            return table
        physical = None if table.physical is None else _without(table.physical, hidden)
        return replace(_without(table, hidden), physical=physical)

    if not out and not policies.allow_any:
        return schema
    return replace(schema, tables=tuple(reduced(table) for table in schema.tables))


def _without(table: Table, hidden: Collection[str]) -> Table:
    return replace(table, columns=tuple(column for column in table.columns if column.name not in hidden))


def waiting_columns(ledger: Ledger, schema: Schema) -> tuple[tuple[str, str], ...]:
    """(table, column) of the source that wait to be carried over or left out."""
    known, all_but_left_out = known_columns(ledger, schema), known_columns(ledger, schema, waiting=False)
    return tuple(
        (table.name, column.name)
        for table, there in zip(known.tables, all_but_left_out.tables, strict=True)
        for column in there.columns
        if column not in table.columns
    )


__all__ = [
    "CARRIED_NOTE",
    "SOURCE_SCHEMA_NOTE",
    "DdlPolicies",
    "DdlPolicy",
    "known_columns",
    "leave_out",
    "left_out",
    "note_policies",
    "noted_policies",
    "waiting_columns",
]
