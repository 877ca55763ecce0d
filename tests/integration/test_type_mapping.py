"""A spec's type mapping through the steps: what is created, what is counted, what is refused, on real servers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from database_migration.errors import Refused, SpecRefused, TargetNotOurs
from database_migration.model.mapping import Mapping
from database_migration.model.report import Finding, Report, Severity
from database_migration.steps.preflight import PreflightOptions, preflight
from database_migration.steps.rollback import RollbackOptions, rollback
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import SchemaCompareOptions, schema_compare
from database_migration.steps.validate import ValidateOptions, validate
from database_migration.traffic import ManualTraffic
from fixtures.servers import PrivateServer
from integration.conftest import MakeRun
from integration.live import copy_all, create_keys, create_tables

SHOP = """
CREATE TABLE customer (id binary(16) PRIMARY KEY, active tinyint(1) NOT NULL DEFAULT 1, stars tinyint(1) DEFAULT 1,
  mood enum('good','bad') NOT NULL DEFAULT 'good', flags set('a','b') DEFAULT 'a', code varchar(36), opened time)
  ENGINE=InnoDB;
CREATE TABLE orders (id int PRIMARY KEY AUTO_INCREMENT, customer_id binary(16), total decimal(12,4), note json,
  KEY (customer_id), FOREIGN KEY (customer_id) REFERENCES customer (id)) ENGINE=InnoDB;
