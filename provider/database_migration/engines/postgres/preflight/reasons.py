"""Every reason why a PostgreSQL server cannot play its part, each with the statement that mends it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from database_migration.engines.postgres import sql
from database_migration.engines.postgres.connection import postgres_session, suppress_triggers
from database_migration.engines.postgres.names import quote
from database_migration.engines.postgres.preflight.collations import collation_findings
from database_migration.engines.postgres.preflight.managed_service import Service, service_of
from database_migration.engines.postgres.preflight.tables import table_findings
from database_migration.engines.protocol import Session
from database_migration.model.column_type import Kind
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Schema, Table

_SERVER = "{} server"
_LONG_TRANSACTION_SECONDS = 300
_SHOWN_TRANSACTIONS = 5


@dataclass(frozen=True, slots=True)
class _Server:
    """A row of server_state.sql."""

    wal_level: str
    free_slots: int
    free_senders: int
    slot_keep_size: str
    encoding: str
    in_recovery: bool
    superuser: bool
    replication: bool
    may_create: bool
    user: str
    database: str
    prepared_transactions: int
    read_only: str
    version: int
    lagging_slots: int
    idle_slot_timeout: str
    sees_statistics: bool


def findings(session: Session, schema: Schema, tables: Sequence[Table], *, role: Side, online: bool) -> list[Finding]:
    """See ``protocol.Inspection.preflight``."""
    server = _Server(*cast(tuple[Any, ...], session.execute(sql.load("server_state"))[0]))
    subject = _SERVER.format(role)
    service = service_of(session)
    found = list(_of_server(server, subject))
    if online:
        found += _of_log(server, service, subject)
        found += _of_transactions(session, server, service, subject)
    if role is Side.TARGET or online:
        found += _of_writing(session, server, service, subject)
    if role is Side.TARGET:
        found += _of_schema(session, schema, server, subject)
        found += _of_types(session, tables)
        found += collation_findings(session, tables)
    found += table_findings(session, schema.name, tables, user=server.user, role=role, online=online)
    return found


def _of_server(server: _Server, subject: str) -> Iterator[Finding]:
    if server.encoding != "UTF8":
        yield Finding(
            Severity.BLOCKER,
            "encoding",
            subject,
            f"The database is encoded in {server.encoding}; texts and checksums are compared in UTF-8.",
            mend=f"CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0; and move {server.database} there first.",
        )
    if server.in_recovery or server.read_only == "on":
        state = "a standby in recovery" if server.in_recovery else "read-only"
        yield Finding(
            Severity.BLOCKER,
            "read_only",
            subject,
            f"The server is {state}: neither fence nor change log nor control schema can be kept on it.",
            mend="connect to the primary (target_session_attrs=read-write), or ALTER DATABASE"
            f" {quote(server.database)} RESET default_transaction_read_only;",
        )
    if server.prepared_transactions:
        yield Finding(
            Severity.WARNING,
            "prepared_transactions",
            subject,
            f"{server.prepared_transactions} prepared transactions hold locks that the write fence waits for.",
            mend="COMMIT PREPARED or ROLLBACK PREPARED what pg_prepared_xacts shows.",
        )


def _of_transactions(session: Session, server: _Server, service: Service, subject: str) -> Iterator[Finding]:
    """What a slot's creation and the write fence would wait for."""
    if not server.sees_statistics:
        yield Finding(
            Severity.NOTE,
            "statistics_privilege",
            subject,
            f"The user {server.user} may not see other sessions' transactions: preflight cannot tell what the write"
            " fence would wait for.",
            mend=f"GRANT pg_read_all_stats TO {quote(server.user)};",
        )
    rows = session.execute(sql.load("long_transactions"), [_LONG_TRANSACTION_SECONDS])
    if rows:
        shown = "; ".join(
            f"process {pid} of {user}, {float(str(age)):.0f} s" for pid, user, age in rows[:_SHOWN_TRANSACTIONS]
        )
        yield Finding(
            Severity.WARNING,
            "long_transaction",
            subject,
            f"{len(rows)} transactions have been open for more than {_LONG_TRANSACTION_SECONDS} s, and the creation of"
            f" a slot and the write fence wait for such: {shown}.",
            mend=f"let them end, or SELECT pg_terminate_backend({rows[0][0]});",
        )


