"""The demo's writer loses nothing over a switch, and its reconciliation finds what is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.reconcile import reconcile
from demo.shop import TABLES, build_shop
from demo.writer.configuration import Address, WriterConfiguration
from demo.writer.endpoint import CREATE_TABLE
from fixtures.servers import Database, MariaDBServer

TESTS = Path(__file__).resolve().parents[1]


def address(database: Database) -> Address:
    return Address(database.engine, database.host, database.port, database.user, database.password, database.database)


@pytest.fixture
def target(mariadb: MariaDBServer) -> Iterator[Database]:
    """A second database of the same server, so that rows move with INSERT … SELECT."""
    yield mariadb.create_database("writer_target")
    mariadb.drop_database("writer_target")


@pytest.fixture
def configuration(
    mariadb_database: Database, target: Database, postgres_database: Database, tmp_path: Path
) -> WriterConfiguration:
    build_shop(mariadb_database, rows=4000)
    target.load(Path(TESTS.parent, "include/databases/shop/schema.mysql.sql"))
    postgres_database.execute(CREATE_TABLE)
    postgres_database.execute("INSERT INTO traffic_endpoint (name, serving) VALUES ('shop', 'source')")
    return WriterConfiguration(
        source=address(mariadb_database),
        target=address(target),
        switchboard=address(postgres_database),
        endpoint="shop",
        folder=tmp_path / "writer",
        rate=120,
    )


@pytest.fixture
def writer(configuration: WriterConfiguration, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    configuration.save(tmp_path / "writer.json")
    process = subprocess.Popen(
        [sys.executable, "-m", "demo.writer", "--config", str(tmp_path / "writer.json")],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    yield process
    process.kill()
    process.wait()


def stop(writer: subprocess.Popen[bytes]) -> None:
    writer.send_signal(signal.SIGTERM)
    assert writer.wait(30) == 0


def test_nothing_is_lost_over_a_fenced_switch(
    writer: subprocess.Popen[bytes],
    configuration: WriterConfiguration,
    mariadb_database: Database,
    target: Database,
    postgres_database: Database,
) -> None:
    time.sleep(4)
    for event in ("INSERT", "UPDATE", "DELETE"):
        mariadb_database.execute(
            f"CREATE TRIGGER fence_{event} BEFORE {event} ON order_event FOR EACH ROW"
            " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'database_migration write fence: shop'"
        )
    time.sleep(0.5)
    postgres_database.execute("UPDATE traffic_endpoint SET writes_held = 1, version = version + 1")
    connection = target.connect()
    cursor = connection.cursor()
    cursor.execute("SET foreign_key_checks = 0, sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO')")
    for table in TABLES:
        rows = mariadb_database.execute(
            "SELECT GROUP_CONCAT(CONCAT('`', column_name, '`')) FROM information_schema.columns"
            " WHERE table_schema = database() AND table_name = %s AND generation_expression IS NULL",
            (table,),
        )
        columns = rows[0][0]
        cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM `{mariadb_database.database}`.{table}")
    connection.close()
    postgres_database.execute("UPDATE traffic_endpoint SET serving = 'target', writes_held = 0, version = version + 1")
    time.sleep(3)
    stop(writer)

    result = json.loads(configuration.result.read_text())
    assert result["errors"] == []
    assert result["fenced_retries"] > 0
    assert [(s["from"], s["to"]) for s in result["switches"]] == [("source", "target")]
    assert result["switches"][0]["pause_ms"] >= 500
    assert result["write_latency_ms"]["target"]["count"] > 100
    assert result["reads_checked"] > 0
    found = reconcile(configuration, "target")
    assert found.ok, found
    assert found.acknowledged == result["acknowledged"]
    assert found.orders_compared > 100
    # The other side lacks what came after the switch, and reconciliation says so.
    behind = reconcile(configuration, "source")
    assert len(behind.missing) >= result["write_latency_ms"]["target"]["count"]


def test_reconciliation_finds_a_lost_update_and_a_revived_row(
    writer: subprocess.Popen[bytes], configuration: WriterConfiguration, mariadb_database: Database
) -> None:
    time.sleep(3)
    stop(writer)
    assert reconcile(configuration, "source").ok
    result = json.loads(configuration.result.read_text())
    changed = result["own_orders"][0]["id"]
    mariadb_database.execute("UPDATE orders SET version = version - 1 WHERE id = %s", (changed,))
    mariadb_database.execute("DELETE FROM order_event WHERE token LIKE 'app-%%' LIMIT 1")
    found = reconcile(configuration, "source")
    assert (len(found.missing), len(found.wrong_orders)) == (1, 1)
    assert f"order {changed}:" in found.wrong_orders[0]


def test_killing_the_source_costs_retries_and_nothing_else(
    writer: subprocess.Popen[bytes], configuration: WriterConfiguration, mariadb: MariaDBServer
) -> None:
    time.sleep(2)
    mariadb.kill()
    mariadb.start()
    time.sleep(2)
    stop(writer)
    result = json.loads(configuration.result.read_text())
    assert result["errors"] == []
    assert result["lost_connections"] > 0
    assert reconcile(configuration, "source").ok
