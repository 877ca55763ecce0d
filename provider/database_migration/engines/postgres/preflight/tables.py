"""What single tables keep from being read, followed, fenced or written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from database_migration.engines.postgres import sql
from database_migration.engines.postgres.names import quote
from database_migration.engines.protocol import Session
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Table


@dataclass(frozen=True, slots=True)
class _State:
    """A row of table_state.sql."""

    name: str
    persistence: str
    identity: str
    identity_index: str | None
    identity_columns: list[str]
    owned: bool
    owner: str
    readable: bool
    writable: bool
    row_security: bool
    partitioned: bool
    inherited: bool
    extensions: list[str]
    subscriptions: list[str]


def table_findings(
    session: Session, schema: str, tables: Sequence[Table], *, user: str, role: Side, online: bool
) -> list[Finding]:
    """Findings for each of the tables that exists."""
    rows = cast(list[tuple[Any, ...]], session.execute(sql.load("table_state"), [schema]))
    states = {row[0]: _State(*row) for row in rows}
    found: list[Finding] = []
    for table in tables:
        if table.name in states:
            state = states[table.name]
            found += _of_privileges(schema, state, user, role=role, online=online)
            found += _of_kind(schema, state, online=online)
            if online:
                found += _of_identity(schema, table, state)
    return found


def _of_privileges(schema: str, state: _State, user: str, *, role: Side, online: bool) -> Iterator[Finding]:
    name = quote(schema, state.name)
    subject = f"{schema}.{state.name}"
    if not state.readable:
        message = f"The user {user} may not read the table."
        yield Finding(
            Severity.BLOCKER, "select_privilege", subject, message, mend=f"GRANT SELECT ON {name} TO {quote(user)};"
        )
    if (role is Side.TARGET or online) and not state.writable:
        message = f"The user {user} may not write to the table."
        mend = f"GRANT INSERT, UPDATE, DELETE ON {name} TO {quote(user)};"
        yield Finding(Severity.BLOCKER, "write_privilege", subject, message, mend=mend)
    if not state.owned and (online or role is Side.TARGET):
        yield Finding(
            Severity.BLOCKER,
            "ownership",
            subject,
            f"The table belongs to {state.owner}: {user} can neither publish nor fence it.",
            mend=f"GRANT {quote(state.owner)} TO {quote(user)};",
        )
    if state.row_security:
        yield Finding(
            Severity.BLOCKER,
            "row_security",
            subject,
            "Row-level security would hide rows from the copy.",
            mend=f"ALTER ROLE {quote(user)} BYPASSRLS;",
        )


def _of_kind(schema: str, state: _State, *, online: bool) -> Iterator[Finding]:
    subject = f"{schema}.{state.name}"
    if state.persistence == "u" and online:
        yield Finding(
            Severity.BLOCKER,
            "unlogged_table",
            subject,
            "The table is UNLOGGED: its changes are not in the log.",
            mend=f"ALTER TABLE {quote(schema, state.name)} SET LOGGED; or exclude it.",
        )
    if state.partitioned:
        message = "The table is partitioned: it is copied, followed and fenced as one."
        yield Finding(Severity.NOTE, "partitioned_table", subject, message)
    if state.inherited:
        message = "Other tables inherit from this one; each table's own rows are moved with that table."
        yield Finding(Severity.WARNING, "inheritance", subject, message)
    if state.extensions:
        names = ", ".join(state.extensions)
        message = f"Columns have types of the extensions {names}: their values cross as text."
        yield Finding(Severity.WARNING, "extension_type", subject, message)
    if state.subscriptions:
        names = ", ".join(state.subscriptions)
        yield Finding(
            Severity.WARNING,
            "subscription",
            subject,
            f"The subscription {names} writes to this table; the write fence stops it with errors in its worker.",
            mend=f"ALTER SUBSCRIPTION {quote(state.subscriptions[0])} DISABLE; before the cutover.",
        )


def _of_identity(schema: str, table: Table, state: _State) -> Iterator[Finding]:
    """A published table whose rows the log cannot identify: UPDATE and DELETE would fail in the application."""
    name = quote(schema, table.name)
    subject = f"{schema}.{table.name}"
    key = table.row_key
    if not key:
        yield Finding(
            Severity.BLOCKER,
            "no_key",
            subject,
            "The table has neither a primary key nor a unique key without NULLs: changed rows cannot be found.",
            mend=f"ALTER TABLE {name} ADD PRIMARY KEY (…); or exclude it, or migrate it offline.",
        )
        return
    fits = (
        state.identity == "f"
        or (state.identity == "d" and bool(table.primary_key))
        or (state.identity == "i" and set(key) <= set(state.identity_columns))
    )
    if not fits:
        index = next(
            (one.name for one in table.indexes if one.unique and one.predicate is None and one.columns == key), None
        )
        choice = "DEFAULT" if table.primary_key else f"USING INDEX {quote(index)}" if index else "FULL"
        yield Finding(
            Severity.BLOCKER,
            "replica_identity",
            subject,
            "The replica identity does not hold the row key: once published, UPDATE and DELETE would fail in the"
            " application, or arrive without the key.",
            mend=f"ALTER TABLE {name} REPLICA IDENTITY {choice};",
        )


__all__ = ["table_findings"]
