"""Somebody pauses and resumes: between chunks, between batches, with nothing open on either server and nothing lost."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from database_migration.errors import Paused
from database_migration.model.control import Activity, LaneState
from database_migration.model.migration_state import Direction
from database_migration.steps.chunked_copy import copy_lane, finish_copy
from database_migration.steps.cutover import CutoverOptions, cutover
from database_migration.steps.replicate import ReplicateOptions, Until, lag, replicate, start_capture
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate import ValidateOptions, validate
from database_migration.traffic import build_traffic
from fixtures.servers import PrivateServer
from integration.conftest import MakeRun
from integration.live import TABLES, copy_all, create_keys, create_tables, differences, fill
from integration.readings import lanes_now, options, ready_to_copy, sums
from integration.test_copy_brakes import open_transactions, until

WAYS = [("mariadb", "postgres"), ("postgres", "mariadb")]


@pytest.mark.parametrize("way", WAYS, ids="-".join)
def test_a_paused_copy_ends_its_chunk_and_goes_on_where_it_stands(
    request: pytest.FixtureRequest, make_run: MakeRun, way: tuple[str, str]
) -> None:
    source, target = (request.getfixturevalue(name) for name in way)
    run = make_run(source, target, online=False)
    said = options(chunk_rows=1000, max_rows_per_second=2000)
    ready_to_copy(run, said, 10_000)
    with ThreadPoolExecutor() as pool:
        lane = pool.submit(copy_lane, run, said, 0)
        until(lambda: 0 in lanes_now(run))
        with run.ledger() as ledger:
            ledger.controls.pause(Activity.COPY, who="dba", why="the night batch")
            pressed = time.monotonic()
        with pytest.raises(Paused, match=r"dba paused the copy at .*: the night batch"):
            lane.result(30)
    assert time.monotonic() - pressed < 10
    assert open_transactions(run) == []
    assert lanes_now(run)[0].state is LaneState.PAUSED
    with run.ledger() as ledger:
        (progress,) = ledger.chunks.progress()
        assert 0 < progress.chunks_done < progress.chunks
        assert sums(run.target)[0] == progress.rows
    with pytest.raises(Paused):
        copy_lane(run, said, 0)
    with run.ledger() as ledger:
        assert ledger.chunks.progress() == [progress]
        ledger.controls.resume(Activity.COPY, who="dba")
        told = [(line.subject, line.state, line.who, line.why) for line in ledger.controls.journal()]
    assert told == [("copy", "paused", "dba", "the night batch"), ("copy", "resumed", "dba", "")]
    copy_lane(run, options(), 0)
    finish_copy(run, said)
    assert sums(run.source) == sums(run.target)


def test_paused_replication_stops_keeps_the_log_and_catches_up(
    make_run: MakeRun, mariadb: PrivateServer, postgres: PrivateServer
) -> None:
    run: MigrationRun = make_run(mariadb, postgres, TABLES["mysql"])
    fill(run.source, 200)
    create_tables(run)
    start_capture(run, ReplicateOptions())
    copy_all(run)
    quick = ReplicateOptions.model_validate({"stint": "PT20S", "idle": "PT0.1S"})
    replicate(run, quick, until=Until.COPY_END)
    create_keys(run)
    replicate(run, quick, until=Until.CAUGHT_UP)
    with ThreadPoolExecutor() as pool:
        stint = pool.submit(replicate, run, quick, until=Until.STINT)
        time.sleep(1)
        with run.ledger() as ledger:
            ledger.controls.pause(Activity.REPLICATION, who="dba", why="")
        assert stint.result(15).summary["outcome"] == "paused"
    with run.source.connect("application") as session:
        for number in range(50):
            session.execute("UPDATE customer SET balance = balance + %s", (number,))
    with run.ledger() as ledger:
        before = ledger.positions.get(Direction.FORWARD)
    by_hand = CutoverOptions.model_validate({"traffic": {"kind": "none"}})
    assert replicate(run, quick, until=Until.STINT).summary["outcome"] == "paused"
    with pytest.raises(Paused, match="dba paused replication"):
        replicate(run, quick, until=Until.CAUGHT_UP)
    with pytest.raises(Paused):
        validate(run, ValidateOptions())
    with pytest.raises(Paused):
        cutover(run, by_hand, build_traffic(by_hand.traffic))
    with run.ledger() as ledger:
        assert ledger.positions.get(Direction.FORWARD) == before
        assert ledger.moves.journal() == []
        ledger.controls.resume(Activity.REPLICATION, who="dba")
    assert lag(run).bytes > 10_000
    replicate(run, quick, until=Until.CAUGHT_UP)
    assert differences(run)[1] == 0


def test_a_pause_ends_with_its_run(make_run: MakeRun, mariadb: PrivateServer, postgres: PrivateServer) -> None:
    run = make_run(mariadb, postgres, opened=True)
    with run.ledger() as ledger:
        ledger.controls.pause(Activity.COPY, who="dba", why="x" * 2000)
        ledger.controls.pause(Activity.REPLICATION, who="dba", why="")
        ledger.controls.resume(Activity.REPLICATION, who="other")
        assert (line := ledger.controls.paused(Activity.COPY)) is not None
        assert len(line.why) == 500
        assert ledger.controls.paused(Activity.REPLICATION) is None
        assert run.ledger_over(ledger.session, ledger.epoch + 1).controls.paused(Activity.COPY) is None
