"""The copy goes easy on real servers: replicas that lag, queries of the user's, limits per second."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from database_migration.errors import Interrupted
from database_migration.model.control import LaneState, Limit
from database_migration.model.report import Severity
from database_migration.steps.chunked_copy import (
    ChunkedCopyOptions,
    copy_lane,
    finish_copy,
    lane_watch,
    progress,
    throttle,
)
from database_migration.steps.preflight import PreflightOptions, preflight
from database_migration.steps.run import Database as MigrationDatabase
from database_migration.steps.run import MigrationRun
from fixtures.servers import MariaDBServer, PostgresServer
from fixtures.servers.replicas import mariadb_replica, postgres_standby
from integration.conftest import MakeRun, endpoint_of
from integration.readings import fill_readings, lanes_now, options, ready_to_copy, sums

WAYS = [("mariadb", "postgres"), ("postgres", "mariadb")]


there = pytest.mark.parametrize("run", WAYS[:1], indirect=True, ids=["there"])


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits are looked at more often than a real copy does."""
    monkeypatch.setattr(throttle, "_LOOK_AGAIN", 0.2)
    monkeypatch.setattr(throttle, "_LOOK_EVERY", 0.0)
    monkeypatch.setattr(lane_watch, "_LOOK_EVERY", 0.2)


@pytest.fixture(params=WAYS, ids=lambda way: "-".join(way))
def run(request: pytest.FixtureRequest, make_run: MakeRun) -> MigrationRun:
    """An offline run between two servers."""
    source, target = (request.getfixturevalue(name) for name in request.param)
    return make_run(source, target, online=False)


@contextmanager
def copying(run: MigrationRun, said: ChunkedCopyOptions, **more: Any) -> Iterator[list[Future[Any]]]:
    """Lanes at work on threads; their errors are raised at the end."""
    with ThreadPoolExecutor() as lanes:
        working = [lanes.submit(copy_lane, run, said, lane, **more) for lane in range(said.lanes)]
        yield working
        for one in working:
            one.result(60)


