"""Advice about indexes is right on real servers: what it names is redundant, unread or missing there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from database_migration.model.report import Report
from database_migration.steps.apply_schema import ApplySchemaOptions, Stage, apply_schema, undo_objects
from database_migration.steps.plan import PlanOptions, plan
from database_migration.steps.preflight import PreflightOptions, preflight
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import SchemaCompareOptions, schema_compare
from fixtures.servers import MariaDBServer, PrivateServer

INDEXES = """
CREATE INDEX city_only ON customer (city); CREATE INDEX city_name ON customer (city, name);
CREATE INDEX city_twin ON customer (city, name); CREATE UNIQUE INDEX mail ON customer (mail);
CREATE INDEX never ON customer (age);
CREATE INDEX by_id ON customer (id);
"""
TABLE = "CREATE TABLE customer (id int PRIMARY KEY, city varchar(20), name varchar(20), mail varchar(40), age int);"


def advice(report: Report) -> set[tuple[object, ...]]:
    (table,) = [table for table in report.tables if table.title == "Index advice"]
    return {row[:3] for row in table.rows}


def bare(name: object) -> str:
    """The source's name, where PostgreSQL's names, which are the schema's, had to be told apart."""
    return str(name).removeprefix("customer_").removesuffix("_idx")


def note(report: Report) -> str:
    return next(table.note for table in report.tables if table.title == "Index advice")


@pytest.mark.parametrize("pair", ["mariadb postgres", "mysql postgres", "postgres mariadb", "postgres postgres"])
def test_redundant_indexes(make_run, request: pytest.FixtureRequest, pair: str) -> None:
    servers = [request.getfixturevalue(name) for name in pair.split()]
    run: MigrationRun = make_run(*servers, TABLE + INDEXES)
    preflight(run, PreflightOptions())
    report = schema_compare(run, SchemaCompareOptions())
    twice = {index for code, table, index in advice(report) if code == "index_redundant"}
    assert "customer" in {table for _, table, _ in advice(report)}
    assert {bare(name) for name in twice} >= {"city_only", "by_id"}
    assert len(twice) == 3, "one of the two equal ones stays"
    assert not any("mail" in str(name) for name in twice)
    assert all(f.severity == "note" for f in report.findings if f.code == "index_redundant")
    filed = run.archive.file(report)
    assert any(name.endswith("index_advice.sql") for name in filed.scripts)
    unasked = schema_compare(run, SchemaCompareOptions(index_advice=False))
    assert not any(table.title == "Index advice" for table in unasked.tables)


@pytest.mark.parametrize("pair", ["mysql postgres", "postgres mariadb"])
def test_unused_indexes(make_run, request: pytest.FixtureRequest, pair: str) -> None:
    servers = [request.getfixturevalue(name) for name in pair.split()]
    rows = ",".join(f"({n}, 'c{n % 50}', 'n{n}', 'm{n}', {n % 90})" for n in range(1000))
    run: MigrationRun = make_run(*servers, TABLE + INDEXES + f"INSERT INTO customer VALUES {rows};")
    with run.source.connect("application") as session:
        run.source.engine.rows.analyze(session, run.source.schema, run.source.read_schema().table("customer"))
        for _ in range(3):
            session.execute("SELECT mail FROM customer WHERE city = 'c7' AND name = 'n7'")
        if run.source.engine.traits.engine == "postgres":
            session.execute("SELECT pg_stat_force_next_flush()" if is_15(session) else "SELECT pg_sleep(1)")
    preflight(run, PreflightOptions())
    report = schema_compare(run, SchemaCompareOptions())
    unread = {bare(index) for code, _, index in advice(report) if code == "index_unused"}
    assert "never" in unread
    assert not {"city_name", "mail"} & unread
    assert "are counted since" in note(report)


def is_15(session) -> bool:
    return int(str(session.execute("SHOW server_version_num")[0][0])) >= 150000


@pytest.fixture
def uncounted(servers_folder: Path) -> Iterator[MariaDBServer]:
    """A MariaDB as it is installed: neither performance_schema nor userstat."""
    with MariaDBServer(servers_folder / "uncounted", server_id=81) as server:
        yield server


