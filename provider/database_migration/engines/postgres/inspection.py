"""Looks at a PostgreSQL server without changing anything."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import psycopg

from database_migration.engines.postgres import sql
from database_migration.engines.postgres.connection import connection_of, query, release_of
from database_migration.engines.postgres.index_use import index_use
from database_migration.engines.postgres.names import RULES, quote
from database_migration.engines.postgres.preflight import reasons as preflight
from database_migration.engines.postgres.preflight.values import count_values
from database_migration.engines.postgres.row_sql.equal_keys import equal_keys
from database_migration.engines.postgres.row_sql.row_ranges import source_of
from database_migration.engines.postgres.server_errors import server_words, translated
from database_migration.engines.postgres.server_facts import server_facts
from database_migration.engines.protocol import (
    CountedValues,
    EqualKeys,
    IndexUse,
    KeyPart,
    QueryOutcome,
    Row,
    ServerFacts,
    ServerLoad,
    Session,
)
from database_migration.errors import Refused
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding
from database_migration.model.schema import Column, Schema, Table
from database_migration.model.table_selection import FormedColumn
from database_migration.model.target_names import NameRules
from database_migration.model.unfit_value import Doubt

_EXPLAIN_TIMEOUT = "10s"


class PostgresInspection:
    """Fulfils ``protocol.Inspection``."""

    def version(self, session: Session) -> str:
        """``PostgreSQL 15.18``."""
        return f"PostgreSQL {release_of(str(session.execute('SHOW server_version')[0][0]))}"

    def preflight(
        self, session: Session, schema: Schema, tables: Sequence[Table], *, role: Side, online: bool
    ) -> list[Finding]:
        """Every reason why this server cannot play its part."""
        return preflight.findings(session, schema, tables, role=role, online=online)

    def count_values(
        self,
        session: Session,
        schema: str,
        table: Table,
        asked: Sequence[tuple[FormedColumn, Doubt]],
        key: Sequence[FormedColumn],
    ) -> list[CountedValues]:
        """How many rows hold each kind of value in doubt."""
        return count_values(session, schema, table, asked, key)

    def facts(self, session: Session) -> ServerFacts:
        """Clock, zone and limits."""
        return server_facts(session)

    def index_use(self, session: Session, schema: str) -> IndexUse:
        """How often each index was read."""
        return index_use(session, schema)

    def load(self, session: Session) -> ServerLoad:
        """How busy the server is now."""
        running, lag, age = session.execute(sql.load("load"))[0]
        return ServerLoad(
            running=int(str(running)),
            replica_lag_seconds=None if lag is None else float(str(lag)),
            open_transaction_seconds=float(str(age)),
        )

    def replica_lag(self, session: Session) -> float | None:
        """Seconds between now and the last transaction that was replayed, where there is more to replay."""
        ((lag,),) = session.execute(sql.load("replica_lag"))
        return None if lag is None else float(str(lag))

    def explain(self, session: Session, sql: str) -> str | None:
        """None when the server can plan the statement, else its complaint."""
        try:
            _read_only(session, f"EXPLAIN {sql}", max_rows=0, timeout=_EXPLAIN_TIMEOUT)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:
                with translated():
                    raise
            return server_words(error)
        except psycopg.Error as error:
            return server_words(error)
        return None

    def run_query(self, session: Session, sql: str, *, max_rows: int, timeout: float) -> QueryOutcome:
        """Run a query in a read-only transaction."""
        began = time.monotonic()
        with translated():
            try:
                columns, rows = _read_only(session, sql, max_rows=max_rows, timeout=f"{int(timeout * 1000)}ms")
                if not columns:
                    raise Refused("The statement returns no rows.", mend="run queries only, or leave it out.")
            except psycopg.errors.QueryCanceled as error:
                raise Refused(
                    f"The query took longer than {timeout:g} s.",
                    mend="give it more time, make it faster on this server, or leave it out.",
                ) from error
        return QueryOutcome(columns, rows, time.monotonic() - began)

    def boolean_values_only(self, session: Session, schema: str, table: Table, column: Column) -> bool:
        """Whether an integer column holds nothing but 0, 1 and NULL."""
        found = session.execute(
            f"SELECT 1 FROM {source_of(schema, table)} WHERE t.{quote(column.name)} NOT IN (0, 1) LIMIT 1"
        )
        return not found

    def name_rules(self, session: Session) -> NameRules:
        """What the server takes for a name."""
        return RULES

    def equal_keys(
        self, session: Session, parts: Sequence[KeyPart], keys: Iterable[tuple[str, ...]], *, examples: int
    ) -> EqualKeys:
        """Which of these keys a unique key of the columns would take for one."""
        return equal_keys(session, parts, keys, examples=examples)

    def counters(self, session: Session) -> Mapping[str, int]:
        """Figures of this database that only grow."""
        with connection_of(session).cursor() as cursor, translated():
            cursor.execute(query(sql.load("counters")))
            names = [column.name for column in cursor.description or ()]
            row = cast(tuple[Any, ...], cursor.fetchone())
        return {name: int(value) for name, value in zip(names, row, strict=True)}

    def rows_written(self, session: Session) -> int:
        """Rows of this database; the server's statistics are up to a second behind."""
        counted = self.counters(session)
        return sum(counted[f"tup_{how}"] for how in ("inserted", "updated", "deleted"))


def _read_only(session: Session, statement: str, *, max_rows: int, timeout: str) -> tuple[tuple[str, ...], list[Row]]:
    """One statement in a read-only transaction that is rolled back; a second one behind a ``;`` is refused.

    Prepared, as the extended protocol takes a single statement only.
    """
    connection = connection_of(session)
    with connection.transaction(force_rollback=True):
        connection.execute(query(f"SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = '{timeout}'"))
        with connection.cursor() as cursor:
            cursor.execute(query(statement.rstrip().rstrip(";")), prepare=True)
            names = tuple(column.name for column in cursor.description or ())
            rows = cast(list[Row], cursor.fetchmany(max_rows)) if max_rows and names else []
    return names, rows


__all__ = ["PostgresInspection"]
