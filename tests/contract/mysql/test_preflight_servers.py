"""What preflight says of servers in a bad state: each state is set up for real, found, mended as told, and gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract.mysql.conftest import endpoint_of
from contract.mysql.test_inspection import blockers, preflight, setting
from database_migration.engines.mysql import ENGINE
from database_migration.engines.mysql.connection import MySQLSession, own_session
from database_migration.engines.mysql.preflight.managed_service import service_of
from database_migration.engines.mysql.preflight.reasons import version_findings
from database_migration.engines.protocol import Endpoint
from database_migration.model.migration_state import Side
from database_migration.model.report import Severity
from fixtures.servers import Database, MariaDBServer, PrivateServer


@pytest.fixture
def plain(servers_folder: Path) -> Iterator[PrivateServer]:
    """A MariaDB whose owner never thought of replication."""
    settings = {
        "log_bin": None, "binlog_format": None, "binlog_row_image": None, "binlog_row_metadata": None,
        "log_slave_updates": None, "gtid_strict_mode": None,
        "lower_case_table_names": 1, "sql_mode": "", "max_allowed_packet": "1M",
    }  # fmt: skip
    with MariaDBServer(servers_folder / "plain_mariadb", server_id=77, settings=settings) as server:
        yield server


def opened(server: PrivateServer, name: str) -> tuple[MySQLSession, Endpoint]:
    endpoint = endpoint_of(server.create_database(name))
    return own_session(ENGINE.connect(endpoint, purpose="test")), endpoint


def test_a_server_without_log_and_with_loose_settings(plain: PrivateServer) -> None:
    session, endpoint = opened(plain, "loose")
    session.execute("CREATE TABLE Big (id int PRIMARY KEY)")
    source = preflight(session, endpoint)
    assert set(blockers(source)) == {"log_bin"}
    assert "log_bin = binlog" in source["log_bin"].mend
    assert blockers(preflight(session, endpoint, online=False)) == {}
    target = preflight(session, endpoint, Side.TARGET, online=False)
    assert {"sql_mode", "max_allowed_packet"} <= set(target)
    session.execute(target["sql_mode"].mend.partition(";")[0])
    session.execute(target["max_allowed_packet"].mend.partition(";")[0])
    session.close()
    session = own_session(ENGINE.connect(endpoint, purpose="test"))
    after = preflight(session, endpoint, Side.TARGET, online=False)
    assert not {"sql_mode", "max_allowed_packet"} & set(after)
    session.close()


def test_names_that_the_server_would_fold(plain: PrivateServer) -> None:
    from dataclasses import replace

    session, endpoint = opened(plain, "folding")
    session.execute("CREATE TABLE small (id int PRIMARY KEY)")
    schema = ENGINE.catalog.read(session, endpoint.schema)
    expected = [replace(schema.tables[0], name="Album")]
    found = ENGINE.inspection.preflight(session, schema, expected, role=Side.TARGET, online=False)
    (finding,) = [one for one in found if one.code == "lower_case_table_names"]
    assert finding.severity is Severity.BLOCKER
    assert "Album: {rename: album}" in finding.mend
    session.close()


@pytest.mark.parametrize(
    ("settings", "lost"),
    [({"binlog_do_db": "other"}, "filtered"), ({"binlog_ignore_db": "database_migration"}, "database_migration")],
)
def test_a_log_that_leaves_databases_out(servers_folder: Path, settings: dict[str, str], lost: str) -> None:
    name = f"filter_{next(iter(settings))}"
    with MariaDBServer(servers_folder / name, server_id=78, settings=settings) as server:
        session, endpoint = opened(server, "filtered")
        assert lost in blockers(preflight(session, endpoint))["binlog_filter"].message
        session.close()


def test_a_replica_that_does_not_log_what_it_gets(mariadb: MariaDBServer, servers_folder: Path) -> None:
    settings = {"log_slave_updates": False}
    with MariaDBServer(servers_folder / "replica", server_id=79, settings=settings) as server:
        session, endpoint = opened(server, "copied")
        assert "is_replica" not in preflight(session, endpoint)
        session.execute(
            f"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={mariadb.port}, MASTER_USER='nobody',"
            " MASTER_PASSWORD='x'"
        )
        found = preflight(session, endpoint)
        assert "log_replica_updates" in blockers(found)
        assert found["is_replica"].severity is Severity.WARNING
        session.execute("RESET SLAVE ALL")
        assert "is_replica" not in preflight(session, endpoint)
        session.close()


def test_a_long_transaction_is_listed_without_its_statement(
    session: MySQLSession, connect: Callable[[], MySQLSession], endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("database_migration.engines.mysql.preflight.reasons._LONG_TRANSACTION_SECONDS", 0)
    session.execute("CREATE TABLE t (id int PRIMARY KEY, secret varchar(20))")
    other = connect()
    with other.transaction():
        other.execute("INSERT INTO t VALUES (1, 'hunter2')")
        session.execute("DO SLEEP(1.2)")
        found = preflight(session, endpoint)["long_transaction"]
    assert f"session {other.server_session_id} of root" in found.message
    assert "hunter2" not in found.message + found.mend
    assert found.mend.endswith(f"KILL {other.server_session_id};")


def test_a_log_that_is_soon_thrown_away(session: MySQLSession, endpoint: Endpoint) -> None:
    with setting(session, "binlog_expire_logs_seconds", "3600"):
        found = preflight(session, endpoint)["binlog_retention"]
        assert "1.0 h" in found.message
        assert ENGINE.inspection.facts(session).log_kept_seconds == 3600
        session.execute(found.mend.partition(";")[0])
        assert "binlog_retention" not in preflight(session, endpoint)


def test_facts(session: MySQLSession, database: Database) -> None:
    facts = ENGINE.inspection.facts(session)
    assert abs((facts.clock - datetime.now(UTC)).total_seconds()) < 5
    assert facts.free_connections > 50
    assert facts.largest_value_bytes == 64 * 1024 * 1024
    assert facts.service == ""
    with setting(session, "time_zone", "'+05:30'"):
        away = ENGINE.inspection.facts(session)
        assert (away.time_zone, away.zone_offset_seconds) == ("+05:30", 19800)
        assert abs((away.clock - datetime.now(UTC)).total_seconds()) < 5
    plugins = Path(str(session.execute("SELECT @@plugin_dir")[0][0]))
    if session.is_mariadb and (plugins / "disks.so").exists():
        session.execute("INSTALL SONAME 'disks'")
        try:
            assert (ENGINE.inspection.facts(session).free_bytes or 0) > 1_000_000
        finally:
            session.execute("UNINSTALL SONAME 'disks'")
    assert ENGINE.inspection.facts(session).free_bytes is None


def test_old_versions() -> None:
    for text, known in (
        ("5.7.44-log", False), ("8.0.36", True), ("9.7.4", True), ("5.5.5-10.5.20-MariaDB", False),
        ("10.6.12-MariaDB-log", True), ("11.4.2-MariaDB", True),
    ):  # fmt: skip
        assert (list(version_findings(text, "source server")) == []) is known


@pytest.mark.parametrize(
    ("variables", "name", "words"),
    [
        ({"basedir": "/rdsdbbin/mysql-8.0/"}, "Amazon RDS", "parameter group"),
        ({"aurora_version": "3.05", "basedir": "/rdsdbbin/oscar"}, "Amazon Aurora", "cluster"),
        ({"version": "8.0.31-google"}, "Google Cloud SQL", "gcloud"),
        ({"version_comment": "MySQL Community Server - azure"}, "Azure Database", "az mysql"),
        ({"version": "8.0.36"}, "", "SET GLOBAL"),
    ],
)
def test_managed_services_are_told_in_their_own_words(variables: dict[str, str], name: str, words: str) -> None:
    service = service_of(variables)
    assert service.name == name
    assert words in service.setting("binlog_row_metadata", "FULL")
    assert ("rds_set_configuration" in service.retention(168)) is service.is_amazon
