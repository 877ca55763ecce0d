"""Every reason why a PostgreSQL server cannot play its part, each with the statement that mends it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from database_migration.engines.postgres import sql
from database_migration.engines.postgres.connection import postgres_session, suppress_triggers
from database_migration.engines.postgres.names import quote
from database_migration.engines.postgres.preflight_tables import table_findings
from database_migration.engines.protocol import Session
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Schema, Table

_SERVER = "{} server"
_LONG_TRANSACTION_SECONDS = 300


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
    oldest_transaction: float
    read_only: str
    version: int
    lagging_slots: int


def findings(session: Session, schema: Schema, tables: Sequence[Table], *, role: Side, online: bool) -> list[Finding]:
    """See ``protocol.Inspection.preflight``."""
    server = _Server(*cast(tuple[Any, ...], session.execute(sql.load("server_state"))[0]))
    subject = _SERVER.format(role)
    found = list(_of_server(server, subject, role))
    if online:
        found += _of_log(server, subject)
    if role is Side.TARGET or online:
        found += _of_writing(session, server, subject)
    if role is Side.TARGET:
        found += _of_schema(session, schema, server, subject)
    found += table_findings(session, schema.name, tables, user=server.user, role=role, online=online)
    return found


def _of_server(server: _Server, subject: str, role: Side) -> Iterator[Finding]:
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
        severity = Severity.BLOCKER
        yield Finding(
            severity,
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
    if role is Side.SOURCE and server.oldest_transaction > _LONG_TRANSACTION_SECONDS:
        yield Finding(
            Severity.WARNING,
            "long_transaction",
            subject,
            f"A transaction has been open for {server.oldest_transaction:.0f} s: the slot's creation waits for it.",
            mend="SELECT pid, xact_start, query FROM pg_stat_activity ORDER BY xact_start; then end it.",
        )


def _of_log(server: _Server, subject: str) -> Iterator[Finding]:
    if server.wal_level != "logical":
        yield Finding(
            Severity.BLOCKER,
            "wal_level",
            subject,
            f"wal_level is {server.wal_level}: the log does not tell row changes.",
            mend="ALTER SYSTEM SET wal_level = logical; then restart the server"
            " (managed services: rds.logical_replication = 1, cloudsql.logical_decoding = on).",
        )
    if not (server.superuser or server.replication):
        yield Finding(
            Severity.BLOCKER,
            "replication_privilege",
            subject,
            f"The user {server.user} may not use replication slots.",
            mend=f"ALTER ROLE {quote(server.user)} REPLICATION; (Amazon RDS: GRANT rds_replication TO"
            f" {quote(server.user)};)",
        )
    for free, name in ((server.free_slots, "max_replication_slots"), (server.free_senders, "max_wal_senders")):
        if free < 1:
            yield Finding(
                Severity.BLOCKER,
                name,
                subject,
                f"All of {name} are in use.",
                mend=f"ALTER SYSTEM SET {name} = …; then restart the server, or drop unused slots.",
            )
    if server.slot_keep_size != "-1":
        yield Finding(
            Severity.WARNING,
            "max_slot_wal_keep_size",
            subject,
            f"The server throws away a slot that keeps more than {server.slot_keep_size} of log;"
            " the migration would have to begin again.",
            mend="ALTER SYSTEM SET max_slot_wal_keep_size = -1; SELECT pg_reload_conf(); or see that it suffices.",
        )
    if not server.may_create:
        yield Finding(
            Severity.BLOCKER,
            "create_privilege",
            subject,
            f"The user {server.user} may not create the publication and the control schema.",
            mend=f"GRANT CREATE ON DATABASE {quote(server.database)} TO {quote(server.user)};",
        )


def _of_writing(session: Session, server: _Server, subject: str) -> Iterator[Finding]:
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
            mend=f"GRANT SET ON PARAMETER session_replication_role TO {quote(server.user)};"
            if server.version >= 150000
            else f"ALTER ROLE {quote(server.user)} SUPERUSER; (before PostgreSQL 15 nothing less allows it)",
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
