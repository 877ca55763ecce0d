"""A schema that moves while a migration runs is found before the copy and before the cutover, on either side."""

from __future__ import annotations

import pytest

from database_migration.errors import Refused, SourceChanged, TargetChanged
from database_migration.steps.apply_schema import ApplySchemaOptions, Stage, apply_schema
from database_migration.steps.chunked_copy import ChunkedCopyOptions, cut_chunks
from database_migration.steps.plan import PlanOptions, plan
from database_migration.steps.preflight import PreflightOptions, preflight
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import require_no_drift
from fixtures.servers import PrivateServer

SQL = """
CREATE TABLE customer (id int PRIMARY KEY, name varchar(20) NOT NULL, mail varchar(30));
CREATE TABLE orders (id int PRIMARY KEY, customer int, total decimal(8,2),
  CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES customer (id));
"""
COPY = ChunkedCopyOptions(lanes=1)


@pytest.fixture(params=["mariadb to postgres", "postgres to mariadb"])
def run(request: pytest.FixtureRequest, make_run, mariadb: PrivateServer, postgres: PrivateServer) -> MigrationRun:
    """A run whose tables are created, in either direction."""
    servers = (mariadb, postgres) if request.param.startswith("mariadb") else (postgres, mariadb)
    run: MigrationRun = make_run(*servers, SQL, online=False)
    preflight(run, PreflightOptions())
    plan(run, PlanOptions(probe_rows=0))
    apply_schema(run, ApplySchemaOptions(), Stage.TABLES)
    return run


def on(run: MigrationRun, side: str, sql: str) -> None:
    database = run.source if side == "source" else run.target
    with database.connect("test") as session:
        session.execute(sql)


def refusal(run: MigrationRun, kind: type[Refused]) -> str:
    """What is said before the copy, and what the cutover asks likewise."""
    with pytest.raises(kind) as refused:
        cut_chunks(run, COPY)
    with pytest.raises(kind), run.current_ledger() as ledger:
        require_no_drift(run, ledger)
    return str(refused.value)


def test_a_source_that_changed(run: MigrationRun) -> None:
    on(run, "source", "ALTER TABLE customer ADD COLUMN born date")
    said = refusal(run, SourceChanged)
    assert "customer: column born is new" in said
    assert "__rollback" in said
    on(run, "source", "ALTER TABLE customer DROP COLUMN born")
    assert cut_chunks(run, COPY) == 1


def test_a_target_that_changed(run: MigrationRun) -> None:
    on(run, "target", "ALTER TABLE customer DROP COLUMN mail")
    said = refusal(run, TargetChanged)
    assert "customer: column mail is gone" in said
    assert "apply_schema" in said


def test_what_the_run_makes_itself_is_no_drift(run: MigrationRun) -> None:
    assert cut_chunks(run, COPY) == 1
    apply_schema(run, ApplySchemaOptions(), Stage.KEYS)
    assert cut_chunks(run, COPY) == 1
    on(run, "target", "CREATE UNIQUE INDEX by_mail ON customer (mail)")
    assert "customer: unique key by_mail is new" in refusal(run, TargetChanged)


def test_a_change_that_is_meant_counts_after_apply_schema(run: MigrationRun) -> None:
    on(run, "target", "CREATE UNIQUE INDEX by_mail ON customer (mail)")
    refusal(run, TargetChanged)
    report = apply_schema(run, ApplySchemaOptions(), Stage.TABLES)
    assert "customer.by_mail" in {finding.subject for finding in report.findings}
    assert cut_chunks(run, COPY) == 1
