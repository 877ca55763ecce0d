"""Other people's databases, whole: every row equal, every object on the target or explained."""

from __future__ import annotations

from collections.abc import Iterator

from database_migration.model.report import Report
from database_migration.model.schema import Table
from database_migration.steps.run import MigrationRun
from fixtures.whole_migration import copy_offline


def everything_said(report: Report) -> str:
    """All text of a report, for looking up what became of an object."""
    cells = [str(cell) for table in report.tables for row in table.rows for cell in row]
    found = [f"{finding.subject} {finding.message} {finding.mend}" for finding in report.findings]
    return "\n".join([*cells, *found, *(f"{script.title}\n{script.text}" for script in report.scripts)])


def unaccounted(run: MigrationRun, reports: dict[str, Report]) -> list[str]:
    """Objects of the source's catalog that are neither on the target nor named by a finding of the comparison."""
    source, target = run.source.read_schema(), run.target.read_schema()
    named = {finding.subject for finding in reports["schema_compare"].findings}
    listed = {
        str(row[1])
        for table in reports["schema_compare"].tables
        if table.title == "Triggers, routines and events"
        for row in table.rows
    }
    there = {view.name for view in target.views} | {code.name for code in target.code}
    missing = [view.name for view in source.views if view.name not in there | named]
    missing += [code.name for code in source.code if code.name not in there | named | listed]
    missing += [sequence.name for sequence in source.sequences if sequence not in target.sequences]
    for table in source.tables:
        if not target.has_table(table.name):
            missing.append(table.name)
            continue
        missing += [
            f"{table.name}.{name}"
            for name in lost_parts(table, target.table(table.name))
            if f"{table.name}.{name}" not in named
        ]
    return missing


def lost_parts(table: Table, arrived: Table) -> Iterator[str]:
    """Columns, defaults, expressions, keys, indexes and checks of a table that did not arrive."""
    columns = {column.name: column for column in arrived.columns}
    for column in table.columns:
        held = columns.get(column.name)
        if held is None:
            yield column.name
            continue
        facts = [
            (one.default is not None, one.generated is not None, one.identity, one.on_update_now, one.comment)
            for one in (column, held)
        ]
        if facts[0] != facts[1] or column.nullable < held.nullable:
            yield column.name
    if table.primary_key != arrived.primary_key:
        yield "primary key"
    indexed = {(index.unique, index.columns) for index in arrived.indexes}
    yield from (index.name for index in table.indexes if (index.unique, index.columns) not in indexed)
    keys = {(key.columns, key.parent_table, key.on_delete, key.on_update) for key in arrived.foreign_keys}
    yield from (
        key.name
        for key in table.foreign_keys
        if (key.columns, key.parent_table, key.on_delete, key.on_update) not in keys
    )
    yield from (check.name for check in table.checks if check.name not in {one.name for one in arrived.checks})


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
    assert unaccounted(chinook_run, reports) == []


def test_chinook_back_to_mariadb(chinook_back_run: MigrationRun) -> None:
    reports = copy_offline(chinook_back_run)
    rows = counts(chinook_back_run)
    assert len(rows) == 11
    assert all(source == target for source, target in rows.values())
    assert reports["validate"].summary["rows_differing"] == 0
    assert reports["compare_again"].summary["differences"] == 0
    assert unaccounted(chinook_back_run, reports) == []


def test_sakila_to_postgres(sakila_run: MigrationRun) -> None:
    reports = copy_offline(sakila_run)
    rows = counts(sakila_run)
    assert len(rows) == 16
    assert all(source == target for source, target in rows.values())
    assert reports["validate"].summary["rows_differing"] == 0
    assert reports["compare_again"].summary["differences"] == 0
    assert unaccounted(sakila_run, reports) == []
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
