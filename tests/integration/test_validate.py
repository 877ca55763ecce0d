"""Validation finds what was put wrong, names it, and finds nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from database_migration.model.report import Report, Severity, Verdict
from database_migration.model.table_selection import TableSelection
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate import (
    Difference,
    DifferenceKind,
    ValidateOptions,
    count_tables,
    validate,
    validate_rows,
)
from fixtures.servers import PrivateServer
from integration.conftest import MakeRun
from integration.live import TABLES, copy_all, create_keys, create_tables, fill

ROWS = 2600
EVERY = ROWS * 5 + ROWS // 10


@pytest.fixture(params=[("mariadb", "postgres"), ("postgres", "mariadb")], ids=lambda way: "-".join(way))
def run(request: pytest.FixtureRequest, make_run: MakeRun) -> MigrationRun:
    """A copied run."""
    source, target = (request.getfixturevalue(name) for name in request.param)
    run = make_run(source, target, TABLES[source.engine], online=False)
    fill(run.source, ROWS)
    create_tables(run)
    copy_all(run)
    return run


def check(run: MigrationRun, **options: object) -> Report:
    return validate(run, ValidateOptions.model_validate({"chunk_rows": 1500, **options}))


def on_target(run: MigrationRun, sql: str) -> None:
    with run.target.connect("vandal") as session:
        assert session.execute_count(sql) == 1


def found(report: Report, table: str) -> list[dict[str, object]]:
    tables = report.data["tables"]
    assert isinstance(tables, dict)
    return list(tables[table]["differences"])


def differing(report: Report) -> set[str]:
    return {finding.subject for finding in report.findings if finding.code == "rows_differ"}


def test_equal_sides_pass(run: MigrationRun) -> None:
    report = check(run)
    assert report.verdict is Verdict.PASSED, report.findings
    assert report.summary["rows_compared"] == EVERY
    assert report.summary["rows_differing"] == 0
    assert report.summary["score"] == 100.0
    assert not report.findings


CHANGES = {
    "changed byte": ("UPDATE customer SET photo = {octets} WHERE id = 7", "customer", "photo"),
    "NULL for ''": ("UPDATE customer SET note = NULL WHERE id = {empty}", "customer", "note"),
    "'' for NULL": ("UPDATE customer SET note = '' WHERE id = {null}", "customer", "note"),
    "trailing space": ("UPDATE customer SET name = 'plain ' WHERE id = {plain}", "customer", "name"),
    "last digit": ("UPDATE customer SET balance = balance + 0.01 WHERE id = 2600", "customer", "balance"),
    "last bit of a double": ("UPDATE customer SET ratio = 0.10000000000000002 WHERE id = {tenth}", "customer", "ratio"),
    "microsecond": ("UPDATE customer SET seen = '2020-01-01 01:02:03.000014' WHERE id = 13", "customer", "seen"),
    "document": ("""UPDATE customer SET doc = '{{"n": 9, "t": ["a", 1.51]}}' WHERE id = 9""", "customer", "doc"),
    "line of a composite key": ("UPDATE purchase_line SET what = 'x' WHERE purchase_id = 5 AND line = 2",
                                "purchase_line", "what"),
    "row with a text key": ("UPDATE voucher SET uses = 1 WHERE code = 'V110'", "voucher", "uses"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_value_is_found_and_named(run: MigrationRun, change: str) -> None:
    sql, table, column = CHANGES[change]
    with run.source.connect("test") as session:

        def number(condition: str) -> str:
            return str(session.execute(f"SELECT min(id) FROM customer WHERE {condition}")[0][0])

        sql = sql.format(
            octets="X'00ff08'" if run.target.engine.traits.engine == "mysql" else r"'\x00ff08'",
            empty=number("note = '' AND length(note) = 0"),
            null=number("note IS NULL"),
            plain=number("name = 'plain'"),
            tenth=number("ratio = 0.1"),
        )
    on_target(run, sql)
    report = check(run)
    assert report.verdict is Verdict.FAILED
    assert (report.summary["rows_compared"], report.summary["rows_differing"]) == (EVERY, 1)
    assert differing(report) == {table}
    (difference,) = found(report, table)
    assert (difference["kind"], tuple(difference["columns"])) == ("changed", (column,))  # type: ignore[arg-type]
    assert difference["source"] != difference["target"]


def test_a_missing_and_an_extra_row_are_found(run: MigrationRun) -> None:
    on_target(run, "DELETE FROM purchase WHERE id = 1234")
    on_target(run, "INSERT INTO purchase (id, customer_id, amount, state) VALUES (900000, 1, 1, 'new')")
    on_target(run, "DELETE FROM voucher WHERE code = 'V20'")
    on_target(run, "INSERT INTO voucher (code) VALUES ('V20 ')")
    report = check(run)
    assert report.summary["rows_differing"] == 4
    assert [(one["kind"], one["key"]) for one in found(report, "purchase")] == [
        ("missing", ("1234",)),
        ("extra", ("900000",)),
    ]
    assert [(one["kind"], one["key"]) for one in found(report, "voucher")] == [
        ("missing", ("V20",)),
        ("extra", ("V20 ",)),
    ]
    assert not all(count.equal for count in count_tables(run, {})) or report.summary["rows_differing"] == 4


def test_counts_are_exact(run: MigrationRun) -> None:
    on_target(run, "DELETE FROM purchase WHERE id = 1")
    counts = {count.table: (count.source, count.target) for count in count_tables(run, {})}
    assert counts["purchase"] == (ROWS, ROWS - 1)
    assert counts["customer"] == (ROWS, ROWS)
    report = check(run, checksum="off")
    told = {(f.code, f.subject) for f in report.findings}
    assert ("counts_differ", "purchase") in told
    assert ("figures_differ", "purchase.id") in told
    assert {code for code, _ in told} == {"counts_differ", "orphan_rows", "figures_differ"}
    assert report.verdict is Verdict.FAILED


def test_many_differences_are_counted_and_some_are_listed(run: MigrationRun) -> None:
    with run.target.connect("vandal") as session:
        session.execute("UPDATE purchase SET amount = amount + 1 WHERE id > 100")
        session.execute("DELETE FROM token")
    report = check(run, max_differences_listed=3)
    assert report.summary["rows_differing"] == ROWS - 100 + ROWS
    assert len(found(report, "purchase")) == 3


def test_a_waived_table_does_not_stop_the_run(run: MigrationRun) -> None:
    on_target(run, "DELETE FROM purchase WHERE id = 1")
    assert check(run, waive={"purchase": "known since 2019"}).verdict is Verdict.FAILED  # its lines are orphans
    report = check(run, waive={"purchase": "known since 2019", "purchase_line": "goes with its purchase"})
    assert report.verdict is Verdict.WARNED
    assert report.summary["rows_differing"] == 1
    assert "known since 2019" in report.findings[0].message


def test_repair_makes_both_sides_equal(run: MigrationRun) -> None:
    with run.target.connect("vandal") as session:
        session.execute("UPDATE customer SET note = 'x', doc = NULL, photo = NULL WHERE id < 50")
        session.execute("DELETE FROM token")
        session.execute("INSERT INTO voucher (code) VALUES ('theirs')")
    report = check(run, repair=True)
    assert report.verdict is Verdict.PASSED, report.findings
    assert (report.summary["rows_differing"], report.summary["rows_repaired"]) == (0, 49 + ROWS + 1)
    assert check(run).verdict is Verdict.PASSED


def test_touched_rows_are_compared_by_value(run: MigrationRun) -> None:
    on_target(run, "UPDATE customer SET balance = 0 WHERE id = 3")
    on_target(run, "DELETE FROM purchase_line WHERE purchase_id = 8 AND line = 1")
    touched = {
        "customer": {("3",), ("4",), ("99999",)},
        "purchase_line": {("8", "1"), ("8", "2"), ("9", "1")},
        "voucher": set(),
    }
    assert {(one.table, one.key, one.kind) for one in validate_rows(run, touched)} == {
        ("customer", ("3",), DifferenceKind.CHANGED),
        ("purchase_line", ("8", "1"), DifferenceKind.MISSING),
    }


def test_a_sample_says_what_it_can_say(run: MigrationRun) -> None:
    report = check(run, checksum="off", sample=0.99, sample_rows=500)
    assert report.verdict is Verdict.PASSED
    assert report.summary["rows_sampled"] == 4 * 500 + ROWS // 10
    (table,) = [table for table in report.tables if table.title == "Samples"]
    said = {row[0]: row for row in table.rows}
    assert said["customer"][1:] == (ROWS, 500, 0, "with 0.99 confidence fewer than 0.917% of the rows differ")
    assert said["voucher"][4] == "every row compared"
    with run.target.connect("vandal") as session:
        session.execute("UPDATE customer SET note = concat(coalesce(note, ''), '!')")
    assert check(run, checksum="off", sample=0.99, sample_rows=50).summary["rows_differing"] == 50


def test_orphans_are_found(run: MigrationRun) -> None:
    create_keys(run)
    fresh = check(run)
    assert fresh.verdict is Verdict.PASSED, fresh.findings
    with run.target.connect("vandal") as session:
        run.target.engine.writer.prepare(session, "vandal")
        session.execute("DELETE FROM customer WHERE id = 10")
    report = check(run)
    orphans = {f.subject.partition(".")[0]: f.severity for f in report.findings if f.code == "orphan_rows"}
    assert orphans == {"purchase": Severity.BLOCKER, "voucher": Severity.BLOCKER}


def test_a_table_without_a_key_is_compared_as_a_bag(
    make_run: MakeRun, mariadb: PrivateServer, postgres: PrivateServer
) -> None:
    run = make_run(mariadb, postgres, "CREATE TABLE log (at datetime(3), line text, doc json);", online=False)
    with run.source.connect("fill") as session:
        session.execute("INSERT INTO log VALUES " + ", ".join(["('2020-01-01', 'a', '{\"a\": 1}')"] * 3))
        session.execute("INSERT INTO log VALUES ('2020-01-02', NULL, NULL), ('2020-01-02', '', NULL)")
    create_tables(run)
    copy_all(run)
    assert check(run).verdict is Verdict.PASSED
    with run.target.connect("vandal") as session:
        session.execute("DELETE FROM log WHERE line = ''")
        session.execute("INSERT INTO log VALUES ('2020-01-01', 'a', '{\"a\": 1}'), ('2020-01-01', 'a', '{\"a\": 2}')")
    report = check(run)
    assert sorted((one["kind"], one["rows"]) for one in found(report, "log"))[0][0] == "extra"
    (table,) = [table for table in report.tables if table.title == "Tables"]
    assert report.verdict is Verdict.FAILED
    assert int(str(report.summary["rows_differing"])) >= 3, table


def test_renamed_tables_and_columns_are_compared(
    make_run: MakeRun, mariadb: PrivateServer, postgres: PrivateServer
) -> None:
    selection = TableSelection(
        include=("customer",), renames={"customer": "Client"}, column_renames={"customer": {"note": "Remark"}}
    )
    run = make_run(mariadb, postgres, TABLES["mysql"], online=False, selection=selection)
    fill(run.source, 300)
    create_tables(run)
    copy_all(run)
    assert check(run).verdict is Verdict.PASSED
    on_target(run, """UPDATE "Client" SET "Remark" = 'other' WHERE id = 5""")
    (difference,) = found(check(run), "customer")
    assert (difference["key"], difference["columns"]) == (("5",), ("note",))
    assert validate_rows(run, {"customer": {("5",)}})[0].target == ("other",)


RULES = """
checks for customer:
  - row_count > 0
  - duplicate_count(id) = 0
  - missing_count(name) = 0
  - invalid_count(email) = 0:
      valid regex: '^[a-z0-9]*(@example\\.org)?$'
  - max(balance) < 1000000
  - avg(balance) between 0 and 10000
  - max_length(name) <= 30
