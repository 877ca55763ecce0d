"""The plan says how much, in which order and how long, and its probe leaves nothing behind."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from database_migration.errors import SourceChanged
from database_migration.model.report import Severity
from database_migration.reports import render_html, render_json, render_markdown
from database_migration.steps.apply_schema import ApplySchemaOptions, Stage, apply_schema
from database_migration.steps.plan import PlannedWindow, PlanOptions, plan, probe
from database_migration.steps.preflight import PreflightOptions, preflight
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import require_unchanged
from fixtures.servers import PrivateServer
from integration.conftest import MakeRun

SCHEMA = json.loads(files("database_migration.steps.plan").joinpath("plan.schema.json").read_text(encoding="utf-8"))
WHOLE = PlanOptions(
    chunk_rows=1000,
    gates=("plan", "cutover"),
    windows={"cutover": PlannedWindow(cron="0 2 * * SUN", duration=timedelta(hours=2), timezone="Europe/Paris")},
    observe_writes=timedelta(seconds=1),
)


@pytest.fixture(params=["chinook_run", "chinook_back_run"])
def run(request: pytest.FixtureRequest) -> MigrationRun:
    run: MigrationRun = request.getfixturevalue(request.param)
    with run.source.connect("test") as session:
        for table in run.source.read_schema().tables:
            run.source.engine.rows.analyze(session, run.source.schema, table)
    preflight(run, PreflightOptions())
    return run


def probe_tables_left(run: MigrationRun) -> list[tuple[object, ...]]:
    """Tables of the probe that the target still has."""
    with run.target.connect("test") as session:
        return session.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'database_migration'"
            " AND table_name LIKE 'probe%'"
        )


def test_the_plan_measures_and_leaves_nothing(run: MigrationRun) -> None:
    report = plan(run, WHOLE)
    assert report.title == "Migration execution plan"
    data = report.data
    tables = {str(table["source"]).lower().replace("_", ""): table for table in data["tables"]}
    assert tables["artist"]["order"] < tables["album"]["order"] < tables["track"]["order"]
    assert tables["track"]["rows"] == pytest.approx(3503, rel=0.3)
    assert tables["track"]["chunks"] > 1
    probed = {str(one["table"]).lower(): one for one in data["probe"]["tables"]}
    assert 0 < probed["track"]["rows"] <= 30_000 // 4
    assert probed["track"]["copy_seconds"] > 0
    assert probed["track"]["samples"] > 1
    assert probed["track"]["index_seconds"] > 0
    assert probed["track"]["applied_rows_per_second"] > 0
    assert len(probed) == 4
    assert 0 < data["seconds"]["low"] < data["seconds"]["high"]
    assert [phase["name"] for phase in data["phases"]] == [
        *("create tables", "copy", "indexes and keys", "catch up", "validate"),
    ]
    assert run.target.read_schema().tables == ()
    assert probe_tables_left(run) == []


def test_its_data_has_the_schema_that_lies_beside_the_step(run: MigrationRun, tmp_path: Path) -> None:
    for options in (WHOLE, PlanOptions(probe_rows=0, windows=WHOLE.windows)):
        report = plan(run, options)
        document = json.loads(Path(run.archive.file(report).json).read_text(encoding="utf-8"))
        jsonschema.validate(document["data"], SCHEMA)
        assert document == json.loads(render_json(report))


def test_the_picture_shows_phases_gates_and_the_window(run: MigrationRun) -> None:
    report = plan(run, WHOLE)
    (plot,) = report.plots
    assert (plot.x[0], plot.x[-1]) == ("gate: plan", "gate: cutover")
    assert {mark.kind for mark in plot.marks} == {"gate", "later"}
    assert any("cutover window: Sun" in mark.label for mark in plot.marks)
    page, text = render_html(report), render_markdown(report)
    assert "<svg" in page
    assert "cutover window: Sun" in page
    for drawn in ("gate: cutover", "█", "░", "◆"):
        assert drawn in text
    (said,) = [finding for finding in report.findings if finding.subject == "windows.cutover"]
    assert said.severity is Severity.NOTE
    assert "comes after everything is likely ready" in said.message


def test_a_window_that_closes_too_early_is_said(run: MigrationRun) -> None:
    """One that is open for a second in each minute is over before anything can be ready."""
    window = PlannedWindow(cron="* * * * *", duration=timedelta(seconds=1))
    report = plan(run, WHOLE.model_copy(update={"windows": {"cutover": window}}))
    finding = next(finding for finding in report.findings if finding.subject == "windows.cutover")
    used = report.data["windows"]["cutover"]
    assert (finding.severity is Severity.WARNING) == (used["next_opening"] != used["used_at_worst"])


def test_rows_are_counted_on_request(run: MigrationRun) -> None:
    estimated = plan(run, PlanOptions(probe_rows=0))
    exact = plan(run, PlanOptions(probe_rows=0, count_rows="exact"))
    assert exact.data["rows_known_by"] == "counted"
    assert exact.data["rows"] == 15607
    assert all(table["rows_counted"] for table in exact.data["tables"])
    assert estimated.data["rows"] == pytest.approx(15607, rel=0.3)


def test_rows_that_statistics_do_not_know_are_counted(
    make_run: MakeRun, postgres: PrivateServer, mariadb: PrivateServer, chinook_postgres_sql: Path
) -> None:
    """PostgreSQL knows nothing of a table before its first ANALYZE."""
    run = make_run(postgres, mariadb, "CREATE TABLE fresh (id int PRIMARY KEY); INSERT INTO fresh VALUES (1), (2);")
    preflight(run, PreflightOptions())
    (table,) = plan(run, PlanOptions(probe_rows=0)).data["tables"]
    assert (table["rows"], table["rows_counted"]) == (2, True)


@contextmanager
def writing(run: MigrationRun) -> Iterator[None]:
    """Somebody writes to the source meanwhile."""
    done = threading.Event()
    quote = run.source.engine.ddl.quote
    table = next(table for table in run.source.read_schema().tables if table.name.lower() == "genre")
    column = next(column.name for column in table.columns if column.name.lower() == "name")

    def write() -> None:
        with run.source.connect("writer") as session:
            number = 0
            while not done.wait(0.005):
                number += 1
                name = quote(run.source.schema, table.name)
                session.execute(f"UPDATE {name} SET {quote(column)} = 'genre {number}'")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()


def test_catching_up_follows_from_the_writes_that_are_seen(run: MigrationRun) -> None:
    quiet = plan(run, WHOLE).data
    with writing(run):
        busy = plan(run, WHOLE.model_copy(update={"observe_writes": timedelta(seconds=3)})).data
    assert busy["source_rows_written_per_second"] > max(100, 2 * quiet["source_rows_written_per_second"])


def test_a_small_probe_reads_a_small_range(run: MigrationRun) -> None:
    """Tables whose key begins with a column of few values are not sampled, however large they are."""
    report = plan(run, PlanOptions(probe_rows=99, probe_tables=1, observe_writes=timedelta(0)))
    assert [(str(one["table"]).lower(), one["rows"]) for one in report.data["probe"]["tables"]] == [("track", 99)]
    assert report.data["source_rows_written_per_second"] is None


def test_without_a_probe_there_is_no_estimate(run: MigrationRun) -> None:
    report = plan(run, PlanOptions(probe_rows=0))
    assert report.summary["time until ready to cut over"] == "not known"
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


@pytest.mark.parametrize("engines", [("mariadb", "postgres"), ("postgres", "mariadb")])
def test_lanes_are_measured_together(
    make_run: MakeRun, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, engines: tuple[str, str]
) -> None:
    """Several probe tables at once in one schema, with a key's name and a collation that all of them want."""
    monkeypatch.setattr(probe, "_SHORTEST_FOR_LANES", 0)  # however fast the machine is
    source, target = (request.getfixturevalue(name) for name in engines)
    is_mariadb = engines[0] == "mariadb"
    numbers = "seq_1_to_20000" if is_mariadb else "generate_series(1, 20000) AS s(seq)"
    digest = "md5(seq)" if is_mariadb else "md5(seq::text)"
    run = make_run(
        source,
        target,
        "CREATE TABLE wide (id int NOT NULL, a varchar(500) NOT NULL, b varchar(500) NOT NULL,"
        " code varchar(40) NOT NULL UNIQUE, CONSTRAINT wide_key PRIMARY KEY (id));\n"
        f"INSERT INTO wide SELECT seq, repeat({digest}, 12), repeat('x', 400), {digest} FROM {numbers};",
    )
    preflight(run, PreflightOptions())
    report = plan(
        run, PlanOptions(lanes=3, probe_rows=15_000, probe_tables=1, chunk_rows=1000, observe_writes=timedelta(0))
    )
    speed_up = report.data["probe"]["speed_up"]
    assert speed_up["lanes"] == 3
    assert 0.5 <= speed_up["factor"] <= 3
    assert [entry["lanes"] for entry in report.data["copy_by_lanes"]] == [1, 2, 3, 4, 8]
    assert "lanes together were" in report.data["phases"][1]["based_on"]
    assert probe_tables_left(run) == []