INSERT INTO customer VALUES (x'00112233445566778899aabbccddee00', 1, 5, 'bad', 'a,b', 'no uuid', '25:00:00');
INSERT INTO orders VALUES (1, x'00112233445566778899aabbccddee00', 9.5055, '{"a": 1}');
"""


def with_types(run: MigrationRun, **types: Any) -> MigrationRun:
    return replace(run, mapping=Mapping.model_validate({"types": types}))


def found(report: Report, code: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.code == code]


@pytest.fixture
def run(make_run: MakeRun, mariadb: PrivateServer, postgres: PrivateServer) -> MigrationRun:
    return make_run(mariadb, postgres, SHOP)


def test_a_mapping_is_created_copied_and_compared(run: MigrationRun) -> None:
    """A cast of a key reaches all columns that foreign keys tie to it."""
    mapped = with_types(
        run,
        mysql_to_postgres={"enum": "native", "set": "array", "json": "json"},
        casts=[{"table": "customer", "column": "id", "to": "uuid"}, {"column": "total", "to": "numeric(14,4)"}],
    )
    assert preflight(mapped, PreflightOptions()).blockers == ()
    create_tables(mapped)
    copy_all(mapped)
    create_keys(mapped)
    types = {
        (table.name, column.name): column.type.native
        for table in mapped.target.read_schema().tables
        for column in table.columns
    }
    assert types["customer", "id"] == types["orders", "customer_id"] == "uuid"
    assert (types["customer", "active"], types["customer", "stars"]) == ("boolean", "smallint")
    assert (types["customer", "mood"], types["customer", "flags"]) == ("customer_mood_enum", "text[]")
    assert (types["orders", "total"], types["orders", "note"]) == ("numeric(14,4)", "json")
    with mapped.target.connect("test") as session:
        session.execute("INSERT INTO customer (id) VALUES ('11111111-1111-4111-8111-111111111111')")
        rows = session.execute("SELECT id::text, mood::text, flags::text, active FROM customer ORDER BY id")
    assert rows == [
        ("00112233-4455-6677-8899-aabbccddee00", "bad", "{a,b}", True),
        ("11111111-1111-4111-8111-111111111111", "good", "{a}", True),
    ]
    summary = validate(mapped, ValidateOptions.model_validate({"checksum": "full"})).summary
    assert summary["rows_differing"] == 1, "the row that only the target has"


def test_an_enum_becomes_a_table_of_its_labels(run: MigrationRun) -> None:
    mapped = with_types(run, mysql_to_postgres={"enum": "lookup"})
    report = preflight(mapped, PreflightOptions())
    assert report.blockers == ()
    for _ in range(2):
        create_tables(mapped)
    copy_all(mapped)
    for _ in range(2):
        create_keys(mapped)
    compared = schema_compare(mapped, SchemaCompareOptions())
    assert (compared.summary["to be created"], compared.summary["differences"]) == (0, 0), compared.findings
    assert [finding.subject for finding in found(compared, "enum_as_lookup")] == ["customer.mood"]
    with mapped.target.connect("test") as session:
        rows = session.execute("SELECT label, position FROM customer_mood_label ORDER BY position")
        assert rows == [("good", 1), ("bad", 2)]
        session.execute("UPDATE customer SET mood = 'good'")
        with pytest.raises(Refused, match="customer_mood_fkey"):
            session.execute("UPDATE customer SET mood = 'ugly'")
        session.execute("DROP TABLE customer_mood_label CASCADE")
    lacking = schema_compare(mapped, SchemaCompareOptions())
    assert {finding.subject for finding in found(lacking, "table_missing")} == {"customer_mood_label"}
    rollback(mapped, RollbackOptions(), ManualTraffic())
    assert mapped.target.read_schema().tables == ()


def test_a_table_of_labels_does_not_take_anothers_place(
    make_run, mariadb: PrivateServer, postgres: PrivateServer
) -> None:
    mine = "CREATE TABLE customer_mood_label (id int)"
    mapped = with_types(make_run(mariadb, postgres, SHOP, target_sql=mine), mysql_to_postgres={"enum": "lookup"})
    assert [finding.subject for finding in found(preflight(mapped, PreflightOptions()), "target_not_ours")] == [
        "customer_mood_label"
    ]
    with pytest.raises(TargetNotOurs, match="customer_mood_label"):
        create_tables(mapped)


def test_values_that_a_choice_has_no_room_for_are_counted(run: MigrationRun) -> None:
    mapped = with_types(
        run,
        mysql_to_postgres={"time": "time"},
        casts=[
            {"column": "code", "to": "uuid"},
            {"column": "stars", "to": "boolean"},
            {"column": "total", "to": "numeric(6,2)"},
        ],
    )
    report = preflight(mapped, PreflightOptions())
    blockers = {(finding.code, finding.subject) for finding in report.blockers}
    assert blockers == {
        ("malformed", "customer.code"),
        ("not_boolean", "customer.stars"),
        ("out_of_range", "customer.opened"),
        ("too_precise", "orders.total"),
    }
    assert {one.subject for one in found(report, "cast_may_lose")} == {
        "customer.code", "customer.stars", "orders.total"
    }  # fmt: skip


def test_impossible_casts_are_refused_with_what_is_possible(run: MigrationRun) -> None:
    mapped = with_types(
        run,
        casts=[
            {"table": "customer", "column": "opened", "to": "uuid"},
            {"table": "customer", "column": "code", "to": "tinyint"},
            {"table": "orders", "column": "id", "to": "text"},
            {"table": "orders", "column": "note", "to": "app.no_such_type"},
            {"table": "nobody", "to": "text"},
        ],
    )
    report = preflight(mapped, PreflightOptions())
    refused = {(finding.code, finding.subject) for finding in report.blockers}
    assert {
        ("cast_impossible", "customer.opened"),
        ("cast_unknown", "customer.code"),
        ("cast_impossible", "orders.id"),
        ("cast_impossible", "orders.note"),
    } <= refused
    (opened,) = [finding for finding in report.blockers if finding.subject == "customer.opened"]
    assert "time, interval" in opened.mend
    assert [one.subject for one in found(report, "cast_unused")] == ["mapping.types.casts: table nobody"]


@pytest.mark.parametrize(("flavour", "missing"), [("mariadb", []), ("mysql", ["uuid"])])
def test_a_type_that_the_server_has_not_is_a_blocker(
    make_run: MakeRun, postgres: PrivateServer, request: pytest.FixtureRequest, flavour: str, missing: list[str]
) -> None:
    run = make_run(postgres, request.getfixturevalue(flavour), "CREATE TABLE t (id int PRIMARY KEY, u uuid)")
    report = preflight(with_types(run, postgres_to_mysql={"uuid": "uuid"}), PreflightOptions())
    assert [finding.subject for finding in found(report, "type_missing")] == missing


def test_a_type_of_the_users_own_has_to_be_there(
    make_run: MakeRun, mariadb: PrivateServer, postgres: PrivateServer
) -> None:
    run = make_run(mariadb, postgres, "CREATE TABLE t (id int PRIMARY KEY, a varchar(9)) ENGINE=InnoDB;")
    report = preflight(with_types(run, casts=[{"column": "a", "to": "app.state"}]), PreflightOptions())
    assert [(one.severity, one.subject) for one in found(report, "type_missing")] == [(Severity.BLOCKER, "app.state")]


def test_a_tie_is_refused_with_its_way_out(run: MigrationRun) -> None:
    mapped = with_types(run, casts=[{"type": "decimal(12,4)", "to": "text"}, {"column": "total", "to": "numeric"}])
    with pytest.raises(SpecRefused, match="add a cast that names both"):
        preflight(mapped, PreflightOptions())


def test_casts_between_two_of_a_kind_are_refused(make_run: MakeRun, mariadb: PrivateServer) -> None:
    run = make_run(mariadb, mariadb, "CREATE TABLE t (id int PRIMARY KEY, a varchar(9)) ENGINE=InnoDB;")
    report = preflight(with_types(run, casts=[{"column": "a", "to": "text"}]), PreflightOptions())
    assert [finding.severity for finding in found(report, "cast_impossible")] == [Severity.BLOCKER]
