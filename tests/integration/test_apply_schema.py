"""The target's schema is created in two stages, twice is once, a killed try is resumed, and undo leaves nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

import database_migration.steps.apply_schema.step as step
from database_migration.errors import Interrupted, NotPossible, SourceChanged, TargetNotOurs
from database_migration.ledger import Objects
from database_migration.model.migration_state import Phase
from database_migration.model.report import Report, Verdict
from database_migration.steps.apply_schema import (
    ApplySchemaOptions,
    ForeignKeyPolicy,
    Stage,
    apply_schema,
    undo_objects,
)
from database_migration.steps.plan import PlanOptions, plan
from database_migration.steps.preflight import PreflightOptions, preflight
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import SchemaCompareOptions, schema_compare
from fixtures.servers import PrivateServer

SMALL = """
CREATE TABLE parent (id int PRIMARY KEY, name varchar(20));
CREATE TABLE child (id int PRIMARY KEY, parent_id int, CONSTRAINT child_parent FOREIGN KEY (parent_id)
  REFERENCES parent (id));
CREATE INDEX parent_name ON parent (name);
"""
QUICK = PlanOptions(probe_rows=0)


def planned(run: MigrationRun) -> MigrationRun:
    assert preflight(run, PreflightOptions()).blockers == ()
    plan(run, QUICK)
    return run


def apply_all(run: MigrationRun, options: ApplySchemaOptions | None = None) -> tuple[Report, Report]:
    options = options or ApplySchemaOptions()
    return apply_schema(run, options, Stage.TABLES), apply_schema(run, options, Stage.KEYS)


def tables_of(run: MigrationRun) -> set[str]:
    return {table.name for table in run.target.read_schema().tables}


@pytest.fixture(params=["chinook_run", "chinook_back_run", "sakila_run", "shop_run"])
def run(request: pytest.FixtureRequest) -> MigrationRun:
    return planned(request.getfixturevalue(request.param))


def test_everything_is_created_and_nothing_differs_then(run: MigrationRun) -> None:
    tables, keys = apply_all(run)
    assert [finding for finding in (*tables.findings, *keys.findings) if finding.severity == "blocker"] == []
    compared = schema_compare(run, SchemaCompareOptions())
    assert compared.data["differences"] == []
    assert compared.data["to_create"] == []
    assert tables_of(run) == {table.name for table in run.selection.of(run.source.read_schema())}


def test_sakila_from_mysql_and_chinook_to_it(
    make_run,
    mysql: PrivateServer,
    postgres: PrivateServer,
    sakila_sql: tuple[Path, Path],
    chinook_postgres_sql: Path,
) -> None:
    for run in (make_run(mysql, postgres, sakila_sql), make_run(postgres, mysql, chinook_postgres_sql)):
        planned(run)
        tables, keys = apply_all(run)
        assert (*tables.blockers, *keys.blockers) == ()
        assert schema_compare(run, SchemaCompareOptions()).data == {"differences": [], "to_create": []}
        with run.current_ledger() as ledger:
            undo_objects(run, ledger, ledger.session)
        assert tables_of(run) == set()


def test_twice_is_once_and_undo_leaves_nothing(run: MigrationRun) -> None:
    apply_all(run)
    again = apply_all(run)
    assert [report.summary["created"] for report in again] == [0, 0]
    with run.current_ledger() as ledger:
        assert ledger.runs.current().phase is Phase.PREPARE
        assert undo_objects(run, ledger, ledger.session)
        assert ledger.objects.all() == []
        assert undo_objects(run, ledger, ledger.session) == []
        left = ledger.session.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s"
            " UNION ALL SELECT routine_name FROM information_schema.routines WHERE routine_schema = %s",
            (run.target.schema, run.target.schema),
        )
    assert left == []


@pytest.fixture(params=["to_postgres", "to_mariadb"])
def small(request: pytest.FixtureRequest, make_run, mariadb: PrivateServer, postgres: PrivateServer) -> MigrationRun:
    servers = (mariadb, postgres) if request.param == "to_postgres" else (postgres, mariadb)
    return make_run(*servers, SMALL)


def test_a_foreign_table_is_refused_even_if_empty(small: MigrationRun) -> None:
    planned(small)
    with small.target.connect("test") as session:
        session.execute(f"CREATE TABLE {small.target.engine.ddl.quote(small.target.schema, 'child')} (x int)")
    with pytest.raises(TargetNotOurs, match="child"):
        apply_schema(small, ApplySchemaOptions(), Stage.TABLES)
    assert tables_of(small) == {"child"}


class Killed(BaseException):
    """Stands for kill -9 between two statements."""


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("moment", ["before the deed", "after the deed"])
def test_a_try_killed_between_any_two_statements_is_resumed(
    small: MigrationRun, monkeypatch: pytest.MonkeyPatch, stage: Stage, moment: str
) -> None:
    """Killed after the intent of the second object, or after its deed but before its line says so."""
    planned(small)
    options = ApplySchemaOptions(parallel=1)
    if stage is Stage.KEYS:
        apply_schema(small, options, Stage.TABLES)
    real = Objects.made
    calls = iter(range(1000))

    def dying(self: Objects, *arguments: object, **keywords: object) -> None:
        if next(calls) == 1:
            raise Killed
        real(self, *arguments, **keywords)

    with monkeypatch.context() as patch:
        if moment == "after the deed":
            patch.setattr(Objects, "made", dying)
        else:
            patch.setattr(Objects, "intend", _dying_after(Objects.intend, 1))
        with pytest.raises(Killed):
            apply_schema(small, options, stage)
    apply_all(small, options)
    assert schema_compare(small, SchemaCompareOptions()).data == {"differences": [], "to_create": []}


def _dying_after(real: Callable[..., bool], number: int) -> Callable[..., bool]:
    calls = iter(range(1000))

    def dying(self: Objects, *arguments: object) -> bool:
        outcome = real(self, *arguments)
        if next(calls) == number:
            raise Killed
        return outcome

    return dying


def test_the_next_run_drops_what_a_rolled_back_one_made(small: MigrationRun) -> None:
    planned(small)
    apply_all(small)
    with small.current_ledger() as ledger:
        ledger.runs.end(small.run_id, Phase.ROLLED_BACK)
    second = replace(small, run_id="run_2")
    assert preflight(second, PreflightOptions()).blockers == ()
    compared = schema_compare(second, SchemaCompareOptions())
    assert compared.data["differences"] == []
    assert "table child" in compared.data["to_create"]
    plan(second, QUICK)
    tables, _ = apply_all(second)
    assert [finding.code for finding in tables.findings] == ["earlier_run_dropped"]
    assert schema_compare(second, SchemaCompareOptions()).data == {"differences": [], "to_create": []}
    with second.current_ledger() as ledger:
        assert ledger.objects.of_earlier_runs() == []


def test_a_source_that_changed_is_refused(small: MigrationRun) -> None:
    planned(small)
    with small.source.connect("test") as session:
        session.execute("ALTER TABLE parent ADD COLUMN extra int")
    with pytest.raises(SourceChanged, match="parent: column extra is new"):
        apply_schema(small, ApplySchemaOptions(), Stage.TABLES)
    assert tables_of(small) == set()


def test_without_a_plan_nothing_is_created(small: MigrationRun) -> None:
    preflight(small, PreflightOptions())
    with pytest.raises(NotPossible, match="no plan"):
        apply_schema(small, ApplySchemaOptions(), Stage.TABLES)


def test_only_one_session_applies(small: MigrationRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "wait_for_lock", partial(step.wait_for_lock, seconds=0.5))
    planned(small)
    with small.target.connect("test") as other:
        assert other.try_lock(f"database_migration:{small.migration}:apply_schema")
        with pytest.raises(Interrupted, match="another session"):
            apply_schema(small, ApplySchemaOptions(), Stage.TABLES)


def test_orphans_are_counted_and_can_be_left_alone(make_run, mariadb: PrivateServer, postgres: PrivateServer) -> None:
    run = planned(make_run(mariadb, postgres, SMALL))
    apply_schema(run, ApplySchemaOptions(), Stage.TABLES)
    with run.target.connect("test") as session:
        session.execute("INSERT INTO parent VALUES (1, 'a')")
        session.execute("INSERT INTO child VALUES (1, 1), (2, 7), (3, 8), (4, NULL)")
    report = apply_schema(run, ApplySchemaOptions(), Stage.KEYS)
    assert report.verdict is Verdict.FAILED
    (finding,) = report.blockers
    assert (finding.code, finding.subject) == ("orphan_rows", "child.child_parent")
    assert finding.message.startswith("2 rows of child")
    report = apply_schema(run, ApplySchemaOptions(foreign_keys=ForeignKeyPolicy.NOT_VALID), Stage.KEYS)
    assert report.blockers == ()
    with run.target.connect("test") as session:
        assert session.execute("SELECT convalidated FROM pg_constraint WHERE conname = 'child_parent'") == [(False,)]


def test_orphans_on_a_target_of_the_other_kind(make_run, mariadb: PrivateServer, postgres: PrivateServer) -> None:
    run = planned(make_run(postgres, mariadb, SMALL))
    apply_schema(run, ApplySchemaOptions(), Stage.TABLES)
    with run.target.connect("test") as session:
        session.execute("INSERT INTO child VALUES (2, 7)")
    report = apply_schema(run, ApplySchemaOptions(), Stage.KEYS)
    assert [finding.code for finding in report.blockers] == ["orphan_rows"]
    report = apply_schema(run, ApplySchemaOptions(foreign_keys=ForeignKeyPolicy.NOT_VALID), Stage.KEYS)
    assert report.blockers == ()


def test_duplicates_are_a_finding_and_the_rest_goes_on(
    make_run, mariadb: PrivateServer, postgres: PrivateServer
) -> None:
    sql = "CREATE TABLE a (id int PRIMARY KEY, u int UNIQUE, n int); CREATE INDEX a_n ON a (n);"
    run = planned(make_run(mariadb, postgres, sql))
    apply_schema(run, ApplySchemaOptions(), Stage.TABLES)
    with run.target.connect("test") as session:
        session.execute("INSERT INTO a VALUES (1, 5, 1), (2, 5, 1)")
    report = apply_schema(run, ApplySchemaOptions(), Stage.KEYS)
    assert [finding.code for finding in report.blockers] == ["unique_refused"]
    assert [(row[0], row[3]) for row in report.tables[0].rows] == [("index", "now")]


def test_scripts_run_once_per_content(small: MigrationRun, tmp_path: Path) -> None:
    script = tmp_path / "extra.sql"
    script.write_text("CREATE TABLE extra (id int); -- a comment; with a semicolon\nINSERT INTO extra VALUES (1);")
    (tmp_path / "extra.undo.sql").write_text("DROP TABLE IF EXISTS extra; SELECT 1;")
    options = ApplySchemaOptions(scripts=(str(script),))
    planned(small)
    apply_all(small, options)
    apply_all(small, options)
    with small.target.connect("test") as session:
        assert session.execute("SELECT count(*) FROM extra") == [(1,)]
    script.write_text("INSERT INTO extra VALUES (2);")
    apply_all(small, options)
    with small.target.connect("test") as session:
        assert session.execute("SELECT count(*) FROM extra") == [(2,)]
    with small.current_ledger() as ledger:
        undo_objects(small, ledger, ledger.session)
    assert tables_of(small) == set()


def test_a_script_that_fails_is_a_finding(small: MigrationRun, tmp_path: Path) -> None:
    script = tmp_path / "wrong.sql"
    script.write_text("CREATE TABLE one (id int); SELECT nothing FROM nowhere;")
    planned(small)
    _, keys = apply_all(small, ApplySchemaOptions(scripts=(str(script),)))
    assert [finding.code for finding in keys.blockers] == ["script_file_refused"]
    script.write_text("SELECT 1;")
    _, keys = apply_all(small, ApplySchemaOptions(scripts=(str(script),)))
    assert keys.blockers == ()


def test_a_schema_of_ours_stays_when_others_use_it(make_run, mariadb: PrivateServer, postgres: PrivateServer) -> None:
    run = planned(make_run(mariadb, postgres, SMALL, target_schema="fresh"))
    apply_all(run)
    with run.target.connect("test") as session:
        session.execute("CREATE TABLE fresh.theirs (id int)")
    with run.current_ledger() as ledger:
        undo_objects(run, ledger, ledger.session)
    assert tables_of(run) == {"theirs"}


def test_a_view_of_others_on_our_table_stops_the_undo(
    make_run, mariadb: PrivateServer, postgres: PrivateServer
) -> None:
    from database_migration.errors import Refused

    run = planned(make_run(mariadb, postgres, SMALL))
    apply_all(run)
    with run.target.connect("test") as session:
        session.execute("CREATE VIEW theirs AS SELECT * FROM parent")
    with run.current_ledger() as ledger, pytest.raises(Refused, match="parent"):
        undo_objects(run, ledger, ledger.session)
