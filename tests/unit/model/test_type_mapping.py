"""Casts: which rule counts for a column, and what is refused while the spec is read."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from database_migration.model.mapping import Mapping, TypeMapping
from database_migration.model.mapping.casts import CastRule, winning_cast

RULES = [
    {"type": "binary(16)", "to": "uuid"},
    {"type": "varchar", "to": "text"},
    {"column": "*_id", "to": "bigint"},
    {"column": "*_big_id", "to": "numeric(20,0)"},
    {"table": "orders", "column": "total", "to": "numeric(14,2)"},
    {"column": "total", "to": "numeric(10,2)"},
    {"table": "orders", "type": "varchar(20)", "to": "citext"},
]


def winner(type_: str, table: str, column: str, rules: list[dict[str, str]] = RULES) -> str | None:
    rule = winning_cast([CastRule.model_validate(said) for said in rules], type_, table, column)
    return None if rule is None else rule.to


@pytest.mark.parametrize(
    ("type_", "table", "column", "to"),
    [
        ("binary(16)", "a", "b", "uuid"),
        ("BINARY(16)", "a", "b", "uuid"),
        ("binary(17)", "a", "b", None),
        ("varchar(7)", "a", "b", "text"),
        ("varchar(20)", "orders", "b", "citext"),
        ("varchar(21)", "orders", "b", "text"),
        ("int", "a", "user_id", "bigint"),
        ("int", "a", "user_big_id", "numeric(20,0)"),
        ("decimal(8,2)", "orders", "total", "numeric(14,2)"),
        ("decimal(8,2)", "bills", "total", "numeric(10,2)"),
    ],
)
def test_the_most_specific_rule_counts(type_: str, table: str, column: str, to: str | None) -> None:
    assert winner(type_, table, column) == to


def test_two_rules_of_which_neither_says_more_are_a_tie() -> None:
    with pytest.raises(ValueError, match=r"\{type varchar\} to text and \{column \*_id\} to bigint"):
        winner("varchar(7)", "a", "user_id")
    assert winner("varchar(7)", "a", "user_id", [{"type": "varchar", "to": "text"}, {"column": "*_id", "to": "text"}])


@pytest.mark.parametrize(
    ("casts", "said"),
    [
        ([{"to": "uuid"}], "which columns it is about"),
        ([{"column": "a", "to": "uuuid"}], "did you mean uuid?"),
        ([{"column": "a", "to": "state"}], "spelled with its schema"),
        ([{"column": "a", "to": "int; DROP TABLE x"}], "is not how a type is spelled"),
        ([{"column": "a", "to": "int"}, {"column": "a", "to": "text"}], "int, text of the same columns"),
        ([{"column": "a", "to": "int", "from": "text"}], "Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_meant_is_refused_when_it_is_read(casts: list[dict[str, str]], said: str) -> None:
    with pytest.raises(ValidationError, match=said.replace("?", r"\?")):
        TypeMapping.model_validate({"casts": casts})


@pytest.mark.parametrize(
    "to",
    [
        *("numeric(14,2)", "double precision", "timestamp(3) with time zone", "text[]", "geometry(Point,4326)"),
        *("enum('a','b c')", "int unsigned", "app.state"),
    ],
)
def test_types_of_either_engine_are_read(to: str) -> None:
    assert CastRule(column="a", to=to).to == to


def test_what_a_run_hands_on_is_read_again() -> None:
    said: dict[str, Any] = {
        "types": {
            "mysql_to_postgres": {"json": "text", "enum": "native"},
            "casts": [{"table": "orders", "column": "total", "to": "numeric(14,2)"}],
        }
    }
    mapping = Mapping.model_validate(said)
    assert Mapping.model_validate(mapping.model_dump(mode="json", exclude_defaults=True)) == mapping
    assert Mapping.model_validate(mapping.model_dump(mode="json", by_alias=True)) == mapping
