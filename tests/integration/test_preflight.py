"""Preflight finds every reason not to start, on real servers, and says what mends it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from database_migration.errors import NotPossible, PreflightRefused
from database_migration.model.mapping import Mapping
from database_migration.model.report import Finding, Report, Severity, Verdict
from database_migration.model.table_selection import TableSelection
from database_migration.steps.preflight import PreflightOptions, preflight
from database_migration.steps.run import Database, MigrationRun
from database_migration.steps.schema_compare import BOOLEANS_NOTE
from fixtures.servers import PrivateServer

SHOP = """
CREATE TABLE customer (id int unsigned PRIMARY KEY AUTO_INCREMENT, name varchar(40) NOT NULL,
  active tinyint(1) NOT NULL DEFAULT 1, stars tinyint(1)) ENGINE=InnoDB;
CREATE TABLE orders (id int PRIMARY KEY AUTO_INCREMENT, customer_id int unsigned, total decimal(10,2),
  FOREIGN KEY (customer_id) REFERENCES customer (id)) ENGINE=InnoDB;
INSERT INTO customer VALUES (1, 'Ada', 1, 5), (2, 'Bob', 0, NULL);
INSERT INTO orders VALUES (1, 1, 9.50);
"""


def found(report: Report, code: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.code == code]


@pytest.fixture
def run(make_run, mariadb: PrivateServer, postgres: PrivateServer) -> MigrationRun:
    return make_run(mariadb, postgres, SHOP)


def test_a_sound_pair_of_databases_passes(run: MigrationRun) -> None:
    report = preflight(run, PreflightOptions())
    assert report.blockers == ()
    assert report.verdict in (Verdict.PASSED, Verdict.WARNED)
    assert "MariaDB" in str(report.summary["source"])
    assert "PostgreSQL" in str(report.summary["target"])
    assert {row[0] for row in report.tables[1].rows} == {"customer", "orders"}
    with run.current_ledger() as ledger:
        assert ledger.runs.current().run_id == run.run_id
        assert ledger.objects.all() == []


def test_booleans_are_counted_and_noted(run: MigrationRun) -> None:
    """``stars`` is a tinyint(1) too, but holds a five."""
    report = preflight(run, PreflightOptions())
    assert [finding.subject for finding in found(report, "becomes_boolean")] == ["customer.active"]
    with run.current_ledger() as ledger:
        assert ledger.notes.get_note(BOOLEANS_NOTE) == {"customer": ["active"]}
    mapping = Mapping.model_validate({"types": {"mysql_to_postgres": {"tinyint_1": "integer"}}})
    preflight(replace(run, mapping=mapping), PreflightOptions())
    with run.current_ledger() as ledger:
        assert ledger.notes.get_note(BOOLEANS_NOTE) == {}


def test_unknown_names_are_told_with_the_nearest(run: MigrationRun) -> None:
    selection = TableSelection(
        include=("custmer", "orders", "audit_*"),
        renames={"order": "sale"},
        column_renames={"orders": {"totl": "sum"}},
    )
    report = preflight(replace(run, declared=selection), PreflightOptions())
    assert report.verdict is Verdict.FAILED
    unknown = {finding.subject: finding.message for finding in found(report, "unknown_name")}
    assert "Did you mean customer?" in unknown["custmer"]
    assert "Did you mean orders?" in unknown["order"]
    assert "Did you mean total?" in unknown["orders.totl"]
    assert [finding.subject for finding in found(report, "pattern_matches_nothing")] == ["audit_*"]
    assert found(report, "foreign_key_left_out"), "customer does not take part"


def test_nothing_selected(run: MigrationRun) -> None:
    report = preflight(replace(run, declared=TableSelection(exclude=("*",))), PreflightOptions())
    assert [finding.code for finding in report.blockers] == ["no_tables"]


def test_names_that_do_not_fit_or_meet(run: MigrationRun) -> None:
    selection = TableSelection(
        renames={"customer": "x" * 64, "orders": "Client"}, column_renames={"customer": {"name": "ACTIVE"}}
    )
    report = preflight(replace(run, declared=selection), PreflightOptions())
    assert [finding.subject for finding in found(report, "name_too_long")][:1] == ["customer"]
    assert {finding.subject for finding in found(report, "name_twin")} == {"customer.name", "customer.active"}
    same = TableSelection(renames={"customer": "orders"})
    report = preflight(replace(run, declared=same), PreflightOptions())
    assert {finding.subject for finding in found(report, "name_twice")} == {"customer", "orders"}


def test_a_table_without_key(make_run, mariadb: PrivateServer, postgres: PrivateServer) -> None:
    run = make_run(mariadb, postgres, "CREATE TABLE loose (a int, b int UNIQUE) ENGINE=InnoDB;")
    report = preflight(run, PreflightOptions())
    assert any(finding.subject == "loose" for finding in found(report, "table_without_key"))
    assert report.verdict is Verdict.FAILED
    offline = preflight(replace(run, online=False), PreflightOptions())
    assert {finding.severity for finding in found(offline, "table_without_key")} == {Severity.WARNING}


def test_a_foreign_table_on_the_target(make_run, mariadb: PrivateServer, postgres: PrivateServer) -> None:
    run = make_run(
        mariadb, postgres, SHOP, target_sql="CREATE TABLE orders (id int); CREATE VIEW customer AS SELECT 1;"
    )
    report = preflight(run, PreflightOptions())
    assert {finding.subject for finding in found(report, "target_not_ours")} == {"orders", "customer"}
    assert report.verdict is Verdict.FAILED


def test_source_and_target_are_one(make_run, postgres: PrivateServer) -> None:
    run = make_run(postgres, postgres, "CREATE TABLE a (id int PRIMARY KEY);")
    same = replace(run, target=Database(run.source.engine, replace(run.source.endpoint, host="localhost")))
    with pytest.raises(PreflightRefused, match="same database"):
        preflight(same, PreflightOptions())
    assert preflight(run, PreflightOptions()).blockers == ()


def test_values_that_the_target_has_no_room_for(make_run, mariadb: PrivateServer, postgres: PrivateServer) -> None:
    sql = """
    CREATE TABLE a (id bigint unsigned PRIMARY KEY, n int unsigned) ENGINE=InnoDB;
    INSERT INTO a VALUES (1, 4294967295), (9223372036854775807, 1), (9223372036854775808, 1), (18446744073709551615, 1);
    """
    report = preflight(make_run(mariadb, postgres, sql), PreflightOptions())
    (finding,) = found(report, "out_of_range")
    assert (finding.subject, finding.message.split()[0]) == ("a.id", "2")
    assert "id = 18446744073709551615" in finding.message
    assert "quarantine" in finding.mend


def test_values_that_a_smaller_target_has_no_room_for(
    make_run, mariadb: PrivateServer, postgres: PrivateServer
) -> None:
    sql = """
    CREATE TABLE a (id int PRIMARY KEY, n numeric);
    INSERT INTO a VALUES (1, 1.5), (2, 1e40), (3, 0.1234567890123456789012345678901), (4, NULL), (5, 'NaN');
    """
    report = preflight(make_run(postgres, mariadb, sql), PreflightOptions())
    codes = {finding.code: finding.message.split()[0] for finding in report.blockers if finding.subject == "a.n"}
    assert codes == {"special_number": "1", "out_of_range": "1", "too_precise": "1"}


@pytest.mark.parametrize("server", ["mariadb", "mysql"])
def test_a_nul_character_is_found_where_it_is_and_nowhere_else(
    make_run, request: pytest.FixtureRequest, postgres: PrivateServer, server: str
) -> None:
    sql = r"""
    CREATE TABLE a (id int PRIMARY KEY, clean varchar(20), dirty text) ENGINE=InnoDB;
    INSERT INTO a VALUES (1, 'text', 'before\0after'), (2, 'é', 'text');
    """
    run = make_run(request.getfixturevalue(server), postgres, sql)
    (finding,) = found(preflight(run, PreflightOptions()), "nul_character")
    assert (finding.subject, finding.message.split()[0]) == ("a.dirty", "1")


@pytest.mark.parametrize("pair", ["mariadb postgres", "postgres mysql"])
def test_documents_that_name_a_key_twice(make_run, request: pytest.FixtureRequest, pair: str) -> None:
    documents = """(1, '{"a": 1, "a": 2}'), (2, '{"a": {"a": 1}}'), (3, '[{"b": [{"c": 1, "c": 1}]}]'), (4, NULL)"""
    sql = f"CREATE TABLE doc (id int PRIMARY KEY, d json); INSERT INTO doc VALUES {documents};"
    run = make_run(*(request.getfixturevalue(name) for name in pair.split()), sql)
    (finding,) = found(preflight(run, PreflightOptions()), "repeated_key")
    assert finding.subject == "doc.d"
    assert finding.message.startswith("2 documents name a key twice, for example that of id = 1;")
    word = "text" if pair.endswith("postgres") else "longtext"
    kept = {"types": {"casts": [{"table": "doc", "column": "d", "to": word}]}}
    report = preflight(replace(run, mapping=Mapping.model_validate(kept)), PreflightOptions())
    assert found(report, "repeated_key") == []
    assert report.blockers == ()


def test_documents_that_the_target_keeps_as_they_are(make_run, postgres: PrivateServer, mariadb: PrivateServer) -> None:
    sql = """CREATE TABLE doc (id int PRIMARY KEY, d json); INSERT INTO doc VALUES (1, '{"a": 1, "a": 2}');"""
    assert found(preflight(make_run(postgres, mariadb, sql), PreflightOptions()), "repeated_key") == []


def test_a_disk_that_is_too_small(run: MigrationRun) -> None:
    report = preflight(run, PreflightOptions(target_free_bytes=10))
    assert [finding.code for finding in report.blockers] == ["disk_too_small"]
    waived = preflight(run, PreflightOptions(target_free_bytes=10, waive={"disk_too_small": "it grows by itself"}))
    assert waived.blockers == ()


def test_a_user_who_may_not_create_the_ledger(make_run, mariadb: PrivateServer, postgres: PrivateServer) -> None:
    run = make_run(mariadb, postgres, SHOP)
    with run.target.connect("test") as session:
        database = run.target.engine.ddl.quote(run.target.endpoint.database)
        session.execute("DROP ROLE IF EXISTS poor")
        session.execute("CREATE ROLE poor LOGIN PASSWORD 'poor'")
        session.execute(f"REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC")
    endpoint = replace(run.target.endpoint, user="poor", password="poor")
    poor = replace(run, target=Database(run.target.engine, endpoint))
    with pytest.raises(PreflightRefused) as refusal:
        preflight(poor, PreflightOptions())
    assert f'GRANT CREATE ON DATABASE {database} TO "poor"' in str(refusal.value)


def test_another_run_is_under_way(run: MigrationRun) -> None:
    preflight(run, PreflightOptions())
    preflight(run, PreflightOptions())
    with pytest.raises(NotPossible, match="is under way"):
        preflight(replace(run, run_id="run_2"), PreflightOptions())


def test_sakila_is_told_with_its_effort(sakila_run: MigrationRun) -> None:
    report = preflight(sakila_run, PreflightOptions())
    assert report.blockers == ()
    effort = {(row[0], row[1]): row for row in report.tables[2].rows}
    assert effort["table", "address"][3] == "medium"
    assert effort["procedure", "rewards_report"][3] == "high"
    assert ("trigger", "upd_film") in effort
    points = [row[2] for row in report.tables[2].rows]
    assert points == sorted(points, reverse=True)
    assert str(report.summary["risk"]).startswith("high: 2 objects of high risk")


def test_chinook_back(chinook_back_run: MigrationRun) -> None:
    report = preflight(chinook_back_run, PreflightOptions())
    assert report.blockers == ()
    assert report.summary["tables"] == 11


def test_the_shop(shop_run: MigrationRun, tmp_path: Path) -> None:
    report = preflight(shop_run, PreflightOptions())
    assert report.blockers == ()
