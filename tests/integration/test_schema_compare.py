"""The comparison shows what is to be created, what drifted, and what becomes of all that is not a table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from database_migration.model.report import Report, Verdict
from database_migration.model.table_selection import TableSelection
from database_migration.steps.apply_schema import ApplySchemaOptions, Stage, apply_schema
from database_migration.steps.plan import PlanOptions, plan
from database_migration.steps.preflight import PreflightOptions, preflight
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import SchemaCompareOptions, expected_target, schema_compare
from fixtures.sample_data import PROJECT
from fixtures.servers import PrivateServer

SHOP = PROJECT / "include" / "databases" / "shop"


def rows_of(report: Report, title: str) -> list[tuple[object, ...]]:
    return next(list(table.rows) for table in report.tables if table.title == title)


def applied(run: MigrationRun) -> MigrationRun:
    preflight(run, PreflightOptions())
    plan(run, PlanOptions(probe_rows=0))
    apply_schema(run, ApplySchemaOptions(), Stage.TABLES)
    apply_schema(run, ApplySchemaOptions(), Stage.KEYS)
    return run


def test_before_apply_everything_is_to_be_created(chinook_run: MigrationRun) -> None:
    preflight(chinook_run, PreflightOptions())
    report = schema_compare(chinook_run, SchemaCompareOptions())
    assert report.verdict is not Verdict.FAILED
    assert report.data["differences"] == []
    assert sum(line.startswith("table ") for line in report.data["to_create"]) == 11
    assert sum(line.startswith("foreign_key ") for line in report.data["to_create"]) == 11
    names = [script.filename for script in report.scripts if script.filename.startswith(("V", "U"))]
    assert names == ["V1__tables.sql", "U1__tables.sql", "V2__keys.sql", "U2__keys.sql"]
    filed = chinook_run.archive.file(report)
    assert "V1__tables.sql" in "".join(filed.scripts)


def test_the_scripts_run_by_hand(chinook_run: MigrationRun) -> None:
    """What the report files under Flyway's names builds the same schema, and takes it away again."""
    preflight(chinook_run, PreflightOptions())
    scripts = {script.filename: script.text for script in schema_compare(chinook_run, SchemaCompareOptions()).scripts}
    with chinook_run.target.connect("test") as session:
        session.execute(scripts["V1__tables.sql"])
        session.execute(scripts["V2__keys.sql"])
    by_hand = chinook_run.target.read_schema()
    with chinook_run.current_ledger() as ledger:
        expected = expected_target(chinook_run, ledger)
    assert set(by_hand.tables) == set(expected.tables)
    with chinook_run.target.connect("test") as session:
        session.execute(scripts["U2__keys.sql"])
        session.execute(scripts["U1__tables.sql"])
    assert chinook_run.target.read_schema().tables == ()


def test_drift_is_found_after_apply(chinook_run: MigrationRun) -> None:
    run = applied(chinook_run)
    with run.target.connect("test") as session:
        session.execute('ALTER TABLE "Customer" ALTER COLUMN "Email" TYPE varchar(10)')
        session.execute(
            'DROP INDEX "Album_IFK_AlbumArtistId"' if _has(session, "Album_IFK_AlbumArtistId") else "SELECT 1"
        )
        session.execute('CREATE TABLE "Extra" (id int)')
        session.execute('ALTER TABLE "Genre" DROP COLUMN "Name"')
    report = schema_compare(run, SchemaCompareOptions())
    found = {(one["code"], one["subject"]): one["weight"] for one in report.data["differences"]}
    assert found["column_type", "Customer.Email"] == "data loss"
    assert found["column_missing", "Genre.Name"] == "data loss"
    assert found["table_extra", "Extra"] == "cosmetic"
    assert report.verdict is Verdict.FAILED
    waive = {"column_type:Customer.Email": "short addresses", "Genre.Name": "not used"}
    assert schema_compare(run, SchemaCompareOptions(waive=waive)).verdict is not Verdict.FAILED


def _has(session, index: str) -> bool:
    return bool(session.execute("SELECT 1 FROM pg_class WHERE relname = %s", (index,)))


def test_sakila_tells_what_became_of_each_thing(sakila_run: MigrationRun) -> None:
    preflight(sakila_run, PreflightOptions())
    report = schema_compare(sakila_run, SchemaCompareOptions(replaced_code={"upd_film": "a generated tsvector"}))
    code = {(row[0], row[1]): row[5] for row in rows_of(report, "Triggers, routines and events")}
    assert code["trigger", "upd_film"] == "replaced"
    assert code["procedure", "rewards_report"] == "manual"
    assert code["function", "inventory_in_stock"] == "manual"
    assert {row[0] for row in rows_of(report, "Views")} == {
        "actor_info",
        "customer_list",
        "film_list",
        "nicer_but_slower_film_list",
        "sales_by_film_category",
        "sales_by_store",
        "staff_list",
    }
    told = {(finding.code, finding.subject) for finding in report.findings}
    assert ("spatial_as_bytes", "address.location") in told
    assert any((subject.startswith("film_text.") and "index" in code) or "fulltext" in code for code, subject in told)
    assert any("CREATE" in script.text.upper() for script in report.scripts if "rewards_report" in script.title)


