"""Publication and replication slot of one migration, seen through SQL."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import cast

from database_migration.engines.postgres.connection import PostgresSession
from database_migration.engines.postgres.log.replication_stream import format_lsn, parse_lsn
from database_migration.engines.postgres.names import quote, shortened
from database_migration.errors import Interrupted, PositionLost, Refused

_START_AGAIN = (
    "before the cutover, clear the tasks start_capture and reach_copy_end (and what follows it): capture starts anew,"
    " the tables are compared, and only rows that differ are written again. Else roll back and start a new run."
)
_CREATION_TIMEOUT = "120s"
_DROP_TRIES = 40
_DROP_TRY_MILLISECONDS = 300


def publish(session: PostgresSession, publication: str, schema: str, tables: Sequence[str]) -> bool:
    """Make the publication hold exactly these tables; whether it is new.

    Changes of partitions are published as their parent's.
    """
    if not tables:
        raise Refused("No table is selected.", mend="select at least one table in the spec.", subject=schema)
    names = ", ".join(f"ONLY {quote(schema, table)}" for table in tables)
    exists = session.execute("SELECT 1 FROM pg_publication WHERE pubname = %s", [publication])
    if exists:
        current = session.execute(
            "SELECT n.nspname, c.relname FROM pg_publication AS p JOIN pg_publication_rel AS r ON r.prpubid = p.oid"
            " JOIN pg_class AS c ON c.oid = r.prrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace"
            " WHERE p.pubname = %s",
            [publication],
        )
        if {tuple(row) for row in current} != {(schema, table) for table in tables}:
            session.execute(f"ALTER PUBLICATION {quote(publication)} SET TABLE {names}")
        return False
    session.execute(
        f"CREATE PUBLICATION {quote(publication)} FOR TABLE {names}"
        " WITH (publish = 'insert, update, delete, truncate', publish_via_partition_root = true)"
    )
    return True


def create(session: PostgresSession, slot: str) -> int | None:
    """The consistent point of a new slot; None when it exists already."""
    found = _state(session, slot)
    if found is not None:
        if found[1] == "lost":
            raise PositionLost(
                "The server threw away log that the replication slot needed.", mend=_START_AGAIN, subject=slot
            )
        return None
    # Creation waits for every transaction that is open now.
    session.execute(f"SET statement_timeout = '{_CREATION_TIMEOUT}'")
    try:
        created = session.execute("SELECT lsn::text FROM pg_create_logical_replication_slot(%s, 'pgoutput')", [slot])
    except Interrupted as error:
        raise Interrupted(
            f"The replication slot could not be created within {_CREATION_TIMEOUT}: {error.problem}",
            mend="end the transactions that have been open for long (see pg_stat_activity), then try again.",
            subject=slot,
        ) from error
    finally:
        if not session.connection.closed:
            session.execute("SET statement_timeout = 0")
    return parse_lsn(str(created[0][0]))


def log_end(session: PostgresSession) -> int:
    """The end of the log as an LSN, followed by a record of ours.

    The insert position may stand behind a page header that no record ends at, and commits with
    synchronous_commit off are not flushed yet: a flushed message after it makes sure that a reader passes.
    """
    end = str(session.execute("SELECT pg_current_wal_insert_lsn()::text")[0][0])
    session.execute("SET synchronous_commit = local")
    session.execute("SELECT pg_logical_emit_message(true, 'database_migration', 'end')")
    return parse_lsn(end)


def log_now(session: PostgresSession) -> tuple[int, datetime]:
    """How far the log is written, and the server's time at which it was (UTC)."""
    end, moment = session.execute("SELECT pg_current_wal_flush_lsn()::text, clock_timestamp()")[0]
    return parse_lsn(str(end)), cast(datetime, moment).astimezone(UTC)


