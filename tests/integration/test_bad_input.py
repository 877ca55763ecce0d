"""Bad input is told in one clear message, and leaves nothing half-done on either side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from database_migration.errors import ConnectionRefused, Interrupted, MigrationError
from database_migration.model.report import Report, Verdict
from database_migration.steps.preflight import PreflightOptions, preflight
from database_migration.steps.run import Database, MigrationRun
from fixtures.ports import free_port
from fixtures.servers import MariaDBServer, PostgresServer, PrivateServer

TABLE = "CREATE TABLE t (id int PRIMARY KEY, a varchar(20)); INSERT INTO t VALUES (1, 'a');"
PAIRS = ["mariadb postgres", "mysql postgres", "postgres mariadb"]


@pytest.fixture(params=PAIRS)
def run(request: pytest.FixtureRequest, make_run) -> MigrationRun:
    return make_run(*(request.getfixturevalue(name) for name in request.param.split()), TABLE)


def other(place: Database, **changes: object) -> Database:
    return Database(place.engine, replace(place.endpoint, **changes))


def untouched(run: MigrationRun) -> None:
    """Neither tables on the target, nor triggers, slots or our schema on the source."""
    assert run.target.read_schema().tables == ()
    source = run.source.read_schema()
    assert [table.name for table in source.tables if table.name != "u"] == ["t"]
    assert source.code == ()
    if run.source.engine.traits.engine == "postgres":
        with run.source.connect("test") as session:
            assert session.execute("SELECT 1 FROM pg_replication_slots WHERE database = current_database()") == []


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_wrong_password(run: MigrationRun, side: str) -> None:
    wrong = replace(run, **{side: other(getattr(run, side), password="open sesame")})
    with pytest.raises(ConnectionRefused) as refusal:
        preflight(wrong, PreflightOptions())
    assert "open sesame" not in str(refusal.value)
    assert "password" in str(refusal.value)
    untouched(run)


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_server_that_is_down(run: MigrationRun, side: str) -> None:
    down = replace(run, **{side: other(getattr(run, side), port=free_port())})
    with pytest.raises(Interrupted, match="reach"):
        preflight(down, PreflightOptions())
    untouched(run)


def test_a_database_that_does_not_exist(run: MigrationRun) -> None:
    gone = replace(run, source=other(run.source, database="nowhere", schema="nowhere"))
    with pytest.raises(ConnectionRefused, match="nowhere"):
        preflight(gone, PreflightOptions())
    untouched(run)


def test_a_schema_that_does_not_exist(make_run, postgres: PrivateServer, mariadb: PrivateServer) -> None:
    run: MigrationRun = make_run(postgres, mariadb, TABLE, source_schema="nowhere")
    with pytest.raises(MigrationError, match="no schema nowhere"):
        preflight(run, PreflightOptions())
    assert run.target.read_schema().tables == ()


def failed(report: Report) -> set[str]:
    assert report.verdict is Verdict.FAILED
    assert all(finding.mend for finding in report.blockers)
    return {finding.code for finding in report.blockers}


def test_a_table_without_key_and_rows_of_others(make_run, mariadb: PrivateServer, postgres: PrivateServer) -> None:
    run: MigrationRun = make_run(
        mariadb,
        postgres,
        TABLE + "CREATE TABLE u (a int);",
        target_sql="CREATE TABLE t (x int); INSERT INTO t VALUES (1);",
    )
    assert {"table_without_key", "target_not_ours"} <= failed(preflight(run, PreflightOptions()))
    with run.target.connect("test") as session:
        assert session.execute("SELECT * FROM t") == [(1,)]


@pytest.fixture
def careless_mariadb(servers_folder: Path) -> Iterator[MariaDBServer]:
    """With a log that loses changes in three ways."""
    settings = {"binlog_row_metadata": "MINIMAL", "binlog_row_image": "MINIMAL", "log_bin_compress": "ON"}
    with MariaDBServer(servers_folder / "careless", server_id=91, settings=settings) as server:
        yield server


@pytest.fixture
def careless_postgres(servers_folder: Path) -> Iterator[PostgresServer]:
    """With a log that tells no rows."""
    with PostgresServer(servers_folder / "careless_pg", settings={"wal_level": "replica"}) as server:
        yield server


def test_logs_that_lose_changes(careless_mariadb, careless_postgres, make_run) -> None:
    """The target's log matters too: reverse replication reads it."""
    run: MigrationRun = make_run(careless_mariadb, careless_postgres, TABLE)
    assert failed(preflight(run, PreflightOptions())) == {
        "binlog_row_metadata", "binlog_row_image", "log_bin_compress", "wal_level",
    }  # fmt: skip
    untouched(run)
    offline = preflight(replace(run, run_id="run_1", online=False), PreflightOptions())
    assert offline.blockers == ()


GRANTS = {
    "SELECT": "privileges", "TRIGGER": "privileges", "LOCK TABLES": "privileges", "UPDATE": "privileges",
    "REPLICATION SLAVE": "privileges", "BINLOG MONITOR": "privileges",
}  # fmt: skip


@pytest.mark.parametrize("missing", sorted(GRANTS))
def test_a_grant_that_is_missing_is_named(
    make_run, mariadb: PrivateServer, postgres: PrivateServer, missing: str
) -> None:
    """The account has all but one; the mend is the statement that gives just that."""
    run: MigrationRun = make_run(mariadb, postgres, TABLE)
    everywhere = {"REPLICATION SLAVE", "BINLOG MONITOR"}
    on_schema = {"SELECT", "SHOW VIEW", "TRIGGER", "LOCK TABLES", "INSERT", "UPDATE", "DELETE"}
    with run.source.connect("test") as session:
        quote = run.source.engine.ddl.quote
        session.execute("SET GLOBAL log_bin_trust_function_creators = ON")
        session.execute("CREATE OR REPLACE USER scant IDENTIFIED BY 'pw'")
        session.execute(f"GRANT {', '.join(sorted(everywhere - {missing}))} ON *.* TO scant")
        session.execute(f"GRANT {', '.join(sorted(on_schema - {missing}))} ON {quote(run.source.schema)}.* TO scant")
        session.execute("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON `database_migration`.* TO scant")
        scant = replace(run, source=other(run.source, user="scant", password="pw"))
        try:
            report = preflight(scant, PreflightOptions())
            mends = [one.mend for one in report.blockers if one.code == GRANTS[missing]]
            assert len(mends) == 1
            assert mends[0].startswith(f"GRANT {missing} ON ")
            session.execute(mends[0])
            assert preflight(scant, PreflightOptions()).blockers == ()
        finally:
            session.execute("DROP USER scant")
            session.execute("SET GLOBAL log_bin_trust_function_creators = OFF")
    untouched(run)
