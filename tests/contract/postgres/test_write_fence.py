"""The write fence: everyone but the applier, all tables or none, within its time."""

from __future__ import annotations

import threading
import time

import pytest

from contract.postgres.pairs import SCHEMA
from database_migration.engines.postgres import ENGINE
from database_migration.engines.postgres.connection import PostgresSession
from database_migration.errors import Interrupted, MigrationError, Refused, SourceChanged

FENCE = ENGINE.fence
TABLES = ["a", "b", "p"]


@pytest.fixture(autouse=True)
def tables(session: PostgresSession) -> None:
    session.execute(
        "CREATE TABLE a (id int PRIMARY KEY);"
        "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE);"
        "CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id);"
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);"
        "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1)"
    )


WRITES = [
    "INSERT INTO a VALUES (2)",
    "UPDATE a SET id = 3",
    "DELETE FROM a",
    "TRUNCATE a CASCADE",
    "INSERT INTO b VALUES (2, 1) ON CONFLICT DO NOTHING",
    "INSERT INTO p VALUES (2)",
    "INSERT INTO p1 VALUES (2)",
    "UPDATE a SET id = id WHERE false",
    "SET session_replication_role = replica; INSERT INTO a VALUES (2)",
]


def test_everyone_is_kept_out_until_it_is_lowered(session: PostgresSession, second_session: PostgresSession) -> None:
    assert not FENCE.is_up(session, SCHEMA, TABLES)
    outcome = FENCE.raise_(session, SCHEMA, TABLES, timeout=5)
    assert (outcome.tables, outcome.sessions_ended) == (3, 0)
    assert outcome.seconds < 5
    assert FENCE.is_up(session, SCHEMA, TABLES)
    for write in WRITES:
        with pytest.raises(Refused, match="write fence"):
            second_session.execute(write)
    assert second_session.execute("SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM p)") == [(1, 0)]
    FENCE.raise_(session, SCHEMA, TABLES, timeout=5)
    for _ in range(2):
        FENCE.lower(session, SCHEMA, TABLES)
    assert not FENCE.is_up(session, SCHEMA, TABLES)
    second_session.execute("RESET session_replication_role")
    for number, write in enumerate(WRITES[:1] + WRITES[5:]):
        second_session.execute(write.replace("(2)", f"({number + 5})"))
    assert session.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'database_migration'") == [(0,)]


def test_a_control_schema_in_use_stays(session: PostgresSession) -> None:
    session.execute("CREATE SCHEMA database_migration CREATE TABLE ledger (id int)")
    FENCE.raise_(session, SCHEMA, TABLES, timeout=5)
    FENCE.lower(session, SCHEMA, TABLES)
    assert session.execute("SELECT count(*) FROM database_migration.ledger") == [(0,)]


def test_our_applier_passes(session: PostgresSession, second_session: PostgresSession) -> None:
    FENCE.raise_(session, SCHEMA, TABLES, timeout=5)
    ENGINE.writer.prepare(second_session, "reverse")
    second_session.execute("INSERT INTO a VALUES (2); DELETE FROM b; INSERT INTO p VALUES (7)")
    assert session.execute("SELECT count(*) FROM a") == [(2,)]


def test_open_transactions_are_waited_for(session: PostgresSession, second_session: PostgresSession) -> None:
    second_session.connection.execute("BEGIN")
    second_session.execute("INSERT INTO a VALUES (2)")
    finish = threading.Timer(1.2, lambda: second_session.execute("COMMIT"))
    finish.start()
    outcome = FENCE.raise_(session, SCHEMA, TABLES, timeout=20)
    finish.join()
    assert 1.0 < outcome.seconds < 10
    assert session.execute("SELECT count(*) FROM a") == [(2,)]


def test_idle_transactions_are_ended_when_half_the_time_is_gone(
    session: PostgresSession, second_session: PostgresSession
) -> None:
    second_session.connection.execute("BEGIN")
    second_session.execute("INSERT INTO a VALUES (2)")
    outcome = FENCE.raise_(session, SCHEMA, TABLES, timeout=3)
    assert outcome.sessions_ended == 1
    assert session.execute("SELECT count(*) FROM a") == [(1,)]
    with pytest.raises(Interrupted):
        second_session.execute("COMMIT")


def test_a_writer_at_work_is_not_ended_and_nothing_is_fenced(
    session: PostgresSession, second_session: PostgresSession
) -> None:
    second_session.connection.execute("BEGIN")
    second_session.execute("INSERT INTO b VALUES (2, 1)")
    busy = threading.Thread(target=lambda: second_session.execute("SELECT pg_sleep(3)"))
    busy.start()
    with pytest.raises(Interrupted, match="process"):
        FENCE.raise_(session, SCHEMA, TABLES, timeout=1)
    busy.join()
    second_session.execute("COMMIT")
    assert not FENCE.is_up(session, SCHEMA, TABLES)
    session.execute("INSERT INTO a VALUES (2)")


def test_writers_that_take_two_tables_in_another_order_do_not_deadlock(
    session: PostgresSession, second_session: PostgresSession
) -> None:
    stop, errors = threading.Event(), []

    def write() -> None:
        n = 10
        while not stop.is_set():
            n += 1
            try:
                with second_session.transaction():
                    second_session.execute(f"INSERT INTO b VALUES ({n}, 1)")
                    time.sleep(0.02)
                    second_session.execute(f"INSERT INTO a VALUES ({n})")
            except MigrationError as error:
                errors.append(str(error))
                return

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(0.2)
    assert FENCE.raise_(session, SCHEMA, TABLES, timeout=20).seconds < 5
    counts = session.execute("SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b)")
    time.sleep(0.3)
    stop.set()
    writer.join()
    assert session.execute("SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b)") == counts
    assert counts[0][0] == counts[0][1]
    assert len(errors) == 1
    assert "write fence" in errors[0]


def test_a_missing_table_is_a_changed_source(session: PostgresSession) -> None:
    with pytest.raises(SourceChanged):
        FENCE.raise_(session, SCHEMA, ["a", "gone"], timeout=1)
    assert not FENCE.is_up(session, SCHEMA, ["a"])
    assert not FENCE.is_up(session, SCHEMA, ["a", "gone"])
    FENCE.lower(session, SCHEMA, ["gone"])


def test_fence_triggers_are_not_reported_as_code(session: PostgresSession) -> None:
    before = ENGINE.catalog.read(session, SCHEMA)
    FENCE.raise_(session, SCHEMA, TABLES, timeout=5)
    assert ENGINE.catalog.read(session, SCHEMA) == before
    assert ENGINE.triggers.needed(session, SCHEMA, TABLES) == []
