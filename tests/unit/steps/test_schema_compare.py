"""Differences are found, weighed by what they can do, and seen the other way round by ``reverse``."""

from __future__ import annotations

from dataclasses import replace

import pytest

from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import (
    Check,
    Column,
    Default,
    ForeignKey,
    Index,
    IndexPart,
    Schema,
    Table,
    View,
)
from database_migration.model.table_selection import TableSelection
from database_migration.steps.schema_compare import Presence, Weight
from database_migration.steps.schema_compare.differences.checks import compare_checks
from database_migration.steps.schema_compare.differences.columns import compare_columns
from database_migration.steps.schema_compare.differences.fits import fits
from database_migration.steps.schema_compare.differences.foreign_keys import compare_foreign_keys
from database_migration.steps.schema_compare.differences.indexes import compare_indexes
from database_migration.steps.schema_compare.differences.same_expression import same_expression
from database_migration.steps.schema_compare.differences.tables import compare_table
from database_migration.steps.schema_compare.differences.views import compare_views
from database_migration.steps.schema_compare.expected.key_types import unify_key_types
from database_migration.steps.schema_compare.expected.rename import rename_table
from database_migration.steps.schema_compare.fingerprint import changes, fingerprint
from database_migration.steps.schema_compare.waivers import apply_waivers

INT = ColumnType(Kind.INTEGER, bits=32)
BIG = ColumnType(Kind.INTEGER, bits=64)
SMALL = ColumnType(Kind.INTEGER, bits=16)
BOOL = ColumnType(Kind.BOOLEAN)


def varchar(length: int) -> ColumnType:
    return ColumnType(Kind.VARCHAR, length=length)


ORDERS = Table(
    "orders",
    (
        Column("id", BIG, nullable=False, identity=True),
        Column("customer_id", INT),
        Column("note", varchar(40), default=Default("none")),
    ),
    primary_key=("id",),
    indexes=(Index("idx_customer", (IndexPart("customer_id"),)),),
    foreign_keys=(ForeignKey("fk_customer", ("customer_id",), "customer", ("id",)),),
    checks=(Check("note_given", "note <> ''"),),
)


def with_column(name: str, **changed: object) -> Table:
    columns = tuple(replace(column, **changed) if column.name == name else column for column in ORDERS.columns)
    return replace(ORDERS, columns=columns)


@pytest.mark.parametrize(
    ("changed", "code", "weight", "weight_reversed"),
    [
        ({"type": varchar(20)}, "column_type", Weight.DATA_LOSS, Weight.COSMETIC),
        ({"type": ColumnType(Kind.TEXT)}, "column_type", Weight.BEHAVIOUR, Weight.DATA_LOSS),
        ({"nullable": False}, "column_nullable", Weight.DATA_LOSS, Weight.BEHAVIOUR),
        ({"default": None}, "column_default", Weight.BEHAVIOUR, Weight.BEHAVIOUR),
        ({"generated": "'x'", "default": None}, "column_generated", Weight.DATA_LOSS, Weight.BEHAVIOUR),
        ({"comment": "x"}, "column_comment", Weight.COSMETIC, Weight.COSMETIC),
    ],
)
def test_an_attribute_of_a_column(
    changed: dict[str, object], code: str, weight: Weight, weight_reversed: Weight
) -> None:
    found = [d for d in compare_columns(ORDERS, with_column("note", **changed), dialect="postgres") if d.code == code]
    assert [d.subject for d in found] == ["orders.note"]
    assert found[0].weight is weight
    assert found[0].reverse().weight is weight_reversed
    assert found[0].reverse().reverse() == found[0]
    assert found[0].expected_text != found[0].actual_text
    assert found[0].expected_text == found[0].reverse().actual_text


def test_a_column_on_one_side_only() -> None:
    fewer = replace(ORDERS, columns=ORDERS.columns[:2])
    (missing,) = compare_columns(ORDERS, fewer, dialect="postgres")
    assert (missing.code, missing.weight, missing.presence) == ("column_missing", Weight.DATA_LOSS, Presence.MISSING)
    (extra,) = compare_columns(fewer, ORDERS, dialect="postgres")
    assert extra == missing.reverse()
    assert extra.weight is Weight.COSMETIC  # it has a default
    required = replace(ORDERS, columns=(*ORDERS.columns, Column("must", INT, nullable=False)))
    (refuses,) = compare_columns(ORDERS, required, dialect="postgres")
    assert refuses.weight is Weight.DATA_LOSS


def test_equal_tables_do_not_differ() -> None:
    for compare in (compare_columns, compare_indexes, compare_foreign_keys, compare_checks):
        assert list(compare(ORDERS, ORDERS, dialect="postgres")) == []
    assert list(compare_table(ORDERS, ORDERS)) == []


