"""The point of no return: everything written arrived on the source a last time, and nothing of ours is left there."""

from __future__ import annotations

import os

import pytest

from database_migration.errors import EpochPassed, MigrationError, NotPossible
from database_migration.ledger import is_installed
from database_migration.model.migration_state import Direction, Phase, Side
from database_migration.steps.cutover import CutoverOptions, cutover
from database_migration.steps.finalize import FinalizeOptions, finalize
from database_migration.steps.run import MigrationRun
from database_migration.traffic import SqlTraffic
from integration.traffic.application import Application, check_nothing_lost, content, fence_is_up, state_of

WAYS = [("mariadb", "postgres"), ("postgres", "mariadb"), ("postgres", "other_postgres")]
OVER = CutoverOptions.model_validate({})


@pytest.mark.parametrize("ready", WAYS, indirect=True, ids="-".join)
def test_the_source_is_a_last_image_that_nobody_writes_to(ready: MigrationRun, traffic: SqlTraffic) -> None:
    with Application(ready, traffic) as application:
        cutover(ready, OVER, traffic)
        application.goes_on()
    report = finalize(ready, FinalizeOptions.model_validate({}), traffic)
    assert content(ready.source) == content(ready.target)
    check_nothing_lost(application, Side.SOURCE)
    assert state_of(ready).phase is Phase.FINALIZED
    assert fence_is_up(ready)
    with ready.source.connect("late") as session, pytest.raises(MigrationError, match="fence"):
        session.execute("INSERT INTO entry VALUES (88, 1, 'late')")
    with ready.source.connect("test") as session:
        if ready.source.engine.traits.engine == "postgres":
            assert not is_installed(session)
            assert session.execute("SELECT 1 FROM pg_replication_slots WHERE database = current_database()") == []
    with ready.target.connect("test") as session:
        if ready.target.engine.traits.engine == "postgres":
            assert session.execute("SELECT 1 FROM pg_replication_slots WHERE database = current_database()") == []
        assert is_installed(session)
    done, left, _ = report.tables
    assert any("reverse replication" in str(row[0]) for row in done.rows)
    assert any("backup" in str(row[0]) for row in left.rows)
    again = finalize(ready, FinalizeOptions.model_validate({}), traffic)
    assert again.tables[0].rows == (("the run", "finalized before"),)
    with pytest.raises(EpochPassed):
        cutover(ready, OVER, traffic)


@pytest.mark.parametrize("ready", WAYS[:2], indirect=True, ids="-".join)
def test_released_the_source_is_as_it_was(ready: MigrationRun, traffic: SqlTraffic) -> None:
    cutover(ready, OVER, traffic)
    finalize(ready, FinalizeOptions.model_validate({"source": "release"}), traffic)
    assert not fence_is_up(ready)
    with ready.source.connect("test") as session:
        session.execute("INSERT INTO entry VALUES (88, 1, 'again')")
        assert len(session.execute("SELECT id FROM audit WHERE writer = 88")) == 1


class DeadlyTraffic(SqlTraffic):
    """Kills whoever asks it to describe itself, as finalize does when both logs are given back."""

    def describe(self) -> str:
        os._exit(9)


@pytest.mark.parametrize("ready", WAYS[:2], indirect=True, ids="-".join)
def test_killed_once_the_logs_are_given_back_the_next_try_finishes(ready: MigrationRun, traffic: SqlTraffic) -> None:
    with Application(ready, traffic) as application:
        cutover(ready, OVER, traffic)
        application.goes_on()
    deadly = DeadlyTraffic(traffic.options, traffic.engine, traffic.endpoint)
    child = os.fork()
    if child == 0:
        try:
            finalize(ready, FinalizeOptions.model_validate({}), deadly)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert state_of(ready).phase is Phase.SOAK
    cutover(ready, OVER, traffic)  # a click on it wakes no reverse replication, whose log is gone
    assert state_of(ready).replication is Direction.OFF
    report = finalize(ready, FinalizeOptions.model_validate({}), traffic)
    assert state_of(ready).phase is Phase.FINALIZED
    assert report.summary["applied_up_to"]
    check_nothing_lost(application, Side.SOURCE)


def test_before_cutover_it_refuses(ready: MigrationRun, traffic: SqlTraffic) -> None:
    with pytest.raises(NotPossible, match="does not serve yet"):
        finalize(ready, FinalizeOptions.model_validate({}), traffic)


def test_traffic_that_somebody_led_back_stops_it(ready: MigrationRun, traffic: SqlTraffic) -> None:
    cutover(ready, OVER, traffic)
    traffic.switch(Side.SOURCE)
    with pytest.raises(NotPossible, match="leads to the source"):
        finalize(ready, FinalizeOptions.model_validate({}), traffic)
    assert state_of(ready).phase is Phase.SOAK