checks for purchase:
  - invalid_count(state) = 0:
      valid values: [new, paid]
"""


def test_business_rules_run_on_both_sides(run: MigrationRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(RULES)
    monkeypatch.setenv("A_SECRET", "of ours")
    report = check(run, soda=str(file))
    assert report.verdict is Verdict.PASSED, report.findings
    assert (report.summary["rules"], report.summary["rules_passed"]) == (8, 8)
    (table,) = [table for table in report.tables if table.title == "Business rules (Soda)"]
    assert str(ROWS) in str(table.rows)
    on_target(run, "UPDATE purchase SET amount = 0 WHERE id = 1")
    on_target(run, "DELETE FROM customer WHERE id = 1")
    with run.target.connect("vandal") as session:
        session.execute("UPDATE customer SET name = 'x', email = 'Not An Address!' WHERE id = 2")
    report = check(run, soda=str(file), checksum="off")
    codes = sorted(finding.code for finding in report.findings)
    assert codes.count("soda_failed") == 1
    assert "soda_disagrees" in codes


def test_a_pattern_is_looked_for_in_text_that_folds_case(
    make_run: MakeRun, mariadb: PrivateServer, postgres: PrivateServer, tmp_path: Path
) -> None:
    """A unique text gets a collation under which PostgreSQL has no patterns."""
    table = "CREATE TABLE account (id int PRIMARY KEY, email varchar(80) NOT NULL UNIQUE) CHARACTER SET utf8mb4;"
    run = make_run(
        mariadb, postgres, f"{table} INSERT INTO account VALUES (1, 'a@example.org'), (2, 'b');", online=False
    )
    create_tables(run)
    copy_all(run)
    file = tmp_path / "rules.yaml"
    file.write_text("checks for account:\n  - invalid_count(email) = 1:\n      valid regex: '^[^@ ]+@[^@ ]+$'\n")
    report = check(run, soda=str(file))
    assert report.verdict is Verdict.PASSED, report.findings
    assert (report.summary["rules"], report.summary["rules_passed"]) == (1, 1)


def test_a_broken_rule_file_is_told_of(run: MigrationRun, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("checks for customer:\n  - row_cont > 0\n  - max(no_such_column) > 1\n")
    report = check(run, soda=str(file), checksum="off")
    assert report.verdict is Verdict.FAILED
    assert {finding.code for finding in report.findings} >= {"soda_error"}


def test_differences_show_values_in_short() -> None:
    one = Difference("t", DifferenceKind.CHANGED, ("1",), ("a", "b"), ("x" * 300, None), ("", "1"))
    assert one.shown_target == "a = '', b = '1'"
    assert one.shown_source.endswith("… (300 characters), b = NULL")
