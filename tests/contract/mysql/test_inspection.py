"""Preflight names every reason with the statement that mends it, and looking changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest

from contract.mysql.conftest import endpoint_of
from contract.mysql.log_reading import formed, read_all
from database_migration.engines.mysql import ENGINE
from database_migration.engines.mysql.connection import MySQLSession, own_session
from database_migration.engines.protocol import Endpoint
from database_migration.errors import Interrupted, Refused
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding, Severity
from database_migration.model.unfit_value import Doubt, ValueKind
from fixtures.servers import Database


def preflight(
    session: MySQLSession, endpoint: Endpoint, role: Side = Side.SOURCE, *, online: bool = True
) -> dict[str, Finding]:
    """Findings by code, the further ones of a code by code and number."""
    schema = ENGINE.catalog.read(session, endpoint.schema)
    findings = ENGINE.inspection.preflight(session, schema, schema.tables, role=role, online=online)
    found: dict[str, Finding] = {}
    for finding in findings:
        found[finding.code if finding.code not in found else f"{finding.code} {len(found)}"] = finding
    return found


def blockers(findings: Mapping[str, Finding]) -> dict[str, Finding]:
    return {code: finding for code, finding in findings.items() if finding.severity is Severity.BLOCKER}


@contextmanager
def setting(session: MySQLSession, name: str, value: str) -> Iterator[None]:
    before = session.execute(f"SELECT @@GLOBAL.{name}")[0][0]
    session.execute(f"SET GLOBAL {name} = {value}")
    try:
        yield
    finally:
        session.execute(f"SET GLOBAL {name} = %s", (before,))  # type: ignore[arg-type]


def test_a_good_server_has_no_blockers(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY, name text, d datetime, flag tinyint(1))")
    for role in Side:
        assert blockers(preflight(session, endpoint, role)) == {}


SETTINGS = {
    "binlog_format": "'MIXED'",
    "binlog_row_image": "'MINIMAL'",
    "binlog_row_metadata": "'MINIMAL'",
    "log_bin_compress": "ON",
    "binlog_transaction_compression": "ON",
    "binlog_row_value_options": "'PARTIAL_JSON'",
    "binlog_order_commits": "OFF",
    "read_only": "ON",
}


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_settings(session: MySQLSession, endpoint: Endpoint, name: str) -> None:
    if not session.execute("SHOW GLOBAL VARIABLES LIKE %s", (name,)) or (
        session.is_mariadb and name == "binlog_order_commits"
    ):
        pytest.skip(f"This flavour has no {name}.")
    with setting(session, name, SETTINGS[name]):
        finding = blockers(preflight(session, endpoint))[name]
        assert name in finding.mend
        if name != "read_only":
            assert name not in preflight(session, endpoint, online=False)
        match = re.search(r"SET GLOBAL [^;]+", finding.mend)
        assert match is not None
        session.execute(match[0])
        assert name not in preflight(session, endpoint)


def test_values_are_counted(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute("SET SESSION sql_mode = ''")
    session.execute("CREATE TABLE t (id int PRIMARY KEY, d date, s varchar(20), flag tinyint(1))")
    session.execute("INSERT INTO t VALUES (1, '0000-00-00', 'a', 2), (2, '2024-00-01', 'a\\0b', 1)")
    session.execute("INSERT INTO t (id) VALUES (3)")
    key, day, text, flag = formed(session, endpoint.schema, "t")["t"]
    asked = [
        (day, Doubt(ValueKind.ZERO_DATE)),
        (text, Doubt(ValueKind.NUL_CHARACTER)),
        (flag, Doubt(ValueKind.NOT_BOOLEAN)),
        (text, Doubt(ValueKind.TOO_LONG, length=3)),
    ]
    table = ENGINE.catalog.read(session, endpoint.schema).table("t")
    found = ENGINE.inspection.count_values(session, endpoint.schema, table, asked, [key])
    assert [(one.rows, one.example) for one in found] == [(2, "1"), (1, "2"), (1, "1"), (0, None)]
    for one in found:
        assert session.execute(f"SELECT COUNT(*) FROM t WHERE {one.condition}") == [(one.rows,)]
    ask = ENGINE.inspection.boolean_values_only
    assert not ask(session, endpoint.schema, table, table.column("flag"))
    session.execute("UPDATE t SET flag = NULL WHERE flag = 2")
    assert ask(session, endpoint.schema, table, table.column("flag"))


def test_tables(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute("CREATE TABLE m (id int PRIMARY KEY) ENGINE=MyISAM")
    assert blockers(preflight(session, endpoint))["not_transactional"].subject == "m"
    assert blockers(preflight(session, endpoint, online=False)) == {}


def test_an_account_with_the_grants_of_preflight_can_do_everything(
    session: MySQLSession, database: Database, endpoint: Endpoint
) -> None:
    """An account that has nothing gets what preflight asks for, and then captures, fences, applies and undoes."""
    session.execute("CREATE TABLE t (id int PRIMARY KEY, name varchar(10))")
    session.execute("INSERT INTO t VALUES (1, 'a')")
    session.execute(f"DROP DATABASE IF EXISTS {ENGINE.ddl.quote('database_migration')}")
    session.execute("CREATE USER IF NOT EXISTS little IDENTIFIED BY 'pass'")
    session.execute("CREATE USER IF NOT EXISTS app")
    session.execute(f"GRANT ALL ON {ENGINE.ddl.quote(endpoint.schema)}.* TO app")
    session.execute(
        "CREATE DEFINER = app TRIGGER theirs BEFORE INSERT ON t FOR EACH ROW SET NEW.name = UPPER(NEW.name)"
    )
    little_endpoint = endpoint_of(database, user="little", password="pass")
    session.execute(f"GRANT SELECT ON {ENGINE.ddl.quote(endpoint.schema)}.* TO little")
    try:
        for role in (Side.SOURCE, Side.TARGET):
            for _ in range(3):  # what one grant lets preflight see may need another
                little = own_session(ENGINE.connect(little_endpoint, purpose="test"))
                mends = [finding.mend for finding in blockers(preflight(little, little_endpoint, role)).values()]
                little.close()
                for statement in ";".join(mends).split(";"):
                    if statement.strip():
                        session.execute(statement)
            assert mends == []
            little = own_session(ENGINE.connect(little_endpoint, purpose="test"))
            work_as(little, little_endpoint)
            little.close()
    finally:
        session.execute("DROP USER little, app")
        session.execute("SET GLOBAL log_bin_trust_function_creators = OFF")


def work_as(little: MySQLSession, endpoint: Endpoint) -> None:
    """What a migration does on its source, in short."""
    columns = formed(little, endpoint.schema, "t")
    log = ENGINE.change_log(endpoint)
    start = log.start("m", endpoint.schema, ["t"])
    triggers = ENGINE.triggers.needed(little, endpoint.schema, ["t"])
    assert [trigger.name for trigger in triggers] == ["theirs"]
    ENGINE.triggers.take_down(little, endpoint.schema, triggers)
    ENGINE.fence.raise_(little, endpoint.schema, ["t"], timeout=5)
    assert ENGINE.fence.is_up(little, endpoint.schema, ["t"])
    ENGINE.writer.prepare(little, "here")
    with little.transaction():
        little.execute("UPDATE t SET name = 'b'")
    ENGINE.fence.lower(little, endpoint.schema, ["t"])
    ENGINE.triggers.put_back(little, endpoint.schema, triggers)
    assert ENGINE.triggers.needed(little, endpoint.schema, ["t"]) == triggers
    assert [t for t in read_all(endpoint, start, columns) if t.changes] == []
    assert log.retained_bytes("m", start) >= 0
    log.stop("m")
    assert ENGINE.inspection.load(little).running >= 1


def test_version_and_counters(session: MySQLSession) -> None:
    version = ENGINE.inspection.version(session)
    assert re.fullmatch(r"MariaDB 1\d\.\d+\.\d+" if session.is_mariadb else r"MySQL \d+\.\d+\.\d+", version)
    before = ENGINE.inspection.counters(session)
    session.execute("SELECT 1")
    after = ENGINE.inspection.counters(session)
    assert set(before) == set(after)
    assert after["questions"] > before["questions"]


def test_an_open_transaction_is_seen(
    session: MySQLSession, connect: Callable[[], MySQLSession], endpoint: Endpoint
) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY)")
    other = connect()
    with other.transaction():
        other.execute("INSERT INTO t VALUES (1)")
        session.execute("DO SLEEP(1.2)")
        assert 1 <= ENGINE.inspection.load(session).open_transaction_seconds < 60


def test_explain(session: MySQLSession) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY)")
    assert ENGINE.inspection.explain(session, "SELECT * FROM t WHERE id = 1") is None
    assert ENGINE.inspection.explain(session, "DELETE FROM t WHERE id = 1") is None
    assert "nope" in (ENGINE.inspection.explain(session, "SELECT nope FROM t") or "")
    assert ENGINE.inspection.explain(session, "SELECT 1 FROM t; DROP TABLE t") is not None
    assert session.execute("SELECT COUNT(*) FROM t") == [(0,)]


def test_run_query(session: MySQLSession) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY)")
    session.execute("INSERT INTO t VALUES (1), (2), (3)")
    run = ENGINE.inspection.run_query
    outcome = run(session, "SELECT id AS number FROM t ORDER BY id;", max_rows=2, timeout=5)
    assert (outcome.columns, outcome.rows) == (("number",), [(1,), (2,)])
    with pytest.raises(Refused, match="nope"):
        run(session, "SELECT nope FROM t", max_rows=2, timeout=5)
    with pytest.raises(Refused):
        run(session, "DELETE FROM t", max_rows=2, timeout=5)
    with pytest.raises((Refused, Interrupted)):
        run(session, "SELECT 1; COMMIT; DROP TABLE t", max_rows=2, timeout=5)
    assert session.execute("SELECT COUNT(*) FROM t") == [(3,)]
    slow = (
        "SELECT COUNT(*) FROM information_schema.columns a, information_schema.columns b, information_schema.columns c"
    )
    with pytest.raises(Refused, match="longer than"):
        run(session, slow, max_rows=2, timeout=0.5)
    assert session.execute("SELECT 1") == [(1,)]


def test_rows_written_are_counted_for_everybody(session: MySQLSession) -> None:
    session.execute("CREATE TABLE written (id int PRIMARY KEY)")
    before = ENGINE.inspection.rows_written(session)
    session.execute("INSERT INTO written VALUES (1), (2), (3)")
    session.execute("UPDATE written SET id = id + 10")
    assert ENGINE.inspection.rows_written(session) - before >= 6
