"""Other people's databases, whole: every row equal, every object on the target or explained."""

from __future__ import annotations

from database_migration.model.report import Report
from database_migration.steps.run import MigrationRun
from fixtures.whole_migration import copy_offline


def everything_said(report: Report) -> str:
    """All text of a report, for looking up what became of an object."""
    cells = [str(cell) for table in report.tables for row in table.rows for cell in row]
    found = [f"{finding.subject} {finding.message} {finding.mend}" for finding in report.findings]
    return "\n".join([*cells, *found, *(f"{script.title}\n{script.text}" for script in report.scripts)])


def counts(run: MigrationRun) -> dict[str, tuple[int, int]]:
    """Rows of every table on both sides, counted without the validation's code."""
    with run.source.connect("test") as source, run.target.connect("test") as target:
        return {
            pair.source.name: (
                run.source.engine.catalog.exact_count(source, pair.source),
                run.target.engine.catalog.exact_count(target, pair.target),
            )
            for pair in run.pairs()
        }


def test_chinook_to_postgres(chinook_run: MigrationRun) -> None:
    reports = copy_offline(chinook_run)
    rows = counts(chinook_run)
    assert len(rows) == 11
    assert sum(source for source, _ in rows.values()) == 15_607
    assert all(source == target for source, target in rows.values())
    assert reports["validate"].summary["rows_differing"] == 0
    assert reports["validate"].summary["rows_compared"] == 15_607
    assert reports["compare_again"].summary["differences"] == 0


def test_chinook_back_to_mariadb(chinook_back_run: MigrationRun) -> None:
    reports = copy_offline(chinook_back_run)
    rows = counts(chinook_back_run)
    assert len(rows) == 11
    assert all(source == target for source, target in rows.values())
    assert reports["validate"].summary["rows_differing"] == 0
    assert reports["compare_again"].summary["differences"] == 0


def test_sakila_to_postgres(sakila_run: MigrationRun) -> None:
    reports = copy_offline(sakila_run)
    rows = counts(sakila_run)
    assert len(rows) == 16
    assert all(source == target for source, target in rows.values())
    assert reports["validate"].summary["rows_differing"] == 0
    assert reports["compare_again"].summary["differences"] == 0
    said = everything_said(reports["schema_compare"])
    for object_that_needs_a_word in (
        "address.location",  # spatial
        "idx_title_description",  # FULLTEXT
        "customer_list",
        "film_list",
        "nicer_but_slower_film_list",
        "staff_list",
        "sales_by_store",
        "sales_by_film_category",
        "actor_info",
        "ins_film",
        "upd_film",
        "del_film",
        "rewards_report",
        "get_customer_balance",
        "film_in_stock",
        "film_not_in_stock",
        "inventory_held_by_customer",
        "inventory_in_stock",
    ):
        assert object_that_needs_a_word in said
