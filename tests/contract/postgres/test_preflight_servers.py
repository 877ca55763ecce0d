"""What preflight says of servers in a bad state: each state is set up for real, found, and told with its mend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contract.postgres.pairs import SCHEMA
from contract.postgres.test_inspection import INSPECTION, MakeTable, by_code, preflight
from database_migration.engines.postgres import ENGINE
from database_migration.engines.postgres.connection import PostgresSession, postgres_session
from database_migration.engines.postgres.preflight.managed_service import Service, service_of
from database_migration.engines.protocol import Endpoint
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.migration_state import Side
from database_migration.model.report import Severity
from database_migration.model.schema import Column
from fixtures.servers import PostgresServer


@pytest.fixture
def managed(servers_folder: Path) -> Iterator[PostgresSession]:
    """A server that looks like Amazon's, with a role that may do nothing."""
    with PostgresServer(servers_folder / "managed", settings={"wal_level": "replica"}) as server:
        database = server.create_database("managed")
        database.execute(
            f"CREATE SCHEMA {SCHEMA}; CREATE ROLE rds_superuser; CREATE ROLE rds_replication;"
            f" CREATE ROLE little LOGIN PASSWORD 'pw'; GRANT USAGE ON SCHEMA {SCHEMA} TO little"
        )
        endpoint = Endpoint("postgres", server.host, server.port, "little", "pw", "managed", SCHEMA)
        session = postgres_session(ENGINE.connect(endpoint, purpose="managed"))
        yield session
        session.close()


def test_a_managed_service_is_told_in_its_own_words(managed: PostgresSession) -> None:
    found = by_code(preflight(managed))
    assert "rds.logical_replication = 1" in found["wal_level"].mend
    assert found["replication_privilege"].mend == 'GRANT rds_replication TO "little";'
    assert found["session_replication_role"].mend == 'GRANT rds_superuser TO "little";'
    assert INSPECTION.facts(managed).service == "Amazon RDS"


@pytest.mark.parametrize(("name", "words"), [("Google Cloud SQL", "gcloud"), ("Azure Database", "az postgres")])
def test_other_services(name: str, words: str) -> None:
    service = Service(name)
    assert words in service.logical_log()
    assert words in service.setting("max_wal_senders", "20", restart=True)
    assert "ALTER SYSTEM" not in service.logical_log()


def test_a_long_transaction_is_listed_without_its_statement(
    session: PostgresSession, second_session: PostgresSession, table: MakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("database_migration.engines.postgres.preflight.reasons._LONG_TRANSACTION_SECONDS", 0)
    table("CREATE TABLE t (id int PRIMARY KEY, secret text)")
    with second_session.transaction():
        second_session.execute("INSERT INTO t VALUES (1, 'hunter2')")
        found = by_code(preflight(session))["long_transaction"]
    assert f"process {second_session.server_session_id} of postgres" in found.message
    assert "hunter2" not in found.message + found.mend
    assert f"pg_terminate_backend({second_session.server_session_id})" in found.mend


def test_facts(session: PostgresSession, endpoint: Endpoint) -> None:
    facts = INSPECTION.facts(session)
    assert abs((facts.clock - datetime.now(UTC)).total_seconds()) < 5
    assert (facts.time_zone, facts.zone_offset_seconds, facts.service) == ("UTC", 0, "")
    assert facts.free_connections > 50
    session.execute(f'ALTER DATABASE "{endpoint.database}" CONNECTION LIMIT 20')
    session.execute(f"ALTER DATABASE \"{endpoint.database}\" SET timezone = 'Asia/Kolkata'")
    other = postgres_session(ENGINE.connect(endpoint, purpose="facts"))
    facts = INSPECTION.facts(other)
    assert facts.free_connections < 20
    assert (facts.time_zone, facts.zone_offset_seconds) == ("Asia/Kolkata", 19800)
    other.close()


def test_a_type_that_the_target_does_not_know(session: PostgresSession, table: MakeTable) -> None:
    t = table("CREATE TABLE t (id int PRIMARY KEY)")
    wanted = replace(t, columns=(*t.columns, Column("name", ColumnType(Kind.OTHER, native="no_such_type"))))
    schema = ENGINE.catalog.read(session, SCHEMA)
    found = by_code(INSPECTION.preflight(session, schema, [wanted], role=Side.TARGET, online=False))
    assert (found["type_missing"].severity, found["type_missing"].subject) == (Severity.BLOCKER, "no_such_type")


def test_a_slot_that_nobody_reads(servers_folder: Path) -> None:
    settings = {"max_wal_size": "32MB", "min_wal_size": "32MB"}
    with PostgresServer(servers_folder / "lagging", settings=settings) as server:
        database = server.create_database("lagging")
        database.execute(f"CREATE SCHEMA {SCHEMA}; CREATE TABLE {SCHEMA}.t (id int PRIMARY KEY, a text)")
        database.execute("SELECT pg_create_logical_replication_slot('left', 'pgoutput')")
        for _ in range(5):
            database.execute(
                f"INSERT INTO {SCHEMA}.t SELECT g, repeat('x', 500) FROM generate_series(1, 30000) g;"
                f" DELETE FROM {SCHEMA}.t; SELECT pg_switch_wal()"
            )
            database.execute("CHECKPOINT")
        endpoint = Endpoint(
            "postgres", server.host, server.port, server.root_user, server.root_password, "lagging", SCHEMA
        )
        session = postgres_session(ENGINE.connect(endpoint, purpose="test"))
        assert by_code(preflight(session))["lagging_slot"].severity is Severity.WARNING
        assert service_of(session) == Service()
        session.close()


def test_a_slot_that_is_thrown_away_when_idle(postgres18: PostgresServer, servers_folder: Path) -> None:
    settings = {"idle_replication_slot_timeout": "60min"}
    with PostgresServer(servers_folder / "idle", version=18, settings=settings) as server:
        database = server.create_database("idle")
        database.execute(f"CREATE SCHEMA {SCHEMA}")
        endpoint = Endpoint(
            "postgres", server.host, server.port, server.root_user, server.root_password, "idle", SCHEMA
        )
        session = postgres_session(ENGINE.connect(endpoint, purpose="test"))
        found = by_code(preflight(session))["idle_replication_slot_timeout"]
        session.execute(found.mend.partition(";")[0])
        session.close()
