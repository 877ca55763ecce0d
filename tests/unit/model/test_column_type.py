"""The form in which values cross is decided by both columns, whichever way one looks."""

from __future__ import annotations

import itertools

import pytest

from database_migration.errors import NotPossible
from database_migration.model.column_type import ColumnType, Form, Kind, form_between, form_or_none


def of(kind: Kind) -> ColumnType:
    return ColumnType(kind, bits=1, length=16)


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
        (Kind.JSON, Kind.TEXT, Form.JSON),
        (Kind.SET, Kind.ARRAY, Form.LABELS),
        (Kind.MONEY, Kind.DECIMAL, Form.DECIMAL),
        (Kind.INTERVAL, Kind.TEXT, Form.TEXT),
        (Kind.INTERVAL, Kind.INTEGER, Form.TIME),
        (Kind.BIT, Kind.BIT, Form.BIT),
    ],
)
def test_form_between(one: Kind, other: Kind, form: Form) -> None:
    assert form_between(of(one), of(other)) is form


def test_form_does_not_depend_on_the_direction() -> None:
    for one, other in itertools.combinations(Kind, 2):
        assert form_or_none(of(one), of(other)) is form_or_none(of(other), of(one))


def test_every_kind_crosses_to_itself() -> None:
    for kind in Kind:
        assert form_between(of(kind), of(kind)) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ColumnType(Kind.DOUBLE), ColumnType(Kind.TEXT)),
        (ColumnType(Kind.TIME), ColumnType(Kind.VARCHAR, length=20)),
        (ColumnType(Kind.BINARY, length=8), ColumnType(Kind.UUID)),
        (ColumnType(Kind.BIT, bits=8), ColumnType(Kind.BOOLEAN)),
        (ColumnType(Kind.INTEGER, bits=32), ColumnType(Kind.DATE)),
    ],
)
def test_pairings_without_a_common_text_are_refused(one: ColumnType, other: ColumnType) -> None:
    with pytest.raises(NotPossible, match="out of these kinds"):
        form_between(one, other)


def test_native_spelling_is_not_compared() -> None:
    assert ColumnType(Kind.TEXT, native="longtext") == ColumnType(Kind.TEXT, native="text")
