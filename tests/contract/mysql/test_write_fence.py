"""The fence binds every account at one moment, waits for open transactions, and lets our applier pass."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.mysql.trigger_hold import MySQLTriggerHold
from database_migration.engines.mysql.write_fence import PASS_VARIABLE, MySQLWriteFence
from database_migration.errors import Interrupted, MigrationError
from fixtures.servers import Database

FENCE = MySQLWriteFence()
HOLD = MySQLTriggerHold()
TABLES = ("plain", "odd `name")


Connect = Callable[[], MySQLSession]


@pytest.fixture
def place(database: Database) -> Database:
    database.execute("CREATE TABLE plain (id int PRIMARY KEY, n int)")
    database.execute("CREATE TABLE `odd ``name` (id int PRIMARY KEY, n int)")
    database.execute("INSERT INTO plain VALUES (1, 1)")
    return database


def writes(place: Database, sql: str) -> str:
    """Runs a write as the server's root; the complaint, or '' when it went through."""
    try:
        place.execute(sql)
    except Exception as error:  # noqa: BLE001  the driver's own classes differ
        return str(error)
    return ""


def test_nobody_writes_through_not_even_root(place: Database, session: MySQLSession) -> None:
    FENCE.raise_(session, place.database, TABLES, timeout=5)
    for statement in (
        "INSERT INTO plain VALUES (2, 2)",
        "UPDATE plain SET n = 5 WHERE id = 1",
        "DELETE FROM plain WHERE id = 1",
        "REPLACE INTO plain VALUES (1, 9)",
        "INSERT INTO `odd ``name` VALUES (1, 1)",
    ):
        assert "database_migration write fence" in writes(place, statement)
    assert place.execute("SELECT id, n FROM plain") == [(1, 1)]


def test_our_applier_passes(place: Database, session: MySQLSession) -> None:
    FENCE.raise_(session, place.database, TABLES, timeout=5)
    session.execute(f"SET {PASS_VARIABLE} = 1")
    session.execute("INSERT INTO plain VALUES (2, 2)")
    assert place.execute("SELECT count(*) FROM plain") == [(2,)]


def test_twice_up_is_once_and_twice_down_is_once(place: Database, session: MySQLSession) -> None:
    assert not FENCE.is_up(session, place.database, TABLES)
    FENCE.raise_(session, place.database, TABLES, timeout=5)
    FENCE.raise_(session, place.database, TABLES, timeout=5)
    assert FENCE.is_up(session, place.database, TABLES)
    FENCE.lower(session, place.database, TABLES)
    FENCE.lower(session, place.database, TABLES)
    assert not FENCE.is_up(session, place.database, TABLES)
    assert writes(place, "INSERT INTO plain VALUES (2, 2)") == ""


def test_one_open_table_is_not_a_fence(place: Database, session: MySQLSession) -> None:
    FENCE.raise_(session, place.database, TABLES[:1], timeout=5)
    assert not FENCE.is_up(session, place.database, TABLES)


def test_an_open_transaction_is_waited_for(place: Database, session: MySQLSession, connect: Connect) -> None:
    writer = connect()
    writer.execute("START TRANSACTION")
    writer.execute("UPDATE plain SET n = 7 WHERE id = 1")

    def commit_later() -> None:
        time.sleep(1)
        writer.execute("COMMIT")

    thread = threading.Thread(target=commit_later)
    thread.start()
    outcome = FENCE.raise_(session, place.database, TABLES, timeout=10)
    thread.join()
    assert outcome.seconds >= 0.9
    assert place.execute("SELECT n FROM plain") == [(7,)]


def test_a_transaction_that_stays_open_leaves_no_fence_behind(
    place: Database, session: MySQLSession, connect: Connect
) -> None:
    writer = connect()
    writer.execute("START TRANSACTION")
    writer.execute("UPDATE plain SET n = 7 WHERE id = 1")
    with pytest.raises(Interrupted, match="could not be fenced"):
        FENCE.raise_(session, place.database, TABLES, timeout=1)
    writer.execute("COMMIT")
    assert writes(place, "INSERT INTO plain VALUES (2, 2)") == ""


def test_a_missing_table_is_an_error_and_leaves_no_fence(place: Database, session: MySQLSession) -> None:
    with pytest.raises(MigrationError):
        FENCE.raise_(session, place.database, ("plain", "gone"), timeout=1)
    assert writes(place, "INSERT INTO plain VALUES (2, 2)") == ""


def test_triggers_come_back_as_they_were(place: Database, session: MySQLSession) -> None:
    place.execute("CREATE TRIGGER doubled BEFORE INSERT ON plain FOR EACH ROW SET NEW.n = NEW.n * 2")
    FENCE.raise_(session, place.database, TABLES, timeout=5)
    held = HOLD.needed(session, place.database, TABLES)
    assert [(trigger.name, trigger.table) for trigger in held] == [("doubled", "plain")]
    FENCE.lower(session, place.database, TABLES)
    HOLD.take_down(session, place.database, held)
    HOLD.take_down(session, place.database, held)
    place.execute("INSERT INTO plain VALUES (2, 10)")
    HOLD.put_back(session, place.database, held)
    HOLD.put_back(session, place.database, held)
    place.execute("INSERT INTO plain VALUES (3, 10)")
    assert place.execute("SELECT id, n FROM plain WHERE id > 1 ORDER BY id") == [(2, 10), (3, 20)]
    assert HOLD.needed(session, place.database, TABLES) == held