def _of_log(server: _Server, service: Service, subject: str) -> Iterator[Finding]:
    if server.wal_level != "logical":
        yield Finding(
            Severity.BLOCKER,
            "wal_level",
            subject,
            f"wal_level is {server.wal_level}: the log does not tell row changes.",
            mend=service.logical_log(),
        )
    if not (server.superuser or server.replication):
        yield Finding(
            Severity.BLOCKER,
            "replication_privilege",
            subject,
            f"The user {server.user} may not use replication slots.",
            mend=service.replication(server.user),
        )
    for free, name in ((server.free_slots, "max_replication_slots"), (server.free_senders, "max_wal_senders")):
        if free < 1:
            yield Finding(
                Severity.BLOCKER,
                name,
                subject,
                f"All of {name} are in use.",
                mend=f"{service.setting(name, '20', restart=True)} Or drop unused slots.",
            )
    if server.slot_keep_size != "-1":
        yield Finding(
            Severity.WARNING,
            "max_slot_wal_keep_size",
            subject,
            f"The server throws away a slot that keeps more than {server.slot_keep_size} of log;"
            " the migration would have to begin again.",
            mend=f"{service.setting('max_slot_wal_keep_size', '-1', restart=False)} Or see that it suffices.",
        )
    if server.idle_slot_timeout not in ("0", "0s"):
        yield Finding(
            Severity.WARNING,
            "idle_replication_slot_timeout",
            subject,
            f"The server throws away a slot that nobody reads for {server.idle_slot_timeout}; a migration that rests"
            " longer would have to begin again.",
            mend=service.setting("idle_replication_slot_timeout", "0", restart=False),
        )
    if server.lagging_slots:
        yield Finding(
            Severity.WARNING,
            "lagging_slot",
            subject,
            f"{server.lagging_slots} logical slots that nobody reads keep the log from being removed: the disk fills.",
            mend="SELECT slot_name, wal_status FROM pg_replication_slots WHERE NOT active; then have them read, or"
            " pg_drop_replication_slot those that nobody needs.",
        )
    if not server.may_create:
        yield Finding(
            Severity.BLOCKER,
            "create_privilege",
            subject,
            f"The user {server.user} may not create the publication and the control schema.",
            mend=f"GRANT CREATE ON DATABASE {quote(server.database)} TO {quote(server.user)};",
        )


def _of_writing(session: Session, server: _Server, service: Service, subject: str) -> Iterator[Finding]:
    if server.in_recovery or server.read_only == "on" or postgres_session(session).in_transaction:
        return
    before = postgres_session(session).suppresses_triggers
    postgres_session(session).suppresses_triggers = None
    allowed = suppress_triggers(session, for_transaction=True)
    postgres_session(session).suppresses_triggers = before
    if not allowed:
        yield Finding(
            Severity.BLOCKER,
            "session_replication_role",
            subject,
            f"The user {server.user} may not set session_replication_role: triggers and foreign keys would"
            " fire on rows that we write.",
            mend=service.replication_role(server.user, version=server.version),
        )


_ASKED = frozenset({Kind.OTHER, Kind.ARRAY, Kind.SPATIAL})
"""Kinds of types that a server may lack."""
_EXTENSIONS = {"geometry": "postgis"}
"""Types that are not called like the extension that has them."""


def _of_types(session: Session, tables: Sequence[Table]) -> Iterator[Finding]:
    """Types that the tables are to have and that the target does not know: those of extensions, as a rule."""
    natives = sorted(
        {column.type.native for table in tables for column in table.columns if column.type.kind in _ASKED} - {""}
    )
    for native in natives:
        if session.execute("SELECT to_regtype(%s) IS NULL", [native]) == [(True,)]:
            name = native.partition("(")[0].rpartition(".")[2].strip('"')
            name = _EXTENSIONS.get(name, name)
            known = session.execute("SELECT 1 FROM pg_available_extensions WHERE name = %s", [name])
            yield Finding(
                Severity.BLOCKER,
                "type_missing",
                native,
                f"The target does not know the type {native}.",
                mend=f"CREATE EXTENSION {quote(name)};"
                if known
                else "install the extension that has it on the target, create the type there, or choose another"
                " (mapping.types).",
            )


def _of_schema(session: Session, schema: Schema, server: _Server, subject: str) -> Iterator[Finding]:
    found = session.execute(
        "SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = %s", [schema.name]
    )
    if not found:
        yield Finding(
            Severity.NOTE if server.may_create else Severity.BLOCKER,
            "schema_missing",
            subject,
            f"There is no schema {schema.name}" + ("; it is created." if server.may_create else "."),
            mend="" if server.may_create else f"CREATE SCHEMA {quote(schema.name)} AUTHORIZATION {quote(server.user)};",
        )
    elif not found[0][0]:
        yield Finding(
            Severity.BLOCKER,
            "schema_privilege",
            subject,
            f"The user {server.user} may not create tables in {schema.name}.",
            mend=f"GRANT USAGE, CREATE ON SCHEMA {quote(schema.name)} TO {quote(server.user)};",
        )
    if not server.may_create and not session.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'database_migration'"):
        yield Finding(
            Severity.BLOCKER,
            "control_schema",
            subject,
            f"The user {server.user} may not create the control schema database_migration.",
            mend=f"CREATE SCHEMA database_migration AUTHORIZATION {quote(server.user)};",
        )


__all__ = ["findings"]
