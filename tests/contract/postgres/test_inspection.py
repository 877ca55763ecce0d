"""Preflight with exact mends, EXPLAIN, read-only queries, load."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from contract.postgres.pairs import SCHEMA
from database_migration.engines.postgres import ENGINE
from database_migration.engines.postgres.connection import PostgresSession, postgres_session
from database_migration.engines.protocol import Endpoint
from database_migration.errors import Refused
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Table
from fixtures.servers import PostgresServer

MakeTable = Callable[[str], Table]
INSPECTION = ENGINE.inspection


def preflight(session: PostgresSession, role: Side = Side.SOURCE, *, online: bool = True) -> list[Finding]:
    schema = ENGINE.catalog.read(session, SCHEMA)
    return INSPECTION.preflight(session, schema, schema.tables, role=role, online=online)


def by_code(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.code: finding for finding in findings}


def test_a_good_server_has_nothing_to_say(session: PostgresSession, table: MakeTable) -> None:
    table("CREATE TABLE t (id bigint PRIMARY KEY, a text, d float8, at timestamp)")
    session.execute("INSERT INTO t VALUES (1, 'x', 1.5, '2024-01-01')")
    for role in Side:
        for online in (True, False):
            assert preflight(session, role, online=online) == []
    assert session.execute("SHOW session_replication_role") == [("origin",)]


def test_tables_that_cannot_be_followed(session: PostgresSession, table: MakeTable) -> None:
    table("CREATE TABLE nokey (a int)")
    found = by_code(preflight(session))
    assert found["no_key"].severity is Severity.BLOCKER
    assert preflight(session, online=False) == []
    session.execute("DROP TABLE nokey")
    table("CREATE TABLE u (a int NOT NULL, b text, CONSTRAINT ua UNIQUE (a))")
    found = by_code(preflight(session))
    assert found["replica_identity"].mend == 'ALTER TABLE "shop"."u" REPLICA IDENTITY USING INDEX "ua";'
    session.execute(found["replica_identity"].mend)
    assert preflight(session) == []
    session.execute("ALTER TABLE u REPLICA IDENTITY NOTHING; ALTER TABLE u ADD PRIMARY KEY (a)")
    mend = by_code(preflight(session))["replica_identity"].mend
    session.execute(mend)
    assert preflight(session) == []


def test_kinds_of_tables(session: PostgresSession, table: MakeTable) -> None:
    table("CREATE UNLOGGED TABLE fast (id int PRIMARY KEY)")
    found = by_code(preflight(session))
    assert found["unlogged_table"].severity is Severity.BLOCKER
    session.execute(
        "DROP TABLE fast; CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id);"
        "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (PRIMARY KEY (id)) INHERITS (parent)"
    )
    assert {(one.code, one.subject) for one in preflight(session)} == {
        ("partitioned_table", "shop.p"),
        ("inheritance", "shop.parent"),
    }


@pytest.fixture
def weak(session: PostgresSession, endpoint: Endpoint, table: MakeTable) -> Iterator[PostgresSession]:
    """A session of a role that may do next to nothing."""
    table("CREATE TABLE t (id int PRIMARY KEY, a text)")
    name = f"weak {session.server_session_id}"
    session.execute(f'CREATE ROLE "{name}" LOGIN PASSWORD \'pw\'; GRANT USAGE ON SCHEMA shop TO "{name}"')
    opened = postgres_session(ENGINE.connect(replace(endpoint, user=name, password="pw"), purpose="weak"))
    yield opened
    opened.close()
    session.execute(f'REASSIGN OWNED BY "{name}" TO CURRENT_USER; DROP OWNED BY "{name}"; DROP ROLE "{name}"')


@pytest.mark.parametrize("role", Side)
def test_following_the_mends_makes_a_weak_role_fit(
    session: PostgresSession, weak: PostgresSession, role: Side, endpoint: Endpoint
) -> None:
    first = preflight(weak, role)
    expected = {"replication_privilege", "create_privilege", "session_replication_role", "select_privilege",
                "write_privilege", "ownership"}  # fmt: skip
    if role is Side.TARGET:
        expected |= {"schema_privilege", "control_schema"}
    assert {one.code for one in first if one.severity is Severity.BLOCKER} == expected
    for finding in first:
        session.execute(finding.mend.split(" (Amazon")[0])
    assert preflight(weak, role) == []
    # The role can now do all that is asked of it.
    log = ENGINE.change_log(replace(endpoint, user=str(weak.execute("SELECT current_user::text")[0][0]), password="pw"))
    log.start("weak", SCHEMA, ["t"])
    ENGINE.fence.raise_(weak, SCHEMA, ["t"], timeout=5)
    ENGINE.writer.prepare(weak, "weak")
    weak.execute("INSERT INTO t VALUES (1, 'x')")
    ENGINE.fence.lower(weak, SCHEMA, ["t"])
    log.stop("weak")


def test_row_security_is_a_blocker_not_a_filter(session: PostgresSession, weak: PostgresSession) -> None:
    session.execute("ALTER TABLE t ENABLE ROW LEVEL SECURITY; GRANT SELECT ON t TO PUBLIC")
    assert "row_security" in by_code(preflight(weak, online=False))
    with pytest.raises(Refused, match="row-level security"):
        weak.execute("SELECT * FROM t")


def test_log_settings(servers_folder: Path) -> None:
    settings = {
        "wal_level": "replica",
        "max_slot_wal_keep_size": "1GB",
        "max_wal_senders": 0,
        "max_replication_slots": 0,
    }
    with PostgresServer(servers_folder / "plain", settings=settings) as server:
        database = server.create_database("plain")
        database.execute(f"CREATE SCHEMA {SCHEMA}")
        endpoint = Endpoint(
            "postgres", server.host, server.port, server.root_user, server.root_password, "plain", SCHEMA
        )
        session = postgres_session(ENGINE.connect(endpoint, purpose="preflight"))
        found = by_code(preflight(session))
        assert {code for code, one in found.items() if one.severity is Severity.BLOCKER} == {
            "wal_level", "max_replication_slots", "max_wal_senders",
        }  # fmt: skip
        assert "ALTER SYSTEM SET wal_level = logical" in found["wal_level"].mend
        assert found["max_slot_wal_keep_size"].severity is Severity.WARNING
        assert preflight(session, online=False) == []
        session.close()


def test_encoding_is_a_blocker(session: PostgresSession, endpoint: Endpoint) -> None:
    session.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    other = postgres_session(ENGINE.connect(replace(endpoint, database="latin"), purpose="latin"))
    other.execute(f"CREATE SCHEMA {SCHEMA}")
    assert "encoding" in by_code(preflight(other, online=False))
    other.close()
    session.execute("DROP DATABASE latin")


def test_explain_complains_and_changes_nothing(session: PostgresSession, table: MakeTable) -> None:
    table("CREATE TABLE t (id int PRIMARY KEY)")
    assert INSPECTION.explain(session, "SELECT * FROM t WHERE id % 2 = 1;") is None
    assert INSPECTION.explain(session, "DELETE FROM t") is None
    assert "does not exist" in str(INSPECTION.explain(session, "SELECT nonsense FROM t"))
    assert INSPECTION.explain(session, "SELECT 1; DROP TABLE t") is not None
    assert session.execute("SELECT count(*) FROM t") == [(0,)]
    with session.transaction():
        assert INSPECTION.explain(session, "SELECT nonsense") is not None
        assert session.execute("SELECT 1") == [(1,)]


def test_queries_run_read_only_and_bounded(session: PostgresSession, table: MakeTable) -> None:
    table("CREATE TABLE t (id int PRIMARY KEY)")
    outcome = INSPECTION.run_query(
        session, "SELECT g AS n, 'x%' AS t FROM generate_series(1, 100) g", max_rows=3, timeout=5
    )
    assert (outcome.columns, outcome.rows) == (("n", "t"), [(1, "x%"), (2, "x%"), (3, "x%")])
    assert outcome.seconds < 5
    for query in ("INSERT INTO t VALUES (1)", "SELECT 1; INSERT INTO t VALUES (1)", "SELECT nonsense", "COMMIT"):
        with pytest.raises(Refused):
            INSPECTION.run_query(session, query, max_rows=3, timeout=5)
    with pytest.raises(Refused, match="longer than"):
        INSPECTION.run_query(session, "SELECT pg_sleep(5)", max_rows=1, timeout=0.2)
    assert session.execute("SELECT count(*) FROM t") == [(0,)]


def test_load_version_and_counters(session: PostgresSession, second_session: PostgresSession) -> None:
    version = INSPECTION.version(session)
    assert version.startswith("PostgreSQL 1")
    with second_session.transaction():
        second_session.execute("SELECT 1")
        load = INSPECTION.load(session)
    assert load.running >= 0
    assert load.replica_lag_seconds is None
    assert load.open_transaction_seconds > 0
    before = INSPECTION.counters(session)
    session.execute("CREATE TABLE t AS SELECT generate_series(1, 10000) g")
    after = INSPECTION.counters(session)
    assert after["wal_bytes"] > before["wal_bytes"] + 10000
    assert all(isinstance(value, int) for value in after.values())


def test_boolean_values(session: PostgresSession, table: MakeTable) -> None:
    t = table("CREATE TABLE t (id int PRIMARY KEY, a smallint, b smallint)")
    session.execute("INSERT INTO t VALUES (1, 0, 0), (2, 1, 2), (3, NULL, NULL)")
    assert INSPECTION.boolean_values_only(session, SCHEMA, t, t.column("a"))
    assert not INSPECTION.boolean_values_only(session, SCHEMA, t, t.column("b"))
