"""The manual's tables of types are what the engines do, and name every key that a spec may choose by."""

from __future__ import annotations

import re

import pytest

from architecture.type_tables import PAGE, between_marks, type_tables
from database_migration.model.mapping.types import MySQLToPostgres, PostgresToMySQL


def test_the_tables_of_types_are_those_of_the_code() -> None:
    """When it fails: ``python tests/architecture/type_tables.py`` writes them anew."""
    assert between_marks(PAGE.read_text(encoding="utf-8")) == type_tables()


@pytest.mark.parametrize(("way", "model"), [("mysql", MySQLToPostgres), ("postgres", PostgresToMySQL)])
def test_every_choice_changes_a_type_that_the_tables_show(
    way: str, model: type[MySQLToPostgres] | type[PostgresToMySQL]
) -> None:
    one, other = type_tables().split("**From PostgreSQL to MySQL")
    shown = set(re.findall(r"`(\w+): (\w+)`", one if way == "mysql" else other))
    for name, field in model.model_fields.items():
        for value in field.annotation or ():  # type: ignore[attr-defined]
            assert (field.alias or name, value.value) in shown or value is field.default
