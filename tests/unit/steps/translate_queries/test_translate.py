"""What holds for every statement: views, folding, one dialect on both sides, and no statement that breaks a run."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from database_migration.model.schema import View
from database_migration.model.table_selection import TableSelection
from database_migration.steps.translate_queries import Translation, Weight, translate, translate_view

if "golden_tables" not in sys.modules:
    _spec = importlib.util.spec_from_file_location("golden_tables", Path(__file__).with_name("tables.py"))
    assert _spec is not None
    assert _spec.loader is not None
    _module = importlib.util.module_from_spec(_spec)
    sys.modules["golden_tables"] = _module
    _spec.loader.exec_module(_module)
tables = sys.modules["golden_tables"]


def to_postgres(sql: str, *, fold_case: bool = False, schema: str = "public") -> Translation:
    return translate(
        sql,
        source_dialect="mysql",
        target_dialect="postgres",
        source_schema=tables.mysql_schema(),
        target_schema=tables.renamed(tables.postgres_schema(schema)),
        selection=tables.SELECTION,
        fold_case=fold_case,
    )


def one_line(translation: Translation) -> str:
    return " ".join((translation.sql or "").split())


def view(definition: str, selection: TableSelection | None = None) -> Translation | str:
    return translate_view(
        View("v", definition),
        source_dialect="mysql",
        target_dialect="postgres",
        source_schema=tables.mysql_schema(),
        target_schema=tables.renamed(tables.postgres_schema("app")),
        selection=selection or tables.SELECTION,
    )


def test_a_view_names_its_schema_and_keeps_its_columns() -> None:
    translation = view(
        "select `o`.`id` AS `id`,`o`.`total` AS `total` from `shop`.`orders` `o` where (`o`.`is_gift` = 1)"
    )
    assert isinstance(translation, Translation)
    assert one_line(translation) == (
        "SELECT o.id AS id, o.amount AS total FROM app.sales_order AS o WHERE ( o.is_gift = TRUE )"
    )


def test_a_view_in_nested_parentheses_as_servers_store_it() -> None:
    translation = view(
        "select `c`.`name` AS `name` from ((`shop`.`orders` `o` left join `shop`.`customer` `c` "
        "on(`c`.`id` = `o`.`customer_id`)) join `shop`.`order_line` `l` on(`l`.`order_id` = `o`.`id`))"
    )
    assert isinstance(translation, Translation)
    assert "app.order_line AS l" in one_line(translation)


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ("SELECT customer_id, state FROM orders GROUP BY customer_id", "not determined by GROUP BY"),
        ("SELECT id FROM cache_page", "not part of the migration"),
        ("SELECT MATCH(note) AGAINST('x') FROM customer", "full-text"),
    ],
)
def test_a_doubtful_view_is_a_reason_and_no_view(definition: str, reason: str) -> None:
    refusal = view(definition)
    assert isinstance(refusal, str)
    assert reason in refusal


def test_a_view_may_join_values_in_an_order_that_the_source_does_not_promise_either() -> None:
    translation = view("SELECT customer_id, GROUP_CONCAT(id) AS ids FROM orders GROUP BY customer_id")
    assert isinstance(translation, Translation)
    assert [note.code for note in translation.notes] == ["unordered_concatenation"]


def test_folding_writes_lower_around_what_only_mysql_compares_without_case() -> None:
    sql = "SELECT id FROM customer WHERE email = 'Ann@X' AND code = 'Y' AND name IN ('A', note)"
    plain, folded = to_postgres(sql), to_postgres(sql, fold_case=True)
    assert {note.code for note in plain.notes} == {"case_sensitive"}
    assert folded.notes == ()
    assert "LOWER(email) = 'ann@x'" in one_line(folded)
    assert "code = 'Y'" in one_line(folded)
    assert "LOWER(name) IN ('a', LOWER(note))" in one_line(folded)


def test_tables_are_qualified_where_a_session_would_not_find_them() -> None:
    assert "FROM customer" in one_line(to_postgres("SELECT id FROM customer"))
    assert "FROM app.customer" in one_line(to_postgres("SELECT id FROM customer", schema="app"))


def test_within_one_dialect_only_names_change() -> None:
    translation = translate(
        "SELECT total, IFNULL(greeting, '') FROM orders WHERE is_gift ORDER BY total",
        source_dialect="mysql",
        target_dialect="mysql",
        source_schema=tables.mysql_schema(),
        target_schema=tables.renamed(tables.mysql_schema()),
        selection=tables.SELECTION,
    )
    assert one_line(translation) == (
        "SELECT amount AS total, IFNULL(greeting, '') FROM sales_order WHERE is_gift ORDER BY amount"
    )


def test_a_case_insensitive_target_column_needs_no_caution() -> None:
    target = tables.renamed(tables.postgres_schema())
    customer = target.table("customer")
    folded = replace(
        customer,
        columns=tuple(
            replace(column, collation="und-u-ks-level1") if column.name == "email" else column
            for column in customer.columns
        ),
    )
    target = replace(target, tables=(folded, *(table for table in target.tables if table.name != "customer")))
    translation = translate(
        "SELECT id FROM customer WHERE email = 'A' AND email LIKE 'b%' ORDER BY email",
        source_dialect="mysql",
        target_dialect="postgres",
        source_schema=tables.mysql_schema(),
        target_schema=target,
        selection=tables.SELECTION,
    )
    assert translation.notes == ()
    assert '( email COLLATE "und-x-icu" ) ILIKE' in one_line(translation)


@pytest.mark.parametrize(
    "sql",
    [
        "",
        ";",
        "SELECT LEFT('x')",
        "SELECT DATE_ADD(born_on) FROM customer",
        "SELECT IF(1)",
        "SELECT 1; SELECT 2",
        "SET NAMES utf8",
        "SHOW TABLES",
        "CREATE TABLE x (a int)",
        "GRANT ALL ON *.* TO x",
        "LOAD DATA INFILE 'x' INTO TABLE y",
        "SELECT " + "(" * 400 + "1" + ")" * 400,
        "\x00",
        "SELECT ROUND()",
        "SELECT SUBSTRING_INDEX(a) FROM customer",
        "SELECT EXTRACT(YEAR) FROM customer",
        "SELECT TIMESTAMPDIFF(DAY, 1)",
        "EXPLAIN SELECT 1",
        "SELECT * FROM customer PROCEDURE ANALYSE()",
    ],
)
def test_whatever_cannot_be_translated_is_manual_with_a_reason(sql: str) -> None:
    translation = to_postgres(sql)
    assert translation.sql is None
    assert translation.weight is Weight.MANUAL
    assert all(note.message and note.mend for note in translation.notes_of(Weight.MANUAL))


@pytest.mark.parametrize(
    ("sql", "ordered", "places", "volatile", "limit"),
    [
        ("SELECT id, name FROM customer ORDER BY name, id DESC", True, (1, 0), False, None),
        ("SELECT id, COUNT(*) AS n FROM customer GROUP BY id ORDER BY n, 1", True, (1, 0), False, None),
        ("SELECT id FROM customer ORDER BY name", True, None, False, None),
        ("SELECT * FROM customer ORDER BY id", True, None, False, None),
        ("SELECT id FROM customer UNION SELECT 2 ORDER BY id", True, (0,), False, None),
        ("SELECT id FROM customer LIMIT 5", False, (), False, 5),
        ("SELECT id FROM customer ORDER BY id LIMIT 5", True, (0,), False, None),
        ("SELECT id FROM customer WHERE created_at < NOW()", False, (), True, None),
    ],
)
def test_what_a_comparison_has_to_know(
    sql: str, ordered: bool, places: tuple[int, ...] | None, volatile: bool, limit: int | None
) -> None:
    translation = to_postgres(sql)
    assert translation.is_query
    assert (translation.ordered, translation.sort_columns) == (ordered, places)
    assert (translation.volatile, translation.unordered_limit) == (volatile, limit)
    assert translation.tables == ("customer",)


@pytest.mark.parametrize(
    "sql", ["INSERT INTO orders (total) VALUES (1)", "DELETE FROM orders", "SELECT id FROM orders FOR UPDATE"]
)
def test_what_changes_or_locks_is_no_query(sql: str) -> None:
    assert not to_postgres(sql).is_query
