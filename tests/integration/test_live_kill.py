"""Killed with SIGKILL in the middle of its work, and tried again: nothing is lost and nothing is doubled."""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from database_migration.model.migration_state import Direction
from database_migration.steps.chunked_copy import ChunkedCopyOptions, copy_lane, cut_chunks, finish_copy
from database_migration.steps.replicate import (
    BackgroundApplier,
    ReplicateOptions,
    Until,
    applied_position,
    replicate,
    start_capture,
)
from database_migration.steps.run import MigrationRun
from integration.conftest import MakeRun
from integration.live import TABLES, LiveWriter, copy_all, create_keys, create_tables, differences, fill

WAYS = [("mariadb", "postgres"), ("postgres", "mariadb")]
LARGE = ChunkedCopyOptions(lanes=1, chunk_rows=100_000)
QUICK = ReplicateOptions.model_validate({"idle": "PT0.2S", "patience": "PT180S", "reconnects": 0})
LOADING = {
    "postgres": "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'copy lane%%' AND query LIKE 'COPY%%'"
    " AND state = 'active' AND datname = %s",
    "mysql": "SELECT 1 FROM information_schema.processlist WHERE info LIKE 'LOAD DATA%%' AND db = %s",
}


def killed(when: Callable[[], bool], step: Callable[..., object], *arguments: object, **named: object) -> None:
    """Run a step in a process of its own and kill it with SIGKILL as soon as ``when`` is true."""
    process = multiprocessing.get_context("spawn").Process(target=step, args=arguments, kwargs=named)
    process.start()
    try:
        deadline = time.monotonic() + 60
        while not when():
            assert process.is_alive(), "it ended before it could be killed"
            assert time.monotonic() < deadline
    finally:
        process.kill()
        process.join()
        process.close()


@pytest.fixture(params=WAYS, ids=lambda way: "-".join(way))
def run(request: pytest.FixtureRequest, make_run: MakeRun) -> Iterator[MigrationRun]:
    """A run between two servers with its target's tables made."""
    source, target = (request.getfixturevalue(name) for name in request.param)
    run = make_run(source, target, TABLES[source.engine])
    create_tables(run)
    yield run
    run.source.change_log.stop(run.log_name)


def test_a_lane_killed_in_mid_chunk(run: MigrationRun) -> None:
    fill(run.source, 20_000)
    start_capture(run, QUICK)
    cut_chunks(run, LARGE)
    sql = LOADING[run.target.engine.traits.engine]
    with run.target.connect("watch") as session:
        for _ in range(2):
            killed(lambda: bool(session.execute(sql, (run.target.endpoint.database,))), copy_lane, run, LARGE, 0)
        with run.ledger() as ledger:
            done = sum(table.rows for table in ledger.chunks.progress())
        found = sum(int(str(session.execute(f"SELECT count(*) FROM {pair.target.name}")[0][0])) for pair in run.pairs())
        assert found == done < 102_000
    copy_lane(run, LARGE, 0)
    assert finish_copy(run, LARGE).summary["rows"] == 102_000
    replicate(run, QUICK, until=Until.COPY_END)
    with BackgroundApplier(run, QUICK, Direction.FORWARD):
        assert differences(run, chunk_rows=50_000) == (102_000, 0, 0)


def test_an_applier_killed_again_and_again(run: MigrationRun) -> None:
    fill(run.source, 500)
    start_capture(run, QUICK)
    copy_all(run)
    replicate(run, QUICK, until=Until.COPY_END)
    create_keys(run)
    replicate(run, QUICK, until=Until.CAUGHT_UP)
    with run.ledger() as ledger:
        before = applied_position(run, ledger, Direction.FORWARD)
    assert before is not None
    ticks = Ticks(run)
    chance = random.Random(5)
    for _ in range(4):
        began = ticks.applied()
        wanted = began + chance.randint(20, 120)
        killed(lambda wanted=wanted: ticks.applied() >= wanted, replicate, run, QUICK, until=Until.STINT)
    made = ticks.stop()
    with BackgroundApplier(run, QUICK, Direction.FORWARD, wait=20) as applier:
        applier.catch_up(timeout=30)
        assert differences(run)[1:] == (0, 0)
    with run.ledger() as ledger:
        after = applied_position(run, ledger, Direction.FORWARD)
    assert after is not None
    assert (after.transactions - before.transactions, after.changes - before.changes) == (made, made)


class Ticks:
    """An application that commits one new row at a time."""

    def __init__(self, run: MigrationRun) -> None:
        self._run = run
        self._made = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        with self._run.source.connect("application") as session:
            while not self._stop.is_set():
                session.execute("INSERT INTO voucher (code) VALUES (%s)", (f"tick {self._made}",))
                self._made += 1
                time.sleep(0.005)

    def applied(self) -> int:
        with self._run.target.connect("watch") as session:
            return int(str(session.execute("SELECT count(*) FROM voucher WHERE code LIKE 'tick%'")[0][0]))

    def stop(self) -> int:
        self._stop.set()
        self._thread.join()
        return self._made


def test_lane_and_applier_killed_under_a_live_writer(run: MigrationRun) -> None:
    fill(run.source, 4000)
    start_capture(run, QUICK)
    with LiveWriter(run.source, rate=150) as writer:
        cut_chunks(run, LARGE)
        sql = LOADING[run.target.engine.traits.engine]
        with run.target.connect("watch") as session:
            killed(lambda: bool(session.execute(sql, (run.target.endpoint.database,))), copy_lane, run, LARGE, 0)
        copy_lane(run, LARGE, 0)
        finish_copy(run, LARGE)
        replicate(run, QUICK, until=Until.COPY_END)
        create_keys(run)
        replicate(run, QUICK, until=Until.CAUGHT_UP)
        late = time.monotonic() + 4
        killed(lambda: time.monotonic() > late, replicate, run, QUICK, until=Until.STINT)
        writer.stop()
    with BackgroundApplier(run, QUICK, Direction.FORWARD, wait=20) as applier:
        applier.catch_up(timeout=30)
        assert differences(run)[1:] == (0, 0)
