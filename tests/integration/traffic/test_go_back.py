"""Back to a named checkpoint, or with some tables only: the run lives on, and what was taken back can be done again."""

from __future__ import annotations

import os

import pytest

from database_migration.errors import NotPossible, SpecRefused
from database_migration.model.migration_state import CutoverMove, Direction, Phase, Side
from database_migration.model.report import Report, Verdict
from database_migration.steps.cutover import CutoverOptions, cutover
from database_migration.steps.finalize import FinalizeOptions, finalize
from database_migration.steps.replicate import Until, replicate
from database_migration.steps.rollback import RollbackOptions, rollback
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate import ValidateOptions, validate
from database_migration.traffic import ManualTraffic, SqlTraffic
from fixtures.servers import MariaDBServer, PostgresServer
from integration.conftest import MakeRun
from integration.live import copy_all, create_keys
from integration.traffic.application import (
    FAST,
    Application,
    check_nothing_lost,
    make_ready,
    replication,
    settled,
    state_of,
)
from integration.traffic.test_cutover import killed_cutover

WAYS = [("mariadb", "postgres"), ("postgres", "mariadb"), ("postgres", "other_postgres")]
BACK = RollbackOptions.model_validate({})
OVER = CutoverOptions.model_validate({})
BOUND = """
CREATE TABLE customer (id int PRIMARY KEY, name varchar(50) NOT NULL);
CREATE TABLE purchase (id int PRIMARY KEY, customer_id int NOT NULL, amount int NOT NULL,
    FOREIGN KEY (customer_id) REFERENCES customer (id));
CREATE TABLE note (id int PRIMARY KEY, text_ varchar(50) NOT NULL);
CREATE INDEX by_amount ON purchase (amount);
"""


def rows_on(run: MigrationRun, side: Side, table: str) -> int:
    with run.database(side).connect("test") as session:
        return int(str(session.execute(f"SELECT count(*) FROM {table}")[0][0]))


def secondary(run: MigrationRun) -> int:
    """Indexes and foreign keys of the target beside the primary keys."""
    return sum(len(table.indexes) + len(table.foreign_keys) for table in run.target.read_schema().tables)


def again_from(run: MigrationRun, checkpoint: str) -> Report:
    """What the DAG does when the tasks are cleared that the report names; the validation's report."""
    if checkpoint == "prepared":
        copy_all(run)
        replicate(run, FAST, until=Until.COPY_END)
    create_keys(run)
    replicate(run, FAST, until=Until.CAUGHT_UP)
    report = validate(run, ValidateOptions.model_validate({}))
    with run.current_ledger() as ledger:
        ledger.checkpoints.set("validated")
    return report


@pytest.mark.parametrize(
    ("ready", "checkpoint"),
    [(WAYS[0], "copied"), (WAYS[1], "prepared"), (WAYS[2], "prepared")],
    indirect=["ready"],
)
def test_the_run_lives_on_from_a_checkpoint(ready: MigrationRun, traffic: SqlTraffic, checkpoint: str) -> None:
    with Application(ready, traffic, writers=2) as application:
        with replication(ready):
            application.goes_on(5)
            keys = secondary(ready)
            report = rollback(ready, BACK, traffic, checkpoint=checkpoint)
            application.goes_on(5)
        assert str(report.summary["outcome"]).startswith(f"back at the checkpoint {checkpoint}")
        assert report.summary["seconds"]
        assert secondary(ready) < keys
        assert state_of(ready).replication is Direction.OFF
        assert (rows_on(ready, Side.TARGET, "entry") == 0) is (checkpoint == "prepared")
        with pytest.raises(NotPossible, match=f"went back to the checkpoint {checkpoint}.*clear the tasks"):
            cutover(ready, OVER, traffic)
        with pytest.raises(NotPossible, match="has not reached the checkpoint 'validated'"):
            rollback(ready, BACK, traffic, checkpoint="validated")
        with replication(ready):
            assert again_from(ready, checkpoint).verdict is not Verdict.FAILED
            assert secondary(ready) == keys
            cutover(ready, OVER, traffic)
            application.goes_on(5)
    with replication(ready):
        settled(ready)
    check_nothing_lost(application, Side.TARGET)
    assert application.refusals == []


def test_a_cutover_that_was_killed_is_taken_back_on_the_way(ready: MigrationRun, traffic: SqlTraffic) -> None:
    killed_cutover(ready, traffic, CutoverMove.FENCE_SOURCE, "done")
    rollback(ready, BACK, traffic, checkpoint="copied")
    with Application(ready, traffic, writers=2) as application:
        application.goes_on(5)
        with replication(ready):
            again_from(ready, "copied")
            cutover(ready, OVER, traffic)
        application.goes_on(5)
    check_nothing_lost(application, Side.TARGET)


def test_killed_on_the_way_back_the_next_try_gets_there(ready: MigrationRun, traffic: SqlTraffic) -> None:
    step = "empty the target's tables"
    child = os.fork()
    if child == 0:
        try:
            rollback(
                ready, BACK, traffic, checkpoint="prepared", on_step=lambda made: os._exit(9) if made == step else None
            )
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    with pytest.raises(NotPossible, match="went back to the checkpoint prepared"):
        cutover(ready, OVER, traffic)
    rollback(ready, BACK, traffic, checkpoint="prepared")
    assert again_from(ready, "prepared").verdict is Verdict.PASSED
    cutover(ready, OVER, traffic)
    assert rollback(ready, BACK, traffic).verdict is Verdict.PASSED


