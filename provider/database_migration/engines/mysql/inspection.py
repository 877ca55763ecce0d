"""Looks at a MySQL or MariaDB server without changing anything."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from database_migration.engines.mysql.connection import MySQLSession, own_session, quote
from database_migration.engines.mysql.index_use import index_use
from database_migration.engines.mysql.names import name_rules
from database_migration.engines.mysql.preflight import reasons as preflight
from database_migration.engines.mysql.preflight.open_transactions import oldest_transaction_seconds
from database_migration.engines.mysql.preflight.values import count_values
from database_migration.engines.mysql.replica_lag import replica_lag
from database_migration.engines.mysql.row_sql.equal_keys import equal_keys
from database_migration.engines.mysql.server_facts import server_facts
from database_migration.engines.protocol import (
    CountedValues,
    EqualKeys,
    IndexUse,
    KeyPart,
    QueryOutcome,
    ServerFacts,
    ServerLoad,
    Session,
)
from database_migration.errors import Interrupted, MigrationError, Refused
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding
from database_migration.model.schema import Column, Schema, Table
from database_migration.model.table_selection import FormedColumn
from database_migration.model.target_names import NameRules
from database_migration.model.unfit_value import Doubt

_RELEASE = re.compile(r"\d+(?:\.\d+)+")
_EXPLAIN_SECONDS = 10.0
_COUNTERS = (
    *("Bytes_received", "Bytes_sent", "Com_commit", "Com_delete", "Com_insert", "Com_select", "Com_update"),
    *("Innodb_buffer_pool_read_requests", "Innodb_buffer_pool_reads", "Innodb_data_read", "Innodb_data_written"),
    *("Innodb_rows_deleted", "Innodb_rows_inserted", "Innodb_rows_read", "Innodb_rows_updated"),
    *("Innodb_row_lock_time", "Innodb_row_lock_waits", "Created_tmp_disk_tables", "Questions"),
)


class MySQLInspection:
    """Fulfils ``protocol.Inspection``."""

    def version(self, session: Session) -> str:
        """``MariaDB 10.11.19``, ``MySQL 9.7.4``."""
        own = own_session(session)
        release = _RELEASE.search(own.version_text)
        return f"{'MariaDB' if own.is_mariadb else 'MySQL'} {release[0] if release else own.version_text}"

    def preflight(
        self, session: Session, schema: Schema, tables: Sequence[Table], *, role: Side, online: bool
    ) -> list[Finding]:
        """Every reason why this server cannot play its part."""
        return preflight.findings(own_session(session), schema, tables, role=role, online=online)

    def count_values(
        self,
        session: Session,
        schema: str,
        table: Table,
        asked: Sequence[tuple[FormedColumn, Doubt]],
        key: Sequence[FormedColumn],
    ) -> list[CountedValues]:
        """How many rows hold each kind of value in doubt."""
        return count_values(own_session(session), schema, table, asked, key)

    def facts(self, session: Session) -> ServerFacts:
        """Clock, zone, room and limits."""
        return server_facts(own_session(session))

    def index_use(self, session: Session, schema: str) -> IndexUse:
        """How often each index was read."""
        return index_use(own_session(session), schema)

    def load(self, session: Session) -> ServerLoad:
        """How busy the server is now; what the account may not see counts as nothing."""
        own = own_session(session)
        running = own.execute("SHOW GLOBAL STATUS LIKE 'Threads_running'")
        return ServerLoad(
            running=int(str(running[0][1])),
            replica_lag_seconds=None,  # replicas tell their lag only themselves
            open_transaction_seconds=oldest_transaction_seconds(own) or 0.0,
        )

    def replica_lag(self, session: Session) -> float | None:
        """Seconds behind, the worst of several sources'."""
        return replica_lag(own_session(session))

    def explain(self, session: Session, sql: str) -> str | None:
        """None when the server can plan the statement, else its complaint."""
        own = own_session(session)
        # Not in a read-only transaction, which refuses to plan a change; prepared, as that takes one statement only.
        text = f"EXPLAIN {sql.rstrip().rstrip(';')}"
        try:
            with _limited(own, _EXPLAIN_SECONDS):
                own.execute(f"PREPARE planned FROM {own.literal(text)}")
                own.execute("EXECUTE planned")
                own.execute("DEALLOCATE PREPARE planned")
        except Refused as error:
            return error.problem
        return None

    def run_query(self, session: Session, sql: str, *, max_rows: int, timeout: float) -> QueryOutcome:
        """Run a query in a read-only transaction."""
        own = own_session(session)
        began = time.monotonic()
        try:
            columns, rows = _read_only(own, sql, max_rows=max_rows, seconds=timeout)
        except Interrupted as error:
            if time.monotonic() - began < timeout:
                raise
            raise Refused(
                f"The query took longer than {timeout:g} s.",
                mend="give it more time, make it faster on this server, or leave it out.",
                subject=own.address,
            ) from error
        if not columns:
            raise Refused("The statement returns no rows.", mend="run queries only, or leave it out.")
        return QueryOutcome(columns, rows, time.monotonic() - began)

    def boolean_values_only(self, session: Session, schema: str, table: Table, column: Column) -> bool:
        """Whether an integer column holds nothing but 0, 1 and NULL."""
        name = quote(column.name)
        return not session.execute(f"SELECT 1 FROM {quote(schema, table.name)} WHERE {name} NOT IN (0, 1) LIMIT 1")

    def name_rules(self, session: Session) -> NameRules:
        """What the server takes for a name; its tables' depend on lower_case_table_names."""
        ((_, value),) = session.execute("SHOW GLOBAL VARIABLES LIKE 'lower_case_table_names'")
        return name_rules(lowers_tables=str(value) == "1")

    def equal_keys(
        self, session: Session, parts: Sequence[KeyPart], keys: Iterable[tuple[str, ...]], *, examples: int
    ) -> EqualKeys:
        """Which of these keys a unique key of the columns would take for one."""
        return equal_keys(own_session(session), parts, keys, examples=examples)

    def counters(self, session: Session) -> Mapping[str, int]:
        """Figures of the server that only grow."""
        names = ", ".join(f"'{name}'" for name in _COUNTERS)
        rows = session.execute(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})")
        return {str(name).lower(): int(str(value)) for name, value in rows}

    def rows_written(self, session: Session) -> int:
        """Rows of the whole server, whose status knows no schemas; MariaDB has ceased to count InnoDB's own."""
        rows = session.execute(
            "SHOW GLOBAL STATUS WHERE Variable_name IN ('Innodb_rows_inserted', 'Innodb_rows_updated',"
            " 'Innodb_rows_deleted', 'Handler_write', 'Handler_update', 'Handler_delete')"
        )
        counted = {str(name).lower(): int(str(value)) for name, value in rows}
        of_innodb = [value for name, value in counted.items() if name.startswith("innodb_")]
        return sum(of_innodb) if of_innodb else sum(counted.values())


def _read_only(
    session: MySQLSession, statement: str, *, max_rows: int, seconds: float
) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """One statement in a read-only transaction that is rolled back."""
    with _limited(session, seconds):
        session.execute("START TRANSACTION READ ONLY")
        try:
            return session.execute_described(statement.rstrip().rstrip(";"), max_rows)
        finally:
            with suppress(MigrationError):  # a lost session rolls back by itself, and the statement's own error counts
                session.execute("ROLLBACK")


@contextmanager
def _limited(session: MySQLSession, seconds: float) -> Iterator[None]:
    """Statements inside end after so many seconds."""
    name, limit = (
        ("max_statement_time", f"{seconds:.3f}")
        if session.is_mariadb
        else ("max_execution_time", str(max(1, round(seconds * 1000))))
    )
    session.execute(f"SET SESSION {name} = {limit}")
    try:
        yield
    finally:
        with suppress(MigrationError):
            session.execute(f"SET SESSION {name} = 0")


__all__ = ["MySQLInspection"]