def test_a_unique_key_that_nobody_expects_may_refuse_rows() -> None:
    unique = replace(ORDERS, indexes=(replace(ORDERS.indexes[0], unique=True),))
    (difference,) = compare_indexes(ORDERS, unique, dialect="postgres")
    assert (difference.code, difference.weight) == ("index_different", Weight.DATA_LOSS)
    assert difference.reverse().weight is Weight.BEHAVIOUR


def test_an_index_of_another_name_is_the_same_index() -> None:
    renamed = replace(ORDERS, indexes=(replace(ORDERS.indexes[0], name="other"),))
    (difference,) = compare_indexes(ORDERS, renamed, dialect="postgres")
    assert (difference.code, difference.weight) == ("index_name", Weight.COSMETIC)


def test_an_index_that_backs_a_foreign_key_is_not_extra() -> None:
    expected = replace(ORDERS, indexes=())
    assert list(compare_indexes(expected, ORDERS, dialect="mysql")) == []


def test_actions_of_foreign_keys_that_do_the_same_are_the_same() -> None:
    key = ORDERS.foreign_keys[0]
    restrict = replace(ORDERS, foreign_keys=(replace(key, on_delete="RESTRICT"),))
    assert list(compare_foreign_keys(ORDERS, restrict, dialect="postgres")) == []
    cascade = replace(ORDERS, foreign_keys=(replace(key, on_delete="CASCADE"),))
    (difference,) = compare_foreign_keys(ORDERS, cascade, dialect="postgres")
    assert difference.code == "foreign_key_different"


def test_a_check_respelled_by_the_server_is_the_same() -> None:
    respelled = replace(ORDERS, checks=(Check("note_given", "((note)::text <> ''::text)"),))
    assert list(compare_checks(ORDERS, respelled, dialect="postgres")) == []
    other = replace(ORDERS, checks=(Check("note_given", "note <> 'x'"),))
    assert [d.code for d in compare_checks(ORDERS, other, dialect="postgres")] == ["check_different"]


@pytest.mark.parametrize(
    ("one", "other", "dialect"),
    [
        (
            "state IN ('a', 'b')",
            "((state)::text = ANY ((ARRAY['a'::character varying, 'b'::text])::text[]))",
            "postgres",
        ),
        ("(`a` + `b`) > 3", "a+b>3", "mysql"),
        ("price >= 0", "(price >= (0)::numeric)", "postgres"),
    ],
)
def test_same_expressions(one: str, other: str, dialect: str) -> None:
    assert same_expression(one, other, dialect=dialect)


def test_expressions_that_cast_a_column_are_not_the_same() -> None:
    assert not same_expression("a::int > 3", "a > 3", dialect="postgres")
    assert not same_expression("a > 3", None, dialect="postgres")


def test_primary_keys_and_views() -> None:
    (difference,) = compare_table(ORDERS, replace(ORDERS, primary_key=("customer_id",)))
    assert (difference.code, difference.weight) == ("table_primary_key", Weight.DATA_LOSS)
    one, other = View("v", "SELECT 1", ("a",)), View("v", "select 1", ("b",))
    assert [d.code for d in compare_views([one], [other])] == ["view_columns"]
    assert [d.code for d in compare_views([one], [])] == ["view_missing"]