def test_what_cannot_be_reached_is_refused_with_the_way_that_is_open(ready: MigrationRun, traffic: SqlTraffic) -> None:
    with pytest.raises(SpecRefused, match=r"no checkpoint 'nowhere'.*prepared or copied or validated"):
        rollback(ready, BACK, traffic, checkpoint="nowhere")
    with pytest.raises(NotPossible, match="cut_over is where the application writes to the target"):
        rollback(ready, BACK, traffic, checkpoint="cut_over")
    with pytest.raises(SpecRefused, match="are made for all tables at once"):
        rollback(ready, BACK, traffic, checkpoint="validated", tables=["entry"])
    with pytest.raises(SpecRefused, match="nothing_such does not take part"):
        rollback(ready, BACK, traffic, tables=["nothing_such"])
    with pytest.raises(SpecRefused, match="all tables of the run"):
        rollback(ready, BACK, traffic, tables=["entry", "counter", "ticket", "audit"])
    cutover(ready, OVER, traffic)
    for checkpoint in ("prepared", "copied", "validated"):
        with pytest.raises(NotPossible, match="once the target has served"):
            rollback(ready, BACK, traffic, checkpoint=checkpoint)
    with pytest.raises(NotPossible, match="there is no traffic by table"):
        rollback(ready, BACK, traffic, tables=["entry"])
    finalize(ready, FinalizeOptions.model_validate({}), traffic)
    with pytest.raises(NotPossible, match=r"finalized.*migrate from the target"):
        rollback(ready, BACK, traffic, checkpoint="prepared")


def bound_run(make_run: MakeRun, source: PostgresServer | MariaDBServer, target: PostgresServer) -> MigrationRun:
    """Three tables, two of them bound by a foreign key, at the gate before the cutover."""
    run = make_run(source, target, BOUND)
    with run.source.connect("fill") as session, session.transaction():
        for number in range(1, 41):
            session.execute("INSERT INTO customer VALUES (%s, 'c')", (number,))
            session.execute("INSERT INTO purchase VALUES (%s, %s, %s)", (number, number, number * 10))
            session.execute("INSERT INTO note VALUES (%s, 'n')", (number,))
    make_ready(run)
    return run


@pytest.mark.parametrize("server", ["mariadb", "other_postgres"])
def test_some_tables_are_taken_out_and_the_rest_cuts_over(
    make_run: MakeRun, request: pytest.FixtureRequest, postgres: PostgresServer, server: str
) -> None:
    run, by_hand = bound_run(make_run, request.getfixturevalue(server), postgres), ManualTraffic()
    with pytest.raises(SpecRefused, match=r"purchase refers to customer.*customer, purchase together"):
        rollback(run, BACK, by_hand, tables=["customer"])
    report = rollback(run, BACK, by_hand, tables=["purchase"])
    assert "purchase taken out of the run" in str(report.summary["outcome"])
    assert {table.name for table in run.target.read_schema().tables} == {"customer", "note"}
    assert state_of(run).replication is Direction.FORWARD
    with run.source.connect("test") as session:  # nobody minds what happens to it any more
        session.execute("INSERT INTO purchase VALUES (1000, 1, 1)")
        session.execute("ALTER TABLE purchase ADD COLUMN more int")
        session.execute("INSERT INTO note VALUES (1000, 'late')")
    assert again_from(run, "copied").verdict is Verdict.PASSED
    assert cutover(run, OVER, by_hand).verdict is Verdict.PASSED
    assert rows_on(run, Side.TARGET, "note") == 41
    back = rollback(run, BACK, by_hand)
    assert str(back.summary["outcome"]).startswith("reversed")
    assert state_of(run).phase is Phase.ROLLED_BACK
    assert rows_on(run, Side.SOURCE, "purchase") == 41


@pytest.mark.parametrize("server", ["mariadb", "other_postgres"])
def test_some_tables_are_copied_again_and_the_others_are_left_alone(
    make_run: MakeRun, request: pytest.FixtureRequest, postgres: PostgresServer, server: str
) -> None:
    run, by_hand = bound_run(make_run, request.getfixturevalue(server), postgres), ManualTraffic()
    keys = secondary(run)
    with pytest.raises(SpecRefused, match="purchase refers to customer"):
        rollback(run, BACK, by_hand, checkpoint="prepared", tables=["customer"])
    rollback(run, BACK, by_hand, checkpoint="prepared", tables=["purchase"])
    assert [rows_on(run, Side.TARGET, table) for table in ("customer", "purchase", "note")] == [40, 0, 40]
    with run.source.connect("test") as session:
        session.execute("UPDATE purchase SET amount = 1 WHERE id = 1")
        session.execute("DELETE FROM purchase WHERE id = 2")
        session.execute("INSERT INTO note VALUES (1000, 'late')")
    assert again_from(run, "prepared").verdict is Verdict.PASSED
    assert [rows_on(run, Side.TARGET, table) for table in ("customer", "purchase", "note")] == [40, 39, 41]
    assert secondary(run) == keys
    assert cutover(run, OVER, by_hand).verdict is Verdict.PASSED
