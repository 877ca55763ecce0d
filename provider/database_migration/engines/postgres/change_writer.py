"""Applies captured changes.

Exactly once rests on three things: the caller commits changes and log position together; each change is a
whole row image put by its key, so that seeing one twice changes nothing; and nothing is skipped — a
conflict on another unique key, an update of which parts are missing, raise.

Statements go through libpq's pipeline: many are under way before the first answer is read, in their order, which
keeps the meaning of the source's transaction without waiting for each row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import psycopg
from psycopg.rows import TupleRow

from database_migration.engines.postgres.connection import (
    PostgresSession,
    connection_of,
    postgres_session,
    query,
    suppress_triggers,
)
from database_migration.engines.postgres.names import quote, shortened
from database_migration.engines.postgres.row_sql.folded_keys import keys_taken_for_one
from database_migration.engines.postgres.row_sql.row_ranges import source_of
from database_migration.engines.postgres.row_sql.values import parameter, transfer_sql
from database_migration.engines.postgres.server_errors import as_migration_error, translated
from database_migration.engines.postgres.write_statements import TableWriter, Writes, equals_sql
from database_migration.engines.protocol import Session
from database_migration.errors import Interrupted, Refused, SourceChanged, ValueRefused, ValuesMissing
from database_migration.model.change import Change, Value
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn, TablePair

ORIGIN_PREFIX = "database_migration_"
_IN_FLIGHT = 1000
_NAMES_TRIED = 9


class PostgresChangeWriter:
    """Fulfils ``protocol.ChangeWriter``."""

    def prepare(self, session: Session, origin: str) -> None:
        """Mark this session's writes, let them pass the fence, keep triggers and foreign keys from firing."""
        if not suppress_triggers(session, for_transaction=False):
            user = session.execute("SELECT current_user::text")[0][0]
            raise Refused(
                f"The user {user} may not set session_replication_role, so triggers would fire on applied changes.",
                mend=f"GRANT SET ON PARAMETER session_replication_role TO {quote(str(user))};"
                " (PostgreSQL 15 and later; before, the user has to be a superuser).",
                subject=postgres_session(session).address,
            )
        if not _take_origin(session, shortened(ORIGIN_PREFIX + origin)):
            postgres_session(session).marker = origin

    def apply(self, session: Session, schema: str, pairs: Mapping[str, TablePair], changes: Sequence[Change]) -> int:
        """Apply changes in order inside the caller's transaction; rows written."""
        own = postgres_session(session)
        written = 0
        for start in range(0, len(changes), _IN_FLIGHT):
            batch = changes[start : start + _IN_FLIGHT]
            # Looked up before the pipeline begins, in which an answer would have to be waited for.
            writers = {table: _writer(own, schema, pairs, table) for table in {change.table for change in batch}}
            writes = [(table, one) for table, changes in _runs(batch, own) for one in writers[table].writes(changes)]
            written += _execute(own.connection, writes)
        return written

    def matching(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        where: Mapping[str, Value],
    ) -> list[tuple[str | None, ...]]:
        """Transfer texts of rows whose columns equal ``where``."""
        values = ", ".join(transfer_sql(formed, f"t.{quote(formed.name)}").replace("%", "%%") for formed in columns)
        by_name = {formed.name: formed for formed in columns}
        known = {name: value for name, value in where.items() if value is None or isinstance(value, str)}
        conditions = " AND ".join(equals_sql(by_name[name], value) for name, value in known.items()) or "true"
        values_known = [parameter(by_name[name], value) for name, value in known.items() if value is not None]
        source = source_of(schema, table).replace("%", "%%")
        found = session.execute(f"SELECT {values} FROM {source} WHERE {conditions} AND 1 = %s", [*values_known, 1])
        return [tuple(None if value is None else str(value) for value in row) for row in found]


def _runs(changes: Sequence[Change], session: PostgresSession) -> list[tuple[str, list[Change]]]:
    """Changes by table, each table's in order.

    Where neither foreign keys nor triggers fire, what one transaction does to different tables may be done in any
    order; elsewhere only neighbours are taken together.
    """
    if session.suppresses_triggers:
        by_table: dict[str, list[Change]] = {}
        for change in changes:
            by_table.setdefault(change.table, []).append(change)
        return list(by_table.items())
    return [(table, list(found)) for table, found in groupby(changes, key=lambda change: change.table)]