def until(true: Callable[[], Any], seconds: float = 20) -> Any:
    """The first truthy answer."""
    deadline = time.monotonic() + seconds
    while not (answer := true()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return answer


def test_all_lanes_together_keep_to_the_limit_within_a_chunk(run: MigrationRun) -> None:
    said = options(lanes=2, max_rows_per_second=10_000, chunk_rows=15_000, format="text")
    ready_to_copy(run, said, 30_000)
    began = time.monotonic()
    seen: list[int] = []
    with copying(run, said) as working:
        while not all(one.done() for one in working):
            seen.append(sum(lane.rows for lane in lanes_now(run).values() if lane.state is LaneState.LIMITED))
            time.sleep(0.1)
    seconds = time.monotonic() - began
    assert seconds > 2.2  # three, of which each lane may make up for half a one
    assert len(set(seen)) > 4, seen  # it is smooth: rows pass all the time and are told of before the chunk is done
    assert sums(run.source) == sums(run.target)
    summary = finish_copy(run, said).summary
    assert summary["bottleneck"] == "limit"
    assert float(str(summary["held_seconds"])) > 1


def test_a_limit_set_meanwhile_holds_at_once_and_may_be_taken_back(run: MigrationRun) -> None:
    said = options()
    ready_to_copy(run, said, 30_000)
    with run.ledger() as ledger:
        ledger.controls.set_limit(Limit(bytes_per_second=600_000), who="dba", why="too hot")
    with copying(run, said) as (lane,):
        now = until(lambda: lanes_now(run).get(0))
        assert until(lambda: lanes_now(run)[0].rows > 0)
        assert not lane.done()
        assert (now.state, now.reason) == (LaneState.LIMITED, "limited to 0.6 MB/s for all lanes together")
        with run.ledger() as ledger:
            ledger.controls.set_limit(None, who="dba", why="cool again")
        taken_back = time.monotonic()
        lane.result(60)
    assert time.monotonic() - taken_back < 5  # the rest would take ten seconds
    assert sums(run.source) == sums(run.target)


@there
def test_a_large_chunk_tells_the_log_how_far_it_is(
    run: MigrationRun, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_SAY_EVERY", 0.4)
    caplog.set_level(logging.INFO)
    said = options(max_rows_per_second=8_000)
    ready_to_copy(run, said, 20_000)
    copy_lane(run, said, 0)
    with run.ledger() as ledger:
        assert [line.chunks for line in ledger.chunks.progress()] == [1]
    told = [record.message for record in caplog.records if "All tables" in record.message]
    assert len(told) > 2
    assert all(" rows/s, about " in line for line in told)
    assert int(told[0].split()[1].replace(",", "")) < 15_000  # of the one chunk's 20,000


@pytest.mark.parametrize(
    ("run", "query", "reason"),
    [
        (WAYS[0], {"sql": "SELECT count(*) FROM brake", "above": 0}, "gives 1, more than 0"),
        (WAYS[1], {"sql": "SELECT count(*) > 0 FROM brake", "is": True}, "gives true"),
        (WAYS[0], {"sql": "SELECT max(n) FROM brake WHERE n < 0", "above": 3, "on": "target"}, "gives NULL"),
        (WAYS[1], {"sql": "SELECT n FROM no_such_table", "is": False}, "fails on the source"),
    ],
    indirect=["run"],
    ids=["number", "boolean", "null", "error"],
)
def test_lanes_wait_while_a_query_says_so(run: MigrationRun, query: dict[str, Any], reason: str) -> None:
    said = options(throttle_query=query, max_pause="PT1S", reconnects=0)
    ready_to_copy(run, said, 500)
    for side in (run.source, run.target):
        with side.connect("test") as session:
            session.execute("CREATE TABLE brake (n int)")
            session.execute("INSERT INTO brake VALUES (1)")
    with pytest.raises(Interrupted, match=reason):
        copy_lane(run, said, 0)
    assert lanes_now(run)[0].state is LaneState.WAITING
    assert reason in lanes_now(run)[0].reason
    if "no_such_table" not in query["sql"]:
        with run.source.connect("test") as session, run.target.connect("test") as other:
            session.execute("DELETE FROM brake")
            other.execute("INSERT INTO brake VALUES (-1)")
        copy_lane(run, said, 0)
        assert sums(run.source) == sums(run.target)


@there
def test_a_busy_target_is_waited_for(run: MigrationRun) -> None:
    said = options(max_target_running=2, max_pause="PT20S")
    ready_to_copy(run, said, 500)
    pause = "SELECT sleep(3)" if run.target.engine.traits.engine == "mysql" else "SELECT pg_sleep(3)"

    def work() -> None:
        with run.target.connect("busy") as session:
            session.execute(pause)

    busy = [threading.Thread(target=work) for _ in range(3)]
    for one in busy:
        one.start()
    time.sleep(0.5)
    with copying(run, said):
        waiting = until(lambda: (lane := lanes_now(run).get(0)) and lane.state is LaneState.WAITING and lane)
        assert "running statements on the target; 2 are allowed" in waiting.reason
    for one in busy:
        one.join()
    assert sums(run.source) == sums(run.target)


def test_a_mariadb_replica_that_lags_or_has_stopped_is_waited_for(
    make_run: MakeRun, mariadb: MariaDBServer, postgres: PostgresServer, servers_folder: Path
) -> None:
    said = options(max_replica_lag="PT1S", replicas=["shop_replica"], max_pause="PT60S", chunk_rows=500)
    with mariadb_replica(mariadb, servers_folder / "replica", server_id=51) as replica:
        run = make_run(mariadb, postgres, online=False)
        name = run.source.endpoint.database
        lagging = replica.database(name)
        found = {"shop_replica": MigrationDatabase(run.source.engine, endpoint_of(lagging))}
        ready_to_copy(run, said, 2000)
        sql = "SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_name = 'reading'"
        until(lambda: replica.execute(sql, (name,)))
        with closing(replica.connect(name)) as reader:
            reader.cursor().execute("LOCK TABLES reading READ")
            with run.source.connect("test") as session:
                session.execute("UPDATE reading SET words = 'changed' WHERE id = 7")
            until(lambda: (lag_of(found["shop_replica"]) or 0) > 1)
            with copying(run, said, replicas=found) as (lane,):
                behind = until(lambda: lanes_now(run).get(0))
                assert "the replica shop_replica is" in behind.reason
                assert "s behind; 1 s are allowed" in behind.reason
                assert behind.state is LaneState.WAITING
                assert not open_transactions(run)
                replica.execute("STOP SLAVE IO_THREAD")
                until(lambda: "shop_replica is not replicating" in lanes_now(run)[0].reason)
                assert not lane.done()
                reader.cursor().execute("UNLOCK TABLES")
                replica.execute("START SLAVE IO_THREAD")
        assert sums(run.source) == sums(run.target)
        assert float(str(finish_copy(run, said).summary["paused_seconds"])) > 0.1


def test_a_postgres_standby_that_lags_is_waited_for(
    make_run: MakeRun, postgres: PostgresServer, mariadb: MariaDBServer, servers_folder: Path
) -> None:
    run = make_run(postgres, mariadb, online=False)
    said = options(max_replica_lag="PT1S", replicas=["shop_standby"], max_pause="PT60S", chunk_rows=500)
    with postgres_standby(postgres, servers_folder / "standby") as standby:
        found = {
            "shop_standby": MigrationDatabase(
                run.source.engine, endpoint_of(standby.database(run.source.endpoint.database))
            )
        }
        ready_to_copy(run, said, 2000)
        standby.execute("SELECT pg_wal_replay_pause()")
        with run.source.connect("test") as session:
            session.execute("CREATE TABLE written_meanwhile (id int)")
        time.sleep(1.2)
        with copying(run, said, replicas=found) as (lane,):
            behind = until(lambda: lanes_now(run).get(0))
            assert "the replica shop_standby is" in behind.reason
            assert behind.state is LaneState.WAITING
            assert not open_transactions(run)
            assert not lane.done()
            standby.execute("SELECT pg_wal_replay_resume()")
        assert sums(run.source) == sums(run.target)
        # A standby that is merely slow is seen by its primary too, without being named.
        with run.source.connect("test") as session:
            assert run.source.engine.inspection.load(session).replica_lag_seconds is not None
            assert run.source.engine.inspection.replica_lag(session) is None


def lag_of(replica: MigrationDatabase) -> float | None:
    """What the replica says itself."""
    with replica.connect("test") as session:
        return replica.engine.inspection.replica_lag(session)


def open_transactions(run: MigrationRun) -> list[str]:
    """Of the lanes, on either server."""
    found = []
    for side in (run.source, run.target):
        with side.connect("test") as session:
            if side.engine.traits.engine == "mysql":
                rows = session.execute(
                    "SELECT p.id FROM information_schema.innodb_trx AS t JOIN information_schema.processlist AS p"
                    " ON p.id = t.trx_mysql_thread_id WHERE p.db = %s",
                    (side.endpoint.database,),
                )
            else:
                rows = session.execute(
                    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL"
                    " AND pid <> pg_backend_pid()"
                )
            found += [f"{side.endpoint.engine} {row[0]}" for row in rows]
    return found


def test_preflight_tries_every_brake(run: MigrationRun) -> None:
    fill_readings(run.source, 10)
    here = {"not_a_replica": run.source}
    brakes = {
        "throttle_query": {"sql": "SELECT 1 FROM nowhere", "above": 1, "on": "target"},
        "replicas": ["not_a_replica"],
        "max_replica_lag": "PT10S",
        "max_target_replica_lag": "PT10S",
    }
    report = preflight(run, PreflightOptions.model_validate({"brakes": brakes}), replicas=here)
    found = {(one.code, one.severity): one for one in report.findings}
    assert "nowhere" in found["throttle_query", Severity.BLOCKER].message
    assert found["throttle_query", Severity.BLOCKER].subject == "target server"
    assert "no replica" in found["replica_lag", Severity.BLOCKER].message
    unseen = ("replica_lag_unseen", Severity.WARNING)
    assert (unseen in found) == (run.target.engine.traits.engine == "mysql")
    del brakes["replicas"], brakes["max_target_replica_lag"]
    brakes["throttle_query"] = {"sql": "SELECT 3, 4", "is": True}
    again = {one.code: one for one in preflight(run, PreflightOptions.model_validate({"brakes": brakes})).findings}
    assert "1 rows of 2 columns" in again["throttle_query"].message
    assert ("replica_lag_unseen" in again) == (run.source.engine.traits.engine == "mysql")
