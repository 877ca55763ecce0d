"""A migration rehearsed on a stage: twice the same outcome, nothing left, and nothing real touched."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from database_migration.engines.protocol import Session
from database_migration.errors import Refused, SpecRefused
from database_migration.model.migration_state import Phase
from database_migration.model.report import Verdict
from database_migration.steps.plan import PlanOptions, plan
from database_migration.steps.rehearse import (
    Rehearsal,
    RehearsedSteps,
    RehearseOptions,
    clear_rehearsal,
    rehearsal_of,
    rehearse,
)
from database_migration.steps.run import Database, MigrationRun
from fixtures.servers import MariaDBServer, PostgresServer
from integration.conftest import MakeRun

TABLES = """
CREATE TABLE customer (id int PRIMARY KEY, name varchar(50) NOT NULL);
CREATE TABLE purchase (id int PRIMARY KEY, customer_id int NOT NULL, amount int NOT NULL,
    FOREIGN KEY (customer_id) REFERENCES customer (id));
CREATE INDEX by_amount ON purchase (amount);
"""
WAYS = [("mariadb", "postgres"), ("other_postgres", "postgres"), ("postgres", "mariadb")]
STEPS = {"chunked_copy": {"lanes": 2, "chunk_rows": 100}, "replicate": {"idle": 0.05}, "validate": {"settle": 5}}
NOWHERE = RehearseOptions()


def fill(session: Session) -> None:
    with session.transaction():
        for number in range(1, 251):
            session.execute("INSERT INTO customer VALUES (%s, 'c')", (number,))
            session.execute("INSERT INTO purchase VALUES (%s, %s, %s)", (number, number, number * 10))


@pytest.fixture
def run(request: pytest.FixtureRequest, make_run: MakeRun) -> MigrationRun:
    """A run that was opened, between the servers of ``request.param``."""
    source, target = getattr(request, "param", WAYS[0])
    made = make_run(request.getfixturevalue(source), request.getfixturevalue(target), TABLES, target_schema="shop")
    with made.source.connect("fill") as session:
        fill(session)
    made.open()
    return made


def clone_of(run: MigrationRun, make_run: MakeRun, server: MariaDBServer | PostgresServer) -> Database:
    """A copy of the source on its own server, as a restored backup would be."""
    clone = make_run(server, server, TABLES).source
    with clone.connect("fill") as session:
        fill(session)
    return clone


def traces(database: Database, schema: str) -> dict[str, object]:
    """All of a side that a rehearsal could have changed."""
    engine = database.engine
    with database.connect("test") as session:
        postgres = engine.traits.engine == "postgres"
        triggers = "SELECT trigger_name, event_object_table FROM information_schema.triggers ORDER BY 1, 2"
        schemas = sorted(str(row[0]) for row in session.execute("SELECT schema_name FROM information_schema.schemata"))
        held = ("slot_name FROM pg_replication_slots", "pubname FROM pg_publication") if postgres else ()
        return {
            "schemas": [name for name in schemas if schema in name or "rehearsal" in name],
            "tables": session.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = %s ORDER BY 1", (schema,)),
            "triggers": session.execute(triggers),
            "held": [session.execute(f"SELECT {what} WHERE {what.split()[0]} LIKE '%%rehearsal%%'") for what in held],
        }  # fmt: skip


def ledger_lines(run: MigrationRun) -> dict[str, int]:
    """Lines of the rehearsal in the ledger, by table; those without any are not named."""
    with run.target.connect("test") as session:
        tables = [str(row[0]) for row in session.execute(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = 'database_migration'"
            " AND column_name = 'migration'")]  # fmt: skip
        counts = {
            table: int(str(session.execute(
                f"SELECT count(*) FROM database_migration.{table} WHERE migration = %s",
                (f"{run.migration}__rehearsal",))[0][0]))
            for table in tables
        }  # fmt: skip
    return {table: count for table, count in counts.items() if count}


def tried(rehearsal: Rehearsal, options: RehearseOptions = NOWHERE, *, attempt: int = 1, **steps: object):  # type: ignore[no-untyped-def]
    return rehearse(rehearsal, options, RehearsedSteps.model_validate({**STEPS, **steps}), attempt=attempt)


@pytest.mark.parametrize("run", WAYS, indirect=True, ids="-".join)
def test_twice_the_same_and_nothing_is_left_or_touched(run: MigrationRun, tmp_path: Path) -> None:
    script = tmp_path / "view.sql"
    script.write_text(f"CREATE VIEW {run.target.schema}.dear AS SELECT id FROM {run.target.schema}.customer;\n")
    meddling = tmp_path / "meddling.sql"
    meddling.write_text(f"-- sets it up\nCREATE TABLE {run.target.schema} (id int);\n")
    before = [traces(side, side.schema) for side in (run.source, run.target)]
    rehearsal = rehearsal_of(run, NOWHERE)
    reports = [
        tried(
            rehearsal,
            attempt=attempt,
            apply_schema={"scripts": [str(script), str(meddling)]},
            cutover={
                "verify": [{"name": "there", "sql": f"SELECT count(*) FROM {run.target.schema}.dear", "expect": 250}]
            },
        )
        for attempt in (1, 2)
    ]
    last = reports[-1]
    assert last.summary["rehearsed"] == "twice, the same outcome", last.findings
    assert last.summary["rows"] == 500
    assert last.summary["rows_differing"] == 0
    assert "estimated: nobody was held" in str(last.summary["pause of writers"])
    assert {found.code for found in last.findings} == {"script_not_rehearsed", "cutover_not_rehearsed"}
    assert [traces(side, side.schema) for side in (run.source, run.target)] == before
    assert ledger_lines(run) == {}
    with run.current_ledger() as ledger:
        assert ledger.runs.require_current(run.run_id, run.spec_hash).phase is Phase.PLAN
    planned = plan(run, PlanOptions.model_validate({"probe_rows": 100, "observe_writes": 0}))
    (table,) = [table for table in planned.tables if table.title == "Rehearsals"]
    assert "copy" in [row[0] for row in table.rows]
    (time,) = [table for table in planned.tables if table.title == "Time"]
    assert all(str(row[-1]).startswith("rehearsed: ") for row in time.rows[:-1]), time.rows


@pytest.mark.parametrize("run", WAYS, indirect=True, ids="-".join)
def test_on_a_clone_the_cutover_and_the_way_back_are_rehearsed_too(
    run: MigrationRun, make_run: MakeRun, request: pytest.FixtureRequest
) -> None:
    way = request.node.callspec.params["run"]
    clone = clone_of(run, make_run, request.getfixturevalue(way[0]))
    options = RehearseOptions(
        clone="shop_clone",
        writes=(
            f"UPDATE {run.target.schema}.purchase SET amount = 7 WHERE id = 7",
            f"DELETE FROM {run.target.schema}.purchase WHERE id = 8;",
        ),
    )
    before = [traces(side, side.schema) for side in (run.source, run.target, clone)]
    report = tried(rehearsal_of(run, options, clone=clone), options)
    assert report.verdict is not Verdict.FAILED, report.findings
    assert isinstance(report.summary["pause on the way back"], str)
    phases = [row[0] for row in report.tables[0].rows]
    assert "cutover" in phases
    assert "rollback" in phases
    with clone.connect("test") as session:  # what was written on the other side has come back; it takes writes again
        assert session.execute("SELECT amount FROM purchase WHERE id = 7") == [(7,)]
        assert session.execute("SELECT amount FROM purchase WHERE id = 8") == []
        session.execute("DELETE FROM purchase WHERE id = 9")
    with run.source.connect("test") as session:
        assert session.execute("SELECT count(*) FROM purchase WHERE amount = id * 10") == [(250,)]
    assert [traces(side, side.schema) for side in (run.source, run.target, clone)] == before
    assert ledger_lines(run) == {}


@pytest.mark.parametrize("phase", ["copy", "rollback"])
def test_killed_it_is_cleared_away_and_can_begin_anew(
    run: MigrationRun, make_run: MakeRun, mariadb: MariaDBServer, phase: str
) -> None:
    clone = clone_of(run, make_run, mariadb)
    options = RehearseOptions(clone="shop_clone")
    rehearsal = rehearsal_of(run, options, clone=clone)
    before = [traces(side, side.schema) for side in (run.source, run.target, clone)]
    child = os.fork()
    if child == 0:
        try:
            steps = RehearsedSteps.model_validate(STEPS)
            rehearse(rehearsal, options, steps, on_phase=lambda name: os._exit(9) if name == phase else None)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert ledger_lines(run)
    if phase == "copy":
        assert tried(rehearsal, options).verdict is not Verdict.FAILED  # the task's next try
    else:
        assert clear_rehearsal(rehearsal)
    assert [traces(side, side.schema) for side in (run.source, run.target, clone)] == before
    assert ledger_lines(run) == {}
    assert not clear_rehearsal(rehearsal)
    with clone.connect("test") as session:
        session.execute("DELETE FROM purchase WHERE id = 9")


def test_what_would_stop_the_real_run_stops_the_rehearsal_and_two_outcomes_are_told(
    run: MigrationRun, tmp_path: Path
) -> None:
    rehearsal = rehearsal_of(run, NOWHERE)
    with pytest.raises(Refused, match="the verification query 'there' says 250, not 1"):
        tried(rehearsal, cutover={"verify": [{"name": "there", "sql": "SELECT count(*) FROM customer", "expect": 1}]})
    assert ledger_lines(run) == {}
    tried(rehearsal)
    with run.source.connect("test") as session:
        session.execute("ALTER TABLE customer ADD COLUMN more int")
    differs = tried(rehearsal, attempt=2)
    assert differs.verdict is Verdict.FAILED
    assert "customer: column more is new" in differs.blockers[0].message
    assert differs.summary["rehearsed"] == "twice, with different outcomes"


def test_a_stage_that_is_one_of_the_real_databases_is_refused(run: MigrationRun) -> None:
    clone = RehearseOptions(clone="shop_clone")
    renamed = replace(run.source, endpoint=replace(run.source.endpoint, host="127.1"))
    with pytest.raises(SpecRefused, match="its writers would be fenced"):
        tried(rehearsal_of(run, clone, clone=renamed), clone)
    with pytest.raises(SpecRefused, match="leads to one of the migration's own databases"):
        tried(rehearsal_of(run, NOWHERE, target=replace(run.target)), NOWHERE)
    with pytest.raises(SpecRefused, match="is the target itself"):
        tried(rehearsal_of(run, RehearseOptions(target_schema=run.target.schema)))
    assert ledger_lines(run) == {}
