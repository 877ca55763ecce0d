"""Cutting over under a live application: nothing lost, nothing doubled, whatever happens in between."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from database_migration.errors import (
    Interrupted,
    MigrationError,
    NotPossible,
    PreflightRefused,
    SpecRefused,
    ValidationFailed,
)
from database_migration.model.migration_state import CutoverMove, Direction, Phase, Side
from database_migration.model.report import Report, Verdict
from database_migration.steps.cutover import CutoverOptions, VerifyQuery, cutover
from database_migration.steps.run import MigrationRun
from database_migration.traffic import HaproxyTraffic, HaproxyTrafficOptions, ManualTraffic, SqlTraffic
from integration.traffic.application import (
    Application,
    check_nothing_lost,
    fence_is_up,
    open_transaction,
    replication,
    settled,
    state_of,
)

WAYS = [("mariadb", "postgres"), ("postgres", "mariadb"), ("postgres", "other_postgres")]


def options(**others: object) -> CutoverOptions:
    return CutoverOptions.model_validate({"ramp_hold": 0.1, **others})


@pytest.mark.parametrize("ready", WAYS, indirect=True, ids="-".join)
def test_a_live_application_is_led_over_and_its_writes_flow_back(ready: MigrationRun, traffic: SqlTraffic) -> None:
    query = VerifyQuery(name="tickets", sql="SELECT count(*) > 300 FROM ticket", expect=True)
    if ready.target.engine.traits.engine == "mysql":
        query = query.model_copy(update={"expect": 1})
    with Application(ready, traffic) as application, replication(ready):
        application.goes_on()
        report = cutover(ready, options(reads_ramp=(5, 50), verify=(query,)), traffic, approved_by="dba@example.org")
        before = application.run.database(Side.TARGET)
        application.goes_on(40)
        with before.connect("test") as session:
            assert session.execute("SELECT 1 FROM entry WHERE note LIKE 'on target%%' AND 1 = %s", (1,))
    assert report.verdict is Verdict.PASSED, report.findings
    assert report.summary["serving"] == "target"
    assert report.summary["approved_by"] == "dba@example.org"
    assert report.summary["rows_differing"] == 0
    paused = report.summary["writes_paused_ms"]
    assert isinstance(paused, int)
    assert 0 < paused < 5000
    assert application.longest_wait < 5
    assert application.refusals == []
    state = state_of(ready)
    assert (state.phase, state.serving, state.replication) == (Phase.SOAK, Side.TARGET, Direction.REVERSE)
    with replication(ready):
        settled(ready)
    check_nothing_lost(application, Side.TARGET)
    check_nothing_lost(application, Side.SOURCE)
    assert fence_is_up(ready)


def test_twice_is_once(ready: MigrationRun, traffic: SqlTraffic) -> None:
    first = cutover(ready, options(), traffic)
    again = cutover(ready, options(), traffic)
    assert again.summary == first.summary
    with ready.ledger() as ledger:
        assert [line.move for line in ledger.moves.journal()].count(CutoverMove.SWITCH) == 2  # begun and done


def killed_cutover(run: MigrationRun, traffic: SqlTraffic, move: CutoverMove, state: str) -> None:
    """A process that cuts over and is gone, as by SIGKILL, as soon as a line is in the journal."""

    def on_move(made: CutoverMove, word: str) -> None:
        if (made, word) == (move, state):
            os._exit(9)

    child = os.fork()
    if child == 0:
        try:
            cutover(run, options(), traffic, on_move=on_move)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9, f"the child was not killed after {move} {state}"


@pytest.mark.parametrize(
    ("move", "state"),
    [
        (CutoverMove.PREFLIGHT, "done"),
        (CutoverMove.HOLD_WRITES, "done"),
        (CutoverMove.FENCE_SOURCE, "begun"),
        (CutoverMove.FENCE_SOURCE, "done"),
        (CutoverMove.DRAIN, "done"),
        (CutoverMove.SEQUENCES, "done"),
        (CutoverMove.START_REVERSE, "done"),
        (CutoverMove.SWITCH, "begun"),
        (CutoverMove.SWITCH, "done"),
        (CutoverMove.VERIFY, "begun"),
        (CutoverMove.VERIFY, "done"),
    ],
    ids=lambda word: str(word),
)
def test_killed_after_any_move_the_next_try_completes_it(
    ready: MigrationRun, traffic: SqlTraffic, move: CutoverMove, state: str
) -> None:
    killed_cutover(ready, traffic, move, state)
    with Application(ready, traffic, writers=2) as application:
        report = cutover(ready, options(), traffic)
        application.goes_on(10)
    assert report.summary["serving"] == "target"
    assert application.refusals == [] or move is not CutoverMove.PREFLIGHT
    with replication(ready):
        settled(ready)
    check_nothing_lost(application, Side.TARGET)
    check_nothing_lost(application, Side.SOURCE)
    assert traffic.serving() is Side.TARGET


def test_killed_between_the_switch_and_its_line_the_traffic_is_asked(ready: MigrationRun, traffic: SqlTraffic) -> None:
    killed_cutover(ready, traffic, CutoverMove.SWITCH, "begun")
    traffic.switch(Side.TARGET)  # what the process did right before it died
    assert state_of(ready).serving is Side.SOURCE
    journal: list[tuple[CutoverMove, str]] = []
    cutover(ready, options(), traffic, on_move=lambda move, state: journal.append((move, state)))
    assert journal == [(CutoverMove.SWITCH, "done"), (CutoverMove.VERIFY, "begun"), (CutoverMove.VERIFY, "done")]
    assert state_of(ready).serving is Side.TARGET


def test_an_error_right_after_the_switch_lets_writers_go_on(ready: MigrationRun, traffic: SqlTraffic) -> None:
    def fail(move: CutoverMove, state: str) -> None:
        if (move, state) == (CutoverMove.SWITCH, "done"):
            raise Interrupted("the worker is going down.", mend="clear the task.")

    with Application(ready, traffic) as application:
        with pytest.raises(Interrupted, match="going down"):
            cutover(ready, options(), traffic, on_move=fail)
        application.goes_on()
        assert traffic.serving() is Side.TARGET
        cutover(ready, options(), traffic)
        application.goes_on()
    assert application.refusals == []
    assert state_of(ready).phase is Phase.SOAK
    check_nothing_lost(application, Side.TARGET)


@pytest.mark.parametrize("ready", WAYS[:2], indirect=True, ids="-".join)
def test_a_pause_that_grows_too_long_is_taken_back(ready: MigrationRun, traffic: SqlTraffic) -> None:
    with Application(ready, traffic) as application, replication(ready):
        application.goes_on()
        with open_transaction(ready.source):
            with pytest.raises(Interrupted):
                cutover(ready, options(max_write_pause=1.0), traffic)
            application.goes_on()
        with ready.ledger() as ledger:
            assert set(ledger.moves.states().values()) == {"undone"}
        assert state_of(ready).replication is Direction.FORWARD
        assert application.longest_wait < 4
        assert traffic.serving() is Side.SOURCE
        report = cutover(ready, options(), traffic)
        application.goes_on()
    assert report.summary["tries_undone"] == 1
    check_nothing_lost(application, Side.TARGET)


def test_differences_are_found_before_anybody_waits(ready: MigrationRun, traffic: SqlTraffic) -> None:
    with ready.target.connect("test") as session:
        session.execute("UPDATE entry SET note = 'befor3' WHERE writer = 0 AND seq = 7")
    with Application(ready, traffic) as application:
        application.goes_on(5)
        with pytest.raises(ValidationFailed, match="differ"):
            cutover(ready, options(), traffic)
        application.goes_on(5)
    assert application.longest_wait < 1
    assert application.refusals == []
    with ready.ledger() as ledger:
        assert set(ledger.moves.states()) == {CutoverMove.PREFLIGHT}


def test_a_row_too_many_is_found_while_writes_are_held(ready: MigrationRun, traffic: SqlTraffic) -> None:
    def meddle(move: CutoverMove, state: str) -> None:
        if (move, state) == (CutoverMove.DRAIN, "done"):
            with ready.target.connect("test") as session:
                session.execute("INSERT INTO ticket VALUES (999999, 77, 1)")

    with Application(ready, traffic) as application:
        application.goes_on(5)
        with pytest.raises(ValidationFailed, match="ticket has"):
            cutover(ready, options(), traffic, on_move=meddle)
        application.goes_on(5)
    assert not fence_is_up(ready)
    assert traffic.serving() is Side.SOURCE
    check_nothing_lost(application, Side.SOURCE)


def test_a_query_that_answers_wrong_after_the_switch_fails_the_report_and_holds_nobody(
    ready: MigrationRun, traffic: SqlTraffic
) -> None:
    query = VerifyQuery(name="tickets", sql="SELECT count(*) FROM ticket WHERE writer = 0", expect=301)
    with Application(ready, traffic) as application:
        report = cutover(ready, options(verify=(query,)), traffic)
        application.goes_on(5)
    assert report.verdict is Verdict.FAILED
    assert [finding.code for finding in report.blockers] == ["verify"]
    assert "301" in report.blockers[0].message
    assert state_of(ready).serving is Side.TARGET


def test_what_can_be_known_before_is_refused_before(ready: MigrationRun, traffic: SqlTraffic) -> None:
    bad = VerifyQuery(name="typo", sql="SELECT count(*) FROM tickets", expect=1)
    with pytest.raises(PreflightRefused, match="'typo' cannot run"):
        cutover(ready, options(verify=(bad,)), traffic)
    proxy = HaproxyTraffic(HaproxyTrafficOptions(kind="haproxy", socket="/nowhere", backend="x"))
    with pytest.raises(SpecRefused, match="cannot lead clients"):
        cutover(ready, options(), proxy)
    traffic.switch(Side.TARGET)
    with pytest.raises(NotPossible, match="leads to the target already"):
        cutover(ready, options(), traffic)
    assert not fence_is_up(ready)
    assert state_of(ready).replication is Direction.FORWARD


def test_by_hand_the_fence_keeps_late_writers_out(ready: MigrationRun) -> None:
    report: Report = cutover(ready, options(), ManualTraffic())
    assert report.summary["serving"] == "target"
    with ready.source.connect("late") as session, pytest.raises(MigrationError, match="fence"):
        session.execute("INSERT INTO entry VALUES (55, 1, 'late')")
    with ready.target.connect("application") as session:
        session.execute("INSERT INTO entry VALUES (56, 1, 'moved')")
    with replication(ready):
        settled(ready)


def test_timing_is_an_iso_duration() -> None:
    assert CutoverOptions.model_validate({"max_write_pause": "PT5S"}).max_write_pause == timedelta(seconds=5)
    with pytest.raises(ValueError, match="rise"):
        CutoverOptions.model_validate({"reads_ramp": [50, 5]})
