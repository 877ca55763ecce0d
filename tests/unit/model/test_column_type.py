"""The form in which values cross is decided by both columns, whichever way one looks."""

from __future__ import annotations

import itertools

import pytest

from database_migration.model.column_type import ColumnType, Form, Kind, form_between


def of(kind: Kind) -> ColumnType:
    return ColumnType(kind)


@pytest.mark.parametrize(
    ("one", "other", "form"),
    [
        (Kind.INTEGER, Kind.BOOLEAN, Form.BOOLEAN),
        (Kind.INTEGER, Kind.INTEGER, Form.INTEGER),
        (Kind.INTEGER, Kind.DECIMAL, Form.DECIMAL),
        (Kind.FLOAT, Kind.DOUBLE, Form.DOUBLE),
        (Kind.YEAR, Kind.INTEGER, Form.YEAR),
        (Kind.ENUM, Kind.TEXT, Form.TEXT),
        (Kind.TIME, Kind.INTERVAL, Form.TIME),
        (Kind.BINARY, Kind.UUID, Form.UUID),
        (Kind.SPATIAL, Kind.BLOB, Form.BINARY),
        (Kind.JSON, Kind.JSON, Form.JSON),
        (Kind.JSON, Kind.TEXT, Form.TEXT),
        (Kind.BIT, Kind.BIT, Form.BIT),
    ],
)
def test_form_between(one: Kind, other: Kind, form: Form) -> None:
    assert form_between(of(one), of(other)) is form


def test_form_does_not_depend_on_the_direction() -> None:
    for one, other in itertools.combinations(Kind, 2):
        assert form_between(of(one), of(other)) is form_between(of(other), of(one))


def test_native_spelling_is_not_compared() -> None:
    assert ColumnType(Kind.TEXT, native="longtext") == ColumnType(Kind.TEXT, native="text")