def test_a_mariadb_that_counts_nothing_says_how_to_count(uncounted: MariaDBServer, make_run, postgres) -> None:
    run: MigrationRun = make_run(uncounted, postgres, TABLE + INDEXES)
    preflight(run, PreflightOptions())
    report = schema_compare(run, SchemaCompareOptions())
    assert not any(code == "index_unused" for code, _, _ in advice(report))
    assert "SET GLOBAL userstat = ON;" in note(report)
    uncounted.execute("SET GLOBAL userstat = ON")
    with run.source.connect("application") as session:
        session.execute("INSERT INTO customer VALUES (1, 'a', 'b', 'c', 1)")
        session.execute("SELECT mail FROM customer FORCE INDEX (city_name) WHERE city = 'a' AND name = 'b'")
    report = schema_compare(run, SchemaCompareOptions())
    unread = {bare(index) for code, _, index in advice(report) if code == "index_unused"}
    assert "never" in unread
    assert "city_name" not in unread


FAMILY = """
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent (id), other int REFERENCES parent (id));
CREATE INDEX child_other ON child (other, id);
"""


def test_indexes_for_foreign_keys_are_created_when_asked_for(make_run, postgres: PrivateServer, mariadb) -> None:
    run: MigrationRun = make_run(postgres, postgres, FAMILY)
    preflight(run, PreflightOptions())
    report = schema_compare(run, SchemaCompareOptions())
    missing = ("index_missing_for_foreign_key", "child", "child_parent_idx")
    assert {one for one in advice(report) if one[0] == missing[0]} == {missing}
    plan(run, PlanOptions(probe_rows=0))
    options = ApplySchemaOptions(foreign_key_indexes=True)
    apply_schema(run, options, Stage.TABLES)
    keys = apply_schema(run, options, Stage.KEYS)
    assert keys.blockers == ()
    assert "child_parent_idx" in {index.name for index in run.target.read_schema().table("child").indexes}
    after = schema_compare(run, SchemaCompareOptions())
    assert (after.data["differences"], after.data["to_create"]) == ([], [])
    with run.current_ledger() as ledger:
        undo_objects(run, ledger, ledger.session)
    to_mariadb: MigrationRun = make_run(postgres, mariadb, FAMILY)
    preflight(to_mariadb, PreflightOptions())
    told = schema_compare(to_mariadb, SchemaCompareOptions())
    assert not any(one[0] == missing[0] for one in advice(told)), "MariaDB makes them by itself"


@pytest.mark.parametrize("pair", ["mariadb postgres", "postgres mariadb"])
def test_an_index_that_the_queries_would_need(make_run, request: pytest.FixtureRequest, tmp_path: Path, pair) -> None:
    servers = [request.getfixturevalue(name) for name in pair.split()]
    rows = ",".join(f"({n}, 'c{n % 3}', 'n{n}', 'm{n}', {n % 90})" for n in range(12_000))
    run: MigrationRun = make_run(*servers, TABLE + f"INSERT INTO customer VALUES {rows};")
    with run.source.connect("application") as session:
        run.source.engine.rows.analyze(session, run.source.schema, run.source.read_schema().table("customer"))
    (tmp_path / "q.sql").write_text(
        "-- name: by_mail\nSELECT name FROM customer c WHERE c.mail = 'm77' AND c.age > 3;\n"
        "-- name: by_city\nSELECT name FROM customer WHERE city = 'c1';\n"
        "-- name: by_id\nUPDATE customer SET name = 'x' WHERE id = 7 AND name = 'n7';\n"
        "-- name: either\nSELECT id FROM customer WHERE name = 'n1' OR age = 3;\n"
        "-- name: joined\nSELECT c.id FROM customer c JOIN customer d ON d.id = c.id WHERE c.name = d.name;\n"
    )
    preflight(run, PreflightOptions())
    report = schema_compare(run, SchemaCompareOptions(queries=tmp_path / "q.sql"))
    asked = [f for f in report.findings if f.code == "index_missing_for_query"]
    assert [f.subject for f in asked] == ["customer.customer_mail_idx"]
    assert "(by_mail)" in asked[0].message
    assert asked[0].mend.startswith("CREATE INDEX")