@pytest.mark.parametrize(
    ("value", "place", "expected"),
    [
        (ColumnType(Kind.INTEGER, bits=32, unsigned=True), INT, False),
        (ColumnType(Kind.INTEGER, bits=32, unsigned=True), BIG, True),
        (BOOL, SMALL, True),
        (SMALL, BOOL, False),
        (ColumnType(Kind.YEAR), SMALL, True),
        (ColumnType(Kind.INTEGER, bits=64, unsigned=True), ColumnType(Kind.DECIMAL, precision=20, scale=0), True),
        (ColumnType(Kind.INTEGER, bits=64, unsigned=True), ColumnType(Kind.DECIMAL, precision=19, scale=0), False),
        (ColumnType(Kind.DECIMAL, precision=10, scale=2), ColumnType(Kind.DECIMAL, precision=10, scale=3), False),
        (ColumnType(Kind.DECIMAL, precision=10, scale=2), ColumnType(Kind.DECIMAL), True),
        (ColumnType(Kind.DECIMAL), ColumnType(Kind.DECIMAL, precision=65, scale=30), False),
        (ColumnType(Kind.ENUM, values=("a", "bcd")), varchar(3), True),
        (ColumnType(Kind.ENUM, values=("a", "bcd")), varchar(2), False),
        (ColumnType(Kind.SET, values=("a", "b")), varchar(3), True),
        (ColumnType(Kind.TEXT), varchar(255), False),
        (ColumnType(Kind.DATETIME, fraction=6), ColumnType(Kind.DATETIME, fraction=3), False),
        (ColumnType(Kind.TIME, fraction=3), ColumnType(Kind.INTERVAL, fraction=6), True),
        (ColumnType(Kind.UUID), varchar(36), True),
        (ColumnType(Kind.UUID), varchar(35), False),
        (ColumnType(Kind.BINARY, length=16), ColumnType(Kind.UUID), True),
        (ColumnType(Kind.BINARY, length=17), ColumnType(Kind.UUID), False),
        (ColumnType(Kind.SET, values=("a",)), ColumnType(Kind.ARRAY), True),
        (ColumnType(Kind.BIT, bits=31), INT, True),
        (ColumnType(Kind.BIT, bits=32), INT, False),
        (ColumnType(Kind.INTERVAL), varchar(80), True),
        (ColumnType(Kind.TEXT), ColumnType(Kind.JSON), False),
    ],
)
def test_fits(value: ColumnType, place: ColumnType, expected: bool) -> None:
    assert fits(value, place) is expected


def test_key_types_become_the_widest_over_a_chain() -> None:
    parent = Table("parent", (Column("id", SMALL),), primary_key=("id",))
    child = Table("child", (Column("id", INT),), foreign_keys=(ForeignKey("a", ("id",), "parent", ("id",)),))
    grandchild = Table("grandchild", (Column("id", BOOL),), foreign_keys=(ForeignKey("b", ("id",), "child", ("id",)),))
    tables, findings = unify_key_types([parent, child, grandchild])
    assert [table.columns[0].type for table in tables] == [INT, INT, INT]
    assert sorted(finding.subject for finding in findings) == ["grandchild.id", "parent.id"]
    assert unify_key_types(tables) == (tables, [])


def test_key_types_without_a_common_one_are_a_finding() -> None:
    parent = Table("parent", (Column("id", ColumnType(Kind.UUID)),), primary_key=("id",))
    child = Table("child", (Column("id", INT),), foreign_keys=(ForeignKey("a", ("id",), "parent", ("id",)),))
    tables, findings = unify_key_types([parent, child])
    assert tables == (parent, child)
    assert {finding.code for finding in findings} == {"key_types_differ"}


def test_renames_reach_keys_and_expressions() -> None:
    selection = TableSelection(
        renames={"orders": "sales", "customer": "client"},
        column_renames={"orders": {"note": "remark", "customer_id": "client_id"}, "customer": {"id": "nr"}},
    )
    renamed, findings = rename_table(ORDERS, selection, dialect="mysql")
    assert findings == []
    assert renamed.name == "sales"
    assert [column.name for column in renamed.columns] == ["id", "client_id", "remark"]
    assert renamed.indexes[0].columns == ("client_id",)
    assert renamed.foreign_keys[0].columns == ("client_id",)
    assert (renamed.foreign_keys[0].parent_table, renamed.foreign_keys[0].parent_columns) == ("client", ("nr",))
    assert same_expression(renamed.checks[0].expression, "remark <> ''", dialect="mysql")


def test_what_changed_on_the_source_is_named() -> None:
    selection = TableSelection()
    before = fingerprint(selection.of(Schema("s", tables=(ORDERS, Table("gone", ())))))
    after = with_column("note", type=varchar(50))
    after = replace(after, columns=(*after.columns, Column("new", INT)), estimated_rows=5, comment="x", indexes=())
    said = changes(before, fingerprint(selection.of(Schema("s", tables=(after, Table("fresh", ()))))))
    assert said == [
        "table gone is gone",
        "table fresh is new",
        "orders: column note was varchar(40) null default 'none', is varchar(50) null default 'none'",
        "orders: column new is new",
    ]
    assert changes(before, before) == []


def test_a_waiver_turns_a_blocker_into_a_note_and_one_that_meets_nothing_is_told() -> None:
    findings = [Finding(Severity.BLOCKER, "column_type", "orders.note", "Too short.")]
    for key in ("column_type", "orders.note", "column_type:orders.note"):
        (waived,) = apply_waivers(findings, {key: "all notes are short"})
        assert waived.severity is Severity.NOTE
        assert waived.message.endswith("Waived: all notes are short")
    kept, unused = apply_waivers(findings, {"orders.total": "x"})
    assert kept == findings[0]
    assert (unused.code, unused.subject) == ("waiver_unused", "orders.total")
