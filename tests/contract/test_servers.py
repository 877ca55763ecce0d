"""The private servers do what tests and the demo rely on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from fixtures.sample_data import load_sample
from fixtures.servers import Database, HAProxy, MariaDBServer, PgBouncer, PostgresServer, PrivateServer

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture(params=["mariadb", "mysql", "postgres", "postgres18"])
def server(request: pytest.FixtureRequest) -> PrivateServer:
    return request.getfixturevalue(request.param)


def test_committed_rows_survive_a_kill(server: PrivateServer) -> None:
    database = server.create_database("killed")
    database.execute("CREATE TABLE t (id int PRIMARY KEY)")
    database.execute("INSERT INTO t VALUES (1)")
    server.kill()
    assert not server.running
    server.start()
    assert database.execute("SELECT id FROM t") == [(1,)]
    server.drop_database("killed")


def test_drop_database_ends_the_transactions_of_others(server: PrivateServer) -> None:
    database = server.create_database("busy")
    database.execute("CREATE TABLE t (id int PRIMARY KEY)")
    connection = database.connect(autocommit=False)
    connection.cursor().execute("INSERT INTO t VALUES (1)")
    server.drop_database("busy")
    assert "busy" not in [row[0] for row in server.execute("SELECT schema_name FROM information_schema.schemata")]
    connection.close()


def test_a_wrong_password_is_refused(server: PrivateServer) -> None:
    with pytest.raises(server.connection_errors()):
        server.connect(password="wrong")


@pytest.mark.parametrize("name", ["mariadb", "mysql"])
def test_mysql_family_logs_full_rows(request: pytest.FixtureRequest, name: str) -> None:
    server = request.getfixturevalue(name)
    (row,) = server.execute("SELECT @@log_bin, @@binlog_format, @@binlog_row_image, @@binlog_row_metadata")
    assert row == (1, "ROW", "FULL", "FULL")


@pytest.mark.parametrize("name", ["postgres", "postgres18"])
def test_postgres_decodes_its_log_with_pgoutput(request: pytest.FixtureRequest, name: str) -> None:
    database = request.getfixturevalue(f"{name}_database")
    database.execute("SELECT pg_create_logical_replication_slot('s', 'pgoutput')")
    assert database.execute("SELECT plugin FROM pg_replication_slots WHERE slot_name = 's'") == [("pgoutput",)]


def test_servers_of_different_ids_have_different_identities(servers_folder: Path) -> None:
    found = set()
    for server_id in (1, 2):
        with PostgresServer(servers_folder / f"identity-{server_id}", server_id=server_id) as server:
            found |= set(server.execute("SELECT system_identifier FROM pg_control_system()"))
    assert len(found) == 2


def test_a_server_dies_with_the_process_that_started_it(servers_folder: Path) -> None:
    script = (
        "import sys, time; from fixtures.servers import MariaDBServer\n"
        f"server = MariaDBServer({str(servers_folder / 'orphan')!r}, server_id=99)\n"
        "server.start(); print(server.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=TESTS,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    ) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        starter.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and "zombie" not in Path(f"/proc/{pid}/status").read_text():
        assert time.monotonic() < deadline, "the server outlived the process that started it"
        time.sleep(0.05)


def test_chinook_loads_into_mariadb(mariadb_database: Database, chinook_mysql_sql: Path) -> None:
    load_sample(mariadb_database, chinook_mysql_sql)
    assert mariadb_database.execute("SELECT count(*) FROM Track") == [(3503,)]


def test_chinook_loads_into_postgres(postgres_database: Database, chinook_postgres_sql: Path) -> None:
    load_sample(postgres_database, chinook_postgres_sql)
    assert postgres_database.execute("SELECT count(*) FROM track") == [(3503,)]


def test_sakila_loads_into_both_mysql_kinds(any_mysql_database: Database, sakila_sql: tuple[Path, Path]) -> None:
    load_sample(any_mysql_database, *sakila_sql)
    assert any_mysql_database.execute("SELECT count(*) FROM rental") == [(16044,)]
    assert any_mysql_database.execute("SELECT count(*) FROM actor_info") == [(200,)]


def test_pgbouncer_moves_a_database_under_its_clients(
    servers_folder: Path, postgres: PostgresServer, postgres_database: Database
) -> None:
    elsewhere = postgres.create_database("elsewhere")
    with PgBouncer(servers_folder / "pgbouncer", databases={"shop": postgres_database}) as bouncer:
        client = bouncer.connect("shop")
        assert client.execute("SELECT current_database()").fetchone() == (postgres_database.database,)
        bouncer.admin("PAUSE shop")
        bouncer.databases["shop"] = elsewhere
        bouncer.write_configuration()
        bouncer.admin("RELOAD")
        bouncer.admin("RESUME shop")
        assert client.execute("SELECT current_database()").fetchone() == ("elsewhere",)
        client.close()
    postgres.drop_database("elsewhere")


def test_haproxy_switches_to_another_server(
    servers_folder: Path, mariadb: MariaDBServer, postgres: PostgresServer
) -> None:
    servers = {"old": (mariadb.host, mariadb.port), "new": (postgres.host, postgres.port)}
    with HAProxy(servers_folder / "haproxy", servers=servers) as proxy:
        mariadb.connect(host=proxy.host, port=proxy.port).close()
        proxy.command("set server databases/new state ready")
        proxy.command("set server databases/old state maint")
        with postgres.connect(host=proxy.host, port=proxy.port) as connection:
            assert isinstance(connection, psycopg.Connection)
