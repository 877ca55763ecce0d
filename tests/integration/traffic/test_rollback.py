"""Going back from wherever a run stands: no write is lost, nobody waits for long, and nothing of ours is left over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from database_migration.errors import EpochPassed, Interrupted, NotPossible, SpecRefused, ValidationFailed
from database_migration.ledger import is_installed
from database_migration.model.migration_state import CutoverMove, Direction, Phase, Side
from database_migration.model.report import Verdict
from database_migration.steps.cutover import CutoverOptions, cutover
from database_migration.steps.finalize import FinalizeOptions, finalize
from database_migration.steps.rollback import FailedTask, FailureFacts, RollbackOptions, rollback
from database_migration.steps.run import MigrationRun
from database_migration.traffic import HaproxyTraffic, HaproxyTrafficOptions, ManualTraffic, SqlTraffic
from fixtures.servers import MariaDBServer, PostgresServer
from integration.conftest import MakeRun
from integration.traffic.application import (
    TABLES,
    Application,
    check_nothing_lost,
    content,
    fence_is_up,
    fill,
    make_ready,
    open_transaction,
    replication,
    settled,
    state_of,
)
from integration.traffic.test_cutover import killed_cutover

WAYS = [("mariadb", "postgres"), ("postgres", "mariadb"), ("postgres", "other_postgres")]
BACK = RollbackOptions.model_validate({})
OVER = CutoverOptions.model_validate({})


def tables_on(run: MigrationRun, side: Side) -> set[str]:
    return {table.name for table in run.database(side).read_schema().tables}


@pytest.mark.parametrize("ready", WAYS, indirect=True, ids="-".join)
def test_after_cutover_every_write_made_on_the_target_arrives(ready: MigrationRun, traffic: SqlTraffic) -> None:
    failure = FailureFacts((FailedTask("soak.checks", "failed", ("ERROR checkout is slow", "gave up")),), "slow")
    with Application(ready, traffic) as application:
        with replication(ready):
            application.goes_on()
            cutover(ready, OVER, traffic)
            application.goes_on(40)
        report = rollback(ready, BACK, traffic, failure=failure)
        application.goes_on()
    assert report.verdict is Verdict.PASSED, report.findings
    assert str(report.summary["outcome"]).startswith("reversed")
    assert report.summary["reason"] == "slow"
    paused = report.summary["writes_paused_ms"]
    assert isinstance(paused, int)
    assert 0 < paused < 5000
    assert application.refusals == []
    check_nothing_lost(application, Side.SOURCE)
    assert not fence_is_up(ready)
    state = state_of(ready)
    assert (state.phase, state.serving, state.replication) == (Phase.ROLLED_BACK, Side.SOURCE, Direction.OFF)
    failed = next(table for table in report.tables if table.title == "What failed")
    assert failed.rows == (("soak.checks", "failed", "gave up"),)
    assert "checkout is slow" in report.scripts[0].text
    with pytest.raises(EpochPassed):
        cutover(ready, OVER, traffic)
    assert str(rollback(ready, BACK, traffic).summary["outcome"]).startswith("nothing to do")


@pytest.mark.parametrize("ready", WAYS[:2], indirect=True, ids="-".join)
def test_the_source_fires_its_triggers_again_and_gives_fresh_numbers(ready: MigrationRun, traffic: SqlTraffic) -> None:
    before = content(ready.source)
    with Application(ready, traffic) as application:
        cutover(ready, OVER, traffic)
        application.goes_on(5)
        rollback(ready, BACK, traffic)
        application.goes_on(5)
    check_nothing_lost(application, Side.SOURCE)  # its audit is written by the trigger, one line per entry
    after = content(ready.source)
    assert len({row[0] for row in after["ticket"]}) == len(after["ticket"]) > len(before["ticket"])


@pytest.mark.parametrize("ready", WAYS, indirect=True, ids="-".join)
def test_before_cutover_it_abandons_and_leaves_nothing(ready: MigrationRun, traffic: SqlTraffic) -> None:
    with Application(ready, traffic) as application, replication(ready):
        application.goes_on()
        report = rollback(ready, BACK, traffic)
        application.goes_on()
    assert str(report.summary["outcome"]).startswith("abandoned")
    assert application.refusals == []
    assert application.longest_wait < 1
    assert tables_on(ready, Side.TARGET) == set()
    assert tables_on(ready, Side.SOURCE) == {"entry", "counter", "ticket", "audit"}
    assert report.summary["objects_dropped"]
    with ready.source.connect("test") as session:
        if ready.source.engine.traits.engine == "postgres":
            assert session.execute("SELECT 1 FROM pg_replication_slots WHERE database = current_database()") == []
            assert session.execute("SELECT 1 FROM pg_publication") == []
            assert not is_installed(session)
    check_nothing_lost(application, Side.SOURCE)
    assert state_of(ready).phase is Phase.ROLLED_BACK


@pytest.mark.parametrize("ready", WAYS[:2], indirect=True, ids="-".join)
def test_a_new_run_starts_where_the_last_one_was_rolled_back(ready: MigrationRun, traffic: SqlTraffic) -> None:
    with Application(ready, traffic) as application:
        with replication(ready):
            cutover(ready, OVER, traffic)
            application.goes_on(5)
        rollback(ready, BACK, traffic)
        again = replace(ready, run_id="run_2")
        make_ready(again)
        with replication(again):
            cutover(again, OVER, traffic)
            application.goes_on(5)
    with replication(again):
        settled(again)
    check_nothing_lost(application, Side.TARGET)
    assert state_of(again).epoch > 1


@pytest.mark.parametrize(
    ("move", "state"),
    [
        (CutoverMove.FENCE_SOURCE, "done"),
        (CutoverMove.START_REVERSE, "done"),
        (CutoverMove.SWITCH, "begun"),
        (CutoverMove.SWITCH, "done"),
        (CutoverMove.VERIFY, "begun"),
    ],
    ids=lambda word: str(word),
)
def test_a_cutover_that_was_killed_is_taken_back(
    ready: MigrationRun, traffic: SqlTraffic, move: CutoverMove, state: str
) -> None:
    killed_cutover(ready, traffic, move, state)
    with Application(ready, traffic, writers=2) as application:
        report = rollback(ready, BACK, traffic)
        application.goes_on(10)
    switched = (move, state) in ((CutoverMove.SWITCH, "done"), (CutoverMove.VERIFY, "begun"))
    assert str(report.summary["outcome"]).startswith("reversed" if switched else "abandoned")
    assert not fence_is_up(ready)
    assert traffic.serving() is Side.SOURCE
    check_nothing_lost(application, Side.SOURCE)


def killed_rollback(run: MigrationRun, traffic: SqlTraffic, step: str) -> None:
    """A process that rolls back and is gone, as by SIGKILL, at a step."""
    child = os.fork()
    if child == 0:
        try:
            rollback(run, BACK, traffic, on_step=lambda made: os._exit(9) if made == step else None)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.parametrize("step", ["hold writes done", "fence the target done", "compare done"])
def test_killed_before_it_is_committed_the_cutover_may_go_on(
    ready: MigrationRun, traffic: SqlTraffic, step: str
) -> None:
    cutover(ready, OVER, traffic)
    killed_rollback(ready, traffic, step)
    cutover(ready, OVER, traffic)
    with Application(ready, traffic, writers=2) as application, replication(ready):
        application.goes_on(10)
        application.stop()
        settled(ready)
    check_nothing_lost(application, Side.SOURCE)
    assert application.refusals == []
    assert rollback(ready, BACK, traffic).verdict is Verdict.PASSED


def test_once_it_is_committed_no_click_on_the_cutover_revives_the_target(
    ready: MigrationRun, traffic: SqlTraffic
) -> None:
    cutover(ready, OVER, traffic)
    killed_rollback(ready, traffic, "open the source done")
    with pytest.raises(NotPossible, match=r"can only go on.*__rollback again"):
        cutover(ready, OVER, traffic)
    assert rollback(ready, BACK, traffic).verdict is Verdict.PASSED
    assert traffic.serving() is Side.SOURCE


@pytest.mark.parametrize(
    "step",
    ["fence the target done", "drain done", "compare done", "committed", "open the source done", "end the run"],
)
def test_killed_in_the_middle_the_next_try_finishes(ready: MigrationRun, traffic: SqlTraffic, step: str) -> None:
    with Application(ready, traffic, writers=2) as application, replication(ready):
        cutover(ready, OVER, traffic)
        application.goes_on(10)
    killed_rollback(ready, traffic, step)
    acknowledged = dict(application.acknowledged)
    report = rollback(ready, BACK, traffic)
    assert report.verdict is Verdict.PASSED
    assert acknowledged
    check_nothing_lost(application, Side.SOURCE)
    assert state_of(ready).phase is Phase.ROLLED_BACK
    assert not fence_is_up(ready)
    assert traffic.serving() is Side.SOURCE


def test_a_source_that_differs_keeps_the_target_serving(ready: MigrationRun, traffic: SqlTraffic) -> None:
    with Application(ready, traffic) as application, replication(ready):
        cutover(ready, OVER, traffic)
        application.goes_on(5)
        with ready.source.connect("meddler") as session:
            ready.source.engine.writer.prepare(session, "meddler")
            with session.transaction():
                session.execute("DELETE FROM ticket WHERE writer = 0 AND seq = 3")
        with pytest.raises(ValidationFailed, match="ticket has"):
            rollback(ready, BACK, traffic)
        application.goes_on(5)
    assert traffic.serving() is Side.TARGET
    assert fence_is_up(ready)
    assert state_of(ready).replication is Direction.REVERSE
    assert application.refusals == []


def test_the_pause_of_a_rollback_is_limited_too(ready: MigrationRun, traffic: SqlTraffic) -> None:
    with Application(ready, traffic) as application, replication(ready):
        cutover(ready, OVER, traffic)
        application.goes_on(5)
        with open_transaction(ready.target):
            with pytest.raises(Interrupted):
                rollback(ready, RollbackOptions.model_validate({"max_write_pause": 1.0}), traffic)
            application.goes_on(5)
        rollback(ready, BACK, traffic)
        application.goes_on(5)
    assert application.longest_wait < 5
    check_nothing_lost(application, Side.SOURCE)


def test_back_to_validated_the_run_lives_on_and_can_cut_over(ready: MigrationRun, traffic: SqlTraffic) -> None:
    killed_cutover(ready, traffic, CutoverMove.FENCE_SOURCE, "done")
    with pytest.raises(SpecRefused, match="no checkpoint 'nowhere'"):
        rollback(ready, BACK, traffic, checkpoint="nowhere")
    with Application(ready, traffic) as application:
        rollback(ready, BACK, traffic, checkpoint="validated")
        application.goes_on(5)
        assert state_of(ready).replication is Direction.FORWARD
        cutover(ready, OVER, traffic)
        application.goes_on(5)
        with pytest.raises(NotPossible, match="once the target has served"):
            rollback(ready, BACK, traffic, checkpoint="validated")
    check_nothing_lost(application, Side.TARGET)


def test_after_finalize_it_refuses(ready: MigrationRun, traffic: SqlTraffic) -> None:
    cutover(ready, OVER, traffic)
    finalize(ready, FinalizeOptions.model_validate({}), traffic)
    with pytest.raises(NotPossible, match="finalized"):
        rollback(ready, BACK, traffic)
    assert traffic.serving() is Side.TARGET


def test_a_run_that_was_never_opened_needs_nothing(
    make_run: MakeRun, mariadb: MariaDBServer, other_postgres: PostgresServer, traffic: SqlTraffic
) -> None:
    run = make_run(mariadb, other_postgres, TABLES["mysql"])
    report = rollback(run, BACK, traffic)
    assert report.summary["outcome"] == "nothing to do: the run was never opened"
    run.open()
    nowhere = replace(run.source, endpoint=replace(run.source.endpoint, port=1))  # why preflight refused, perhaps
    assert str(rollback(replace(run, source=nowhere), BACK, traffic).summary["outcome"]).startswith("abandoned")
    assert state_of(run).phase is Phase.ROLLED_BACK


def test_a_switch_that_does_not_answer_keeps_nobody_from_giving_up(ready: MigrationRun) -> None:
    proxy = HaproxyTraffic(HaproxyTrafficOptions(kind="haproxy", socket="/nowhere", backend="shop"))
    report = rollback(ready, BACK, proxy)
    assert report.verdict is Verdict.WARNED
    assert "does not tell" in report.findings[0].message
    assert state_of(ready).phase is Phase.ROLLED_BACK


def test_an_edited_spec_does_not_keep_it_from_going_back(ready: MigrationRun, traffic: SqlTraffic) -> None:
    edited = replace(ready, spec_hash="another")
    assert str(rollback(edited, BACK, traffic).summary["outcome"]).startswith("abandoned")


@pytest.fixture
def mortal_postgres(servers_folder: Path) -> Iterator[PostgresServer]:
    """A server that the test may kill."""
    with PostgresServer(servers_folder / "mortal", server_id=3) as server:
        yield server


@pytest.fixture
def to_mortal(mortal_postgres: PostgresServer, mariadb: MariaDBServer, make_run: MakeRun) -> Iterator[MigrationRun]:
    """A run at the gate before its cutover to that server."""
    run = make_run(mariadb, mortal_postgres, TABLES["mysql"])
    fill(run.source)
    make_ready(run)
    yield run
    mortal_postgres.start()


def test_target_down_before_it_served_the_source_is_opened_at_once(
    to_mortal: MigrationRun, mortal_postgres: PostgresServer, traffic: SqlTraffic
) -> None:
    run, server = to_mortal, mortal_postgres
    killed_cutover(run, traffic, CutoverMove.START_REVERSE, "done")
    server.kill()
    with Application(run, traffic) as application:
        with pytest.raises(Interrupted, match="The source is open"):
            rollback(run, BACK, traffic)
        application.goes_on(5)
        server.start()
        rollback(run, BACK, traffic)
        application.goes_on(5)
    assert state_of(run).phase is Phase.ROLLED_BACK
    check_nothing_lost(application, Side.SOURCE)


def test_target_down_while_it_serves_the_source_stays_fenced(
    to_mortal: MigrationRun, mortal_postgres: PostgresServer, traffic: SqlTraffic
) -> None:
    run, server = to_mortal, mortal_postgres
    with Application(run, traffic) as application, replication(run):
        cutover(run, OVER, traffic)
        application.goes_on(5)
    server.kill()
    with pytest.raises(Interrupted, match="may have served"):
        rollback(run, BACK, traffic)
    with pytest.raises(Interrupted, match="may have served"):
        rollback(run, BACK, ManualTraffic())
    assert fence_is_up(run)
    server.start()
    rollback(run, BACK, traffic)
    check_nothing_lost(application, Side.SOURCE)
