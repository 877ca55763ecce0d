"""The change log when the server is killed, shut down, or throws its log away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from contract.postgres.pairs import SCHEMA, formed
from database_migration.engines.postgres import ENGINE
from database_migration.engines.postgres.connection import PostgresSession, postgres_session
from database_migration.engines.protocol import Endpoint
from database_migration.errors import Interrupted, MigrationError, PositionLost
from database_migration.model.change import ChangeTransaction
from fixtures.servers import PostgresServer


@pytest.fixture(scope="module")
def server(servers_folder: Path) -> Iterator[PostgresServer]:
    settings: dict[str, str | int | bool | None] = {
        "max_slot_wal_keep_size": "32MB",
        "max_wal_size": "32MB",
        "min_wal_size": "32MB",
        "checkpoint_timeout": "30s",
        "max_prepared_transactions": 5,
    }
    with PostgresServer(servers_folder / "fragile", settings=settings) as started:
        yield started


@pytest.fixture
def endpoint(server: PostgresServer) -> Iterator[Endpoint]:
    database = server.create_database("fragile")
    database.execute(f"CREATE SCHEMA {SCHEMA} CREATE TABLE t (id bigint PRIMARY KEY, a text)")
    yield Endpoint("postgres", server.host, server.port, server.root_user, server.root_password, "fragile", SCHEMA)
    server.drop_database("fragile")


def connect(endpoint: Endpoint) -> PostgresSession:
    return postgres_session(ENGINE.connect(endpoint, purpose="contract test"))


def ids(transactions: list[ChangeTransaction]) -> list[str]:
    return [str(change.after["id"]) for one in transactions for change in one.changes if change.after]


def test_prepared_transactions_are_told_when_they_are_committed(endpoint: Endpoint) -> None:
    session = connect(endpoint)
    table = ENGINE.catalog.read(session, SCHEMA).table("t")
    log = ENGINE.change_log(endpoint)
    start = log.start("shop", SCHEMA, ["t"])
    session.execute("BEGIN; INSERT INTO t VALUES (1); SAVEPOINT s; INSERT INTO t VALUES (9); ROLLBACK TO s")
    session.execute("PREPARE TRANSACTION 'two'")
    session.execute("INSERT INTO t VALUES (2)")
    session.execute("BEGIN; INSERT INTO t VALUES (3); ROLLBACK")
    session.execute("COMMIT PREPARED 'two'")
    session.execute("INSERT INTO t VALUES (4)")
    end, found = log.end(), []
    reader = log.read("shop", {"t": formed(table)}, SCHEMA, start, idle_seconds=0.2)
    with closing(reader):  # type: ignore[type-var]
        for one in reader:
            found.append(one)
            if one.position >= end:
                break
    assert ids(found) == ["2", "1", "4"]
    log.stop("shop")
    session.close()


def test_a_killed_server_interrupts_and_the_log_resumes(server: PostgresServer, endpoint: Endpoint) -> None:
    session = connect(endpoint)
    table = ENGINE.catalog.read(session, SCHEMA).table("t")
    log = ENGINE.change_log(endpoint)
    start = log.start("shop", SCHEMA, ["t"])
    session.execute("INSERT INTO t VALUES (1)")
    reader = log.read("shop", {"t": formed(table)}, SCHEMA, start, idle_seconds=0.2)
    first = next(one for one in reader if one.changes)
    session.execute("INSERT INTO t VALUES (2)")
    server.kill()
    seen = [first]
    with pytest.raises(Interrupted):
        seen += reader
    with pytest.raises(MigrationError):
        log.end()
    server.start()
    session.close()
    session = connect(endpoint)
    session.execute("INSERT INTO t VALUES (3)")
    end, again = log.end(), []
    reader = log.read("shop", {"t": formed(table)}, SCHEMA, first.position, idle_seconds=0.2)
    with closing(reader):  # type: ignore[type-var]
        for one in reader:
            again.append(one)
            if one.position >= end:
                break
    assert ids(again) == ["2", "3"]
    log.stop("shop")
    session.close()


def test_a_reader_that_confirms_does_not_hold_up_a_shutdown(server: PostgresServer, endpoint: Endpoint) -> None:
    session = connect(endpoint)
    table = ENGINE.catalog.read(session, SCHEMA).table("t")
    log = ENGINE.change_log(endpoint)
    start = log.start("shop", SCHEMA, ["t"])
    session.execute("INSERT INTO t VALUES (1)")
    stopping = threading.Thread(target=server.stop)
    with pytest.raises(Interrupted):  # noqa: PT012  (the loop is what is interrupted)
        for one in log.read("shop", {"t": formed(table)}, SCHEMA, start, idle_seconds=0.2):
            log.confirm("shop", one.position)
            if one.changes:
                stopping.start()
    stopping.join(30)
    assert not stopping.is_alive()
    session.close()
    server.start()
    log.stop("shop")


def test_log_that_was_thrown_away_is_a_lost_position(server: PostgresServer, endpoint: Endpoint) -> None:
    session = connect(endpoint)
    table = ENGINE.catalog.read(session, SCHEMA).table("t")
    log = ENGINE.change_log(endpoint)
    start = log.start("shop", SCHEMA, ["t"])
    for _ in range(8):
        session.execute(
            "CREATE TABLE filler AS SELECT repeat('x', 1000) FROM generate_series(1, 20000); DROP TABLE filler"
        )
        session.execute("CHECKPOINT")
    with pytest.raises(PositionLost, match="max_slot_wal_keep_size"):
        next(log.read("shop", {"t": formed(table)}, SCHEMA, start, idle_seconds=0.2))
    with pytest.raises(PositionLost):
        log.start("shop", SCHEMA, ["t"])
    log.stop("shop")
    session.close()