def _writer(session: PostgresSession, schema: str, pairs: Mapping[str, TablePair], table: str) -> TableWriter:
    """The writer of a table, kept for the session; one whose key has no unique index yet is asked for anew."""
    if table not in pairs:
        raise SourceChanged(
            "The log holds a change of a table that is not part of the plan.",
            mend="plan the migration anew.",
            subject=table,
        )
    kept = session.writers.get((schema, table))
    if isinstance(kept, TableWriter) and kept.key_is_unique and kept.pair is pairs[table]:
        return kept
    writer = TableWriter(schema, pairs[table], key_is_unique=_key_is_unique(session, schema, pairs[table]))
    session.writers[schema, table] = writer
    return writer


def _execute(connection: psycopg.Connection[TupleRow], changes: Sequence[tuple[str, Writes]]) -> int:
    """Run the statements in one pipeline; rows written."""
    sent: list[tuple[str, Writes, list[psycopg.RawCursor[TupleRow]]]] = []
    try:
        with connection.pipeline():
            for table, writes in changes:
                cursors = [psycopg.RawCursor(connection) for _ in writes.statements]
                sent.append((table, writes, cursors))
                for cursor, write in zip(cursors, writes.statements, strict=True):
                    cursor.execute(query(write.sql), write.values or None, prepare=True)
    except UnicodeEncodeError:
        raise ValueRefused(
            "A text holds octets that are no characters.", mend="correct the row on the other side.", subject=None
        ) from None
    except psycopg.Error as error:
        mapped = as_migration_error(error, error.diag.table_name)
        raise mapped from None  # the original's text holds the row
    for table, writes, cursors in sent:
        if writes.must_put and not any(cursor.rowcount for cursor in cursors):
            raise keys_taken_for_one(table)
    missing = [
        (table, writes.partial)
        for table, writes, cursors in sent
        if writes.partial is not None and not any(cursor.rowcount for cursor in cursors)
    ]
    if missing:
        raise ValuesMissing(
            "An update that leaves large values out found no row to change.",
            mend="let replication go on: it reads the row again.",
            subject=missing[0][0],
            changes=tuple(change for _, change in missing),
        )
    return sum(max(cursor.rowcount, 0) for _, _, cursors in sent for cursor in cursors)


def _key_is_unique(session: Session, schema: str, pair: TablePair) -> bool:
    """Whether a unique index on exactly the key's columns exists now, which ON CONFLICT needs."""
    if not pair.row_key:
        return False
    found = session.execute(
        "SELECT 1 FROM pg_index AS i"
        " WHERE i.indrelid = %s::regclass AND i.indisunique AND i.indisvalid AND i.indimmediate"
        " AND i.indpred IS NULL AND i.indexprs IS NULL"
        ' AND (SELECT array_agg(a.attname::text ORDER BY a.attname::text COLLATE "C") FROM pg_attribute AS a'
        "      WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0 : i.indnkeyatts - 1])) = %s::text[]",
        [quote(schema, pair.target.name), _array(sorted(one.target.name for one in pair.row_key))],
    )
    return bool(found)


def _array(names: Sequence[str]) -> str:
    """An array constant of texts."""
    return "{" + ",".join('"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' for name in names) + "}"


def _take_origin(session: Session, name: str) -> bool:
    """Make this session write under a replication origin; False where the role is not allowed to.

    One session at a time can use an origin; that of a killed applier lives until its backend is gone, so a
    numbered neighbour is taken instead. Readers go by the prefix.
    """
    connection = connection_of(session)
    for number in range(1, _NAMES_TRIED + 1):
        candidate = name if number == 1 else shortened(f"{name[:58]}_{number}")
        try:
            with translated(), connection.transaction():
                connection.execute(
                    "SELECT pg_replication_origin_create(%s::text)"
                    " WHERE NOT EXISTS (SELECT FROM pg_replication_origin WHERE roname = %s)",
                    [candidate, candidate],
                )
            with translated(), connection.transaction():
                connection.execute(
                    "SELECT pg_replication_origin_session_setup(%s::text)"
                    " WHERE NOT pg_replication_origin_session_is_setup()",
                    [candidate],
                )
        except Interrupted as error:
            if connection.closed or number == _NAMES_TRIED:
                raise error
            continue
        except Refused:
            return False  # no EXECUTE on the origin functions: transactions carry a marker message instead
        return True
    return False


__all__ = ["ORIGIN_PREFIX", "PostgresChangeWriter"]
