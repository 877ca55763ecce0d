"""What validation tells besides rows: figures, queries, repeated keys, foreign keys, masks, waivers, files."""

from __future__ import annotations

import pandas
import pytest

from database_migration.errors import SpecRefused
from database_migration.model.report import Report, Severity, Verdict
from database_migration.reports.render import render_html, render_json
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate import ValidateOptions, validate
from fixtures.servers import PrivateServer
from integration.conftest import MakeRun
from integration.live import copy_all, create_tables

TABLES = """
CREATE TABLE owner (id int PRIMARY KEY, name varchar(40), password varchar(40), born date, score double);
CREATE TABLE pet (
    id int PRIMARY KEY, owner_id int, tag varchar(20), weight decimal(8,2), alive tinyint(1), photo varbinary(20),
    doc json, UNIQUE KEY (tag), FOREIGN KEY (owner_id) REFERENCES owner (id)
);
INSERT INTO owner VALUES (1, 'Ann', 'open sesame', '1980-02-29', 0.1), (2, NULL, 'x', NULL, -0.0);
INSERT INTO pet VALUES (1, 1, 'a', 1.50, 1, X'00ff', '{"a": 1}'), (2, 2, 'b', 10, 0, '', NULL),
    (3, 1, NULL, NULL, NULL, NULL, '[]');
"""
QUERIES = [
    {"name": "weights", "source": "SELECT sum(weight) FROM pet"},
    {"name": "close", "source": "SELECT 1000", "target": "SELECT 1000.9", "tolerance": "0.1%"},
    {"name": "near", "source": "SELECT 1.00, 'a'", "target": "SELECT 1.009, 'a'", "tolerance": 0.01},
]


@pytest.fixture
def run(make_run: MakeRun, mariadb: PrivateServer, postgres: PrivateServer) -> MigrationRun:
    """Copied, and without keys: they are made later."""
    run = make_run(mariadb, postgres, TABLES, online=False)
    create_tables(run)
    copy_all(run)
    return run


def codes(report: Report) -> dict[tuple[str, str], Severity]:
    return {(finding.code, finding.subject): finding.severity for finding in report.findings}


def check(run: MigrationRun, **options: object) -> Report:
    return validate(run, ValidateOptions.model_validate({"queries": QUERIES, **options}))


def test_everything_is_told_and_nothing_is_given_away(run: MigrationRun) -> None:
    equal = check(run)
    assert equal.verdict is Verdict.PASSED, equal.findings
    assert (equal.summary["queries"], equal.summary["queries_equal"]) == (3, 3)
    (columns,) = [table for table in equal.tables if table.title == "Columns"]
    said = {f"{row[0]}.{row[1]}": row[2:6] for row in columns.rows}
    assert said["pet.weight"][0] == "1"
    assert float(str(said["pet.weight"][3])) == 11.5
    assert said["owner.born"][:3] == ("1", "1980-02-29", "1980-02-29")
    assert said["pet.photo"] == ("1", "0", "2", "2")
    assert "open sesame" not in render_json(equal)

    with run.target.connect("vandal") as session:
        session.execute("UPDATE owner SET password = 'told', name = 'Anne' WHERE id = 1")
        session.execute("INSERT INTO pet (id, owner_id, tag) VALUES (4, 99, 'a')")
        session.execute("ALTER TABLE pet DROP CONSTRAINT pet_pkey")
        session.execute("INSERT INTO pet SELECT * FROM pet WHERE id = 2")
    report = check(run, mask=["pass*", "pet.tag"], waive={"owner/1": "a rename that we know of"})
    found = codes(report)
    assert found[("rows_waived", "owner")] is Severity.WARNING
    assert ("rows_differ", "owner") not in found
    assert found[("rows_differ", "pet")] is Severity.BLOCKER
    assert found[("keys_repeated", "pet.tag")] is Severity.BLOCKER
    assert found[("keys_repeated", "pet.id")] is Severity.BLOCKER
    assert any(code == "orphan_rows" and subject.startswith("pet.") for code, subject in found)
    assert ("figures_differ", "owner.password") not in found  # the row that differs says it
    assert codes(check(run, checksum="off"))[("figures_differ", "owner.password")] is Severity.BLOCKER
    assert found[("queries_disagree", "queries.weights")] is Severity.BLOCKER
    told = render_json(report) + render_html(report)
    assert "open sesame" not in told
    assert "told" not in {one for row in rows_of(report, "owner") for one in str(row).split("'")}
    assert "password = '•••'" in str(rows_of(report, "owner"))
    assert "name = 'Anne'" in str(rows_of(report, "owner"))
    kinds = {row[0]: row[1] for row in rows_of(report, "pet")}
    assert kinds == {"extra": "4", "repeated": "2"}

    filed = run.archive.file(report)
    frame = pandas.read_parquet(filed.json.replace(".json", ".differences.parquet"))
    assert sorted(zip(frame.table, frame.difference, frame.column.fillna(""), strict=True)) == [
        ("owner", "changed", "name"),
        ("owner", "changed", "password"),
        ("pet", "extra", ""),
        ("pet", "repeated", ""),
    ]
    assert len(pandas.read_csv(filed.json.replace(".json", ".differences.csv"))) == 4
    assert run.archive.read(run.migration, run.run_id, "validate") is not None

    repaired = check(run, repair=True)
    assert (repaired.summary["rows_differing"], repaired.summary["rows_repaired"]) == (0, 3)
    assert check(run).verdict is Verdict.PASSED


def rows_of(report: Report, table: str) -> list[tuple[object, ...]]:
    return [tuple(row) for one in report.tables if one.title == f"Rows of {table} that differ" for row in one.rows]


def test_a_query_that_cannot_run_is_refused(run: MigrationRun) -> None:
    with pytest.raises(SpecRefused, match="'wrong' cannot run"):
        check(run, queries=[{"name": "wrong", "source": "SELECT nothing_like_it FROM pet"}])
