"""The plan says how much, in which order and how long, and its probe leaves nothing behind."""

from __future__ import annotations

import pytest

from database_migration.errors import SourceChanged
from database_migration.steps.apply_schema import ApplySchemaOptions, Stage, apply_schema
from database_migration.steps.plan import PlanOptions, plan
from database_migration.steps.preflight import PreflightOptions, preflight
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import require_unchanged


@pytest.fixture(params=["chinook_run", "chinook_back_run"])
def run(request: pytest.FixtureRequest) -> MigrationRun:
    run: MigrationRun = request.getfixturevalue(request.param)
    with run.source.connect("test") as session:
        for table in run.source.read_schema().tables:
            run.source.engine.rows.analyze(session, run.source.schema, table)
    preflight(run, PreflightOptions())
    return run


def test_the_plan_measures_and_leaves_nothing(run: MigrationRun) -> None:
    report = plan(run, PlanOptions(chunk_rows=1000, gates=("plan", "cutover"), windows={"cutover": "Sunday 2:00"}))
    assert report.title == "Migration execution plan"
    data = report.data
    assert data["schema_version"] == 1
    tables = {str(table["source"]).lower().replace("_", ""): table for table in data["tables"]}
    assert tables["artist"]["order"] < tables["album"]["order"] < tables["track"]["order"]
    assert tables["track"]["rows"] == pytest.approx(3503, rel=0.3)
    assert tables["track"]["chunks"] > 1
    probed = {str(one["table"]).lower(): one for one in data["probe"]}
    assert 0 < probed["track"]["rows"] <= 20_000 // 3
    assert probed["track"]["load_seconds"] > 0
    assert 0 < data["seconds"]["low"] < data["seconds"]["high"]
    assert (data["gates"], data["windows"]) == (["plan", "cutover"], {"cutover": "Sunday 2:00"})
    assert [plot.kind for plot in report.plots] == ["gantt"]
    assert run.archive.file(report).html.endswith("plan.html")
    assert run.target.read_schema().tables == ()
    with run.target.connect("test") as session:
        left = session.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'database_migration'"
            " AND table_name LIKE 'probe%'"
        )
    assert left == []


def test_a_small_probe_reads_a_small_range(run: MigrationRun) -> None:
    """Tables whose key begins with a column of few values are not sampled, however large they are."""
    report = plan(run, PlanOptions(probe_rows=100, probe_tables=1))
    assert [(str(one["table"]).lower(), one["rows"]) for one in report.data["probe"]] == [("track", 100)]


def test_without_a_probe_there_is_no_estimate(run: MigrationRun) -> None:
    report = plan(run, PlanOptions(probe_rows=0))
    assert report.summary["time (estimated)"] == "not known"
    assert report.data["seconds"] is None
    assert report.plots == []


def test_a_second_plan_does_not_hide_a_change(run: MigrationRun) -> None:
    plan(run, PlanOptions(probe_rows=0))
    quote = run.source.engine.ddl.quote
    table = next(table for table in run.source.read_schema().tables if table.name.lower() == "genre")
    with run.current_ledger() as ledger:
        require_unchanged(run, ledger)
    apply_schema(run, ApplySchemaOptions(), Stage.TABLES)
    with run.source.connect("test") as session:
        session.execute(f"ALTER TABLE {quote(run.source.schema, table.name)} ADD COLUMN extra int")
    with pytest.raises(SourceChanged, match="column extra is new"):
        plan(run, PlanOptions(probe_rows=0))