def check_reaches(session: PostgresSession, slot: str, after: int) -> None:
    """Raise PositionLost unless the slot still holds all that commits after a position."""
    found = _state(session, slot)
    if found is None:
        raise PositionLost("The replication slot is gone.", mend=_START_AGAIN, subject=slot)
    confirmed, status = found
    if status == "lost":
        raise PositionLost(
            "The server threw away log that the replication slot needed (max_slot_wal_keep_size).",
            mend=_START_AGAIN,
            subject=slot,
        )
    if confirmed > after:
        raise PositionLost(
            f"The slot begins at {format_lsn(confirmed)}, after the position {format_lsn(after)} asked for.",
            mend=_START_AGAIN,
            subject=slot,
        )


def _state(session: PostgresSession, slot: str) -> tuple[int, str] | None:
    found = session.execute(
        "SELECT confirmed_flush_lsn::text, coalesce(wal_status, '') FROM pg_replication_slots"
        " WHERE slot_name = %s AND database = current_database()",
        [slot],
    )
    return (parse_lsn(str(found[0][0] or "0/0")), str(found[0][1])) if found else None


def advance(session: PostgresSession, slot: str, to: int) -> None:
    """Move the slot's confirmed position forward; a slot that somebody reads is confirmed by its reader."""
    session.execute(
        "SELECT pg_replication_slot_advance(slot_name, least(%s::pg_lsn, pg_current_wal_flush_lsn()))"
        " FROM pg_replication_slots"
        " WHERE slot_name = %s AND NOT active AND confirmed_flush_lsn < %s::pg_lsn",
        [format_lsn(to), slot, format_lsn(to)],
    )


def drop(session: PostgresSession, slot: str) -> None:
    """Drop the slot, ending a reader that is still on it; twice is once."""
    session.execute(
        "SELECT pg_terminate_backend(active_pid, 5000) FROM pg_replication_slots"
        " WHERE slot_name = %s AND active_pid IS NOT NULL",
        [slot],
    )
    session.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s", [slot])


def drop_publication(session: PostgresSession, publication: str) -> None:
    """Drop the publication while nobody writes to its tables; twice is once.

    A writer that meets a publication in the moment of its end fails ("cache lookup failed for publication"), so the
    tables are locked for that moment, in short tries that a busy application does not notice.

    :raises Interrupted: open transactions held a table for all of the tries.
    """
    members = session.execute(
        "SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = %s", [publication]
    )
    names = ", ".join(quote(str(schema), str(table)) for schema, table in members)
    for left in reversed(range(_DROP_TRIES)):
        try:
            with session.transaction():
                session.execute(f"SET LOCAL lock_timeout = '{_DROP_TRY_MILLISECONDS}ms'")
                if names:
                    session.execute(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")
                session.execute(f"DROP PUBLICATION IF EXISTS {quote(publication)}")
            return
        except Interrupted:
            if not left:
                raise
            time.sleep(0.1)


def drop_origins(session: PostgresSession, migration: str) -> None:
    """Drop the replication origins of a migration's appliers, its numbered neighbours included."""
    first = shortened(f"database_migration_{migration}")
    names = [first, *(shortened(f"{first[:58]}_{number}") for number in range(2, 10))]
    for name in names:
        # An origin that an applier still writes under is that applier's: it is left, and dropped next time.
        with suppress(Interrupted):
            session.execute(
                "SELECT pg_replication_origin_drop(roname) FROM pg_replication_origin WHERE roname = %s", [name]
            )


def retained_bytes(session: PostgresSession, slot: str, after: int) -> int:
    """Bytes from the slot's restart point, or from a position if that is older, to the log's end."""
    found = session.execute(
        "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), least(%s::pg_lsn, coalesce("
        " (SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = %s), %s::pg_lsn)))::bigint",
        [format_lsn(after), slot, format_lsn(after)],
    )
    return max(int(str(found[0][0])), 0)


__all__ = [
    "advance",
    "check_reaches",
    "create",
    "drop",
    "drop_origins",
    "drop_publication",
    "log_end",
    "log_now",
    "publish",
    "retained_bytes",
]