def test_renames_reach_the_target(make_run, mariadb: PrivateServer, postgres: PrivateServer) -> None:
    sql = """
    CREATE TABLE customer (id int PRIMARY KEY, name varchar(20), CHECK (name <> ''));
    CREATE TABLE orders (id int PRIMARY KEY, customer int, total decimal(8,2), twice decimal(9,2) AS (total * 2) STORED,
      KEY by_customer (customer), FOREIGN KEY (customer) REFERENCES customer (id));
    """
    selection = TableSelection(
        renames={"orders": "sales_order", "customer": "client"},
        column_renames={"orders": {"total": "amount", "customer": "client_id"}, "customer": {"id": "nr"}},
    )
    run = applied(make_run(mariadb, postgres, sql, selection=selection))
    target = run.target.read_schema()
    order = target.table("sales_order")
    assert [column.name for column in order.columns] == ["id", "client_id", "amount", "twice"]
    assert "amount" in str(order.column("twice").generated)
    assert [(key.columns, key.parent_table, key.parent_columns) for key in order.foreign_keys] == [
        (("client_id",), "client", ("nr",))
    ]
    assert schema_compare(run, SchemaCompareOptions()).data == {"differences": [], "to_create": []}


def test_the_same_engine_carries_views(make_run, postgres: PrivateServer) -> None:
    sql = """
    CREATE TABLE a (id int PRIMARY KEY, n text);
    CREATE VIEW z AS SELECT id, n FROM a;
    CREATE VIEW b AS SELECT n FROM z WHERE id > 3;
    """
    run = applied(make_run(postgres, postgres, sql))
    assert {view.name for view in run.target.read_schema().views} == {"z", "b"}
    assert schema_compare(run, SchemaCompareOptions()).data == {"differences": [], "to_create": []}


def test_views_are_translated_or_left_to_a_person_with_the_reason(sakila_run: MigrationRun) -> None:
    run = applied(sakila_run)
    report = schema_compare(run, SchemaCompareOptions())
    outcomes = {row[0]: row[1] for row in rows_of(report, "Views")}
    assert outcomes["customer_list"] == outcomes["staff_list"] == "translated"
    assert outcomes["actor_info"] == "manual"
    there = {view.name for view in run.target.read_schema().views}
    assert there == {str(name) for name, outcome in outcomes.items() if outcome == "translated"}
    manual = {finding.subject: finding.message for finding in report.findings if finding.code == "view_manual"}
    assert "GROUP_CONCAT" in manual["actor_info"]
    assert any(script.title == "view actor_info: manual" for script in report.scripts)


def test_views_between_dialects_without_rules_are_left_to_a_person(
    make_run, mariadb: PrivateServer, postgres: PrivateServer
) -> None:
    sql = "CREATE TABLE a (id int PRIMARY KEY); CREATE VIEW v AS SELECT id / 2 AS half FROM a;"
    report = schema_compare(applied(make_run(postgres, mariadb, sql)), SchemaCompareOptions())
    assert [row[:2] for row in rows_of(report, "Views")] == [("v", "manual")]


def test_the_shop_with_its_hand_written_trigger(shop_run: MigrationRun) -> None:
    run = applied(shop_run)
    before = schema_compare(run, SchemaCompareOptions())
    apply_schema(run, ApplySchemaOptions(scripts=(str(SHOP / "triggers.postgres.sql"),)), Stage.KEYS)
    after = schema_compare(run, SchemaCompareOptions())
    outcomes = [[row[5] for row in rows_of(report, "Triggers, routines and events")] for report in (before, after)]
    assert outcomes == [["manual"], ["carried"]]
    assert after.data == {"differences": [], "to_create": []}
    assert [row[1] for row in rows_of(after, "Views")] == ["translated"]


@pytest.mark.parametrize("kind", ["parent only", "child only"])
def test_keys_have_one_type_when_only_one_side_is_a_boolean(
    make_run, mariadb: PrivateServer, postgres: PrivateServer, kind: str
) -> None:
    sql = """
    CREATE TABLE parent (id tinyint(1) PRIMARY KEY);
    CREATE TABLE child (id int PRIMARY KEY, flag tinyint(1), FOREIGN KEY (flag) REFERENCES parent (id));
    INSERT INTO parent VALUES (0), (1), (2);
    INSERT INTO child VALUES (1, 1);
    """
    if kind == "parent only":
        sql = sql.replace(", (2)", "").replace("(1, 1)", "(1, 1)")
    run = applied(make_run(mariadb, postgres, sql))
    target = run.target.read_schema()
    assert target.table("child").column("flag").type == target.table("parent").column("id").type
    assert schema_compare(replace(run), SchemaCompareOptions()).data == {"differences": [], "to_create": []}
