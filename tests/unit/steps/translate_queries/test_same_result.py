"""Equal results are equal in whatever types they come, and nothing else is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from database_migration.steps.translate_queries.same_result import Tolerance, difference, same_value

EXACT = Tolerance()
ID = UUID("0c9b4f6e-6b0a-4b0a-8b0a-0c9b4f6e6b0a")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (0, False),
        (1, Decimal("1.000")),
        (Decimal("3.50"), Decimal("3.5")),
        (0.1 + 0.2, 0.3),
        (1.0, Decimal("1.0")),
        (datetime(2024, 1, 1, 12), datetime(2024, 1, 1, 14, tzinfo=timezone(timedelta(hours=2)))),
        (timedelta(hours=10), time(10)),
        (b"\x05", "00000101"),
        (b"ab", memoryview(b"ab")),
        (str(ID), ID),
        ('{"a": [1, 2.50], "b": null}', {"b": None, "a": [1, 2.5]}),
        (None, None),
    ],
)
def test_one_value_in_two_types(one: object, other: object) -> None:
    assert same_value(one, other, EXACT)
    assert same_value(other, one, EXACT)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (None, ""),
        (None, 0),
        ("1", 1),
        ("a", "A"),
        ("a", "a "),
        (Decimal("3.6667"), Decimal("3.66666667")),
        (1.0, 1.000001),
        (date(2024, 1, 1), datetime(2024, 1, 1)),
        (datetime(2024, 1, 1), datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=1)))),
        (b"a", "a"),
        ("2024-01-01", date(2024, 1, 1)),
        ('{"a": 1}', {"a": "1"}),
        ("[1, 2]", [2, 1]),
        (True, "true"),
        (float("nan"), 0.0),
    ],
)
def test_two_values_that_only_look_alike(one: object, other: object) -> None:
    assert not same_value(one, other, EXACT)
    assert not same_value(other, one, EXACT)


def told(source: list, target: list, *, ordered: bool = False, sort_columns: tuple[int, ...] | None = ()) -> str | None:
    return difference(source, target, ordered=ordered, sort_columns=sort_columns, tolerance=EXACT, names=("a", "b"))


def test_without_order_rows_are_a_multiset() -> None:
    assert told([(1, "x"), (2, "y"), (1, "x")], [(2, "y"), (1, "x"), (1, "x")]) is None
    assert told([(1, "x"), (1, "x"), (2, "y")], [(1, "x"), (2, "y"), (2, "y")]) is not None


def test_with_order_only_ties_may_change_places() -> None:
    source, target = [(1, "x"), (1, "y"), (2, "z")], [(1, "y"), (1, "x"), (2, "z")]
    assert told(source, target, ordered=True, sort_columns=(0,)) is None
    assert "another order" in str(told(source, target, ordered=True, sort_columns=(1,)))
    assert "another order" in str(told(source, target[::-1], ordered=True, sort_columns=(0,)))


def test_ties_that_cannot_be_told_are_a_difference() -> None:
    assert "ties cannot be told" in str(told([(1,), (2,)], [(2,), (1,)], ordered=True, sort_columns=None))
    assert told([(1,), (2,)], [(1,), (2,)], ordered=True, sort_columns=None) is None


def test_the_reason_names_the_first_difference() -> None:
    assert told([(1, "x")], []) == "1 row on the source, 0 on the target."
    assert told([(1, "x")], [(1, "y")]) == "Row 1, column b: 'x' on the source, 'y' on the target."
    assert told([(1, "x")], [(1,)]) == "2 columns on the source, 1 on the target."
    assert len(str(told([(1, "x" * 500)], [(1, "y")]))) < 150


def test_divided_decimals_are_compared_at_the_digits_that_both_have() -> None:
    tolerance = Tolerance(inexact=frozenset({0}))
    rows = [(Decimal("3.66666666666666666667"), 1)], [(Decimal("3.6666666666666667"), 1)]
    assert difference(*rows, ordered=False, sort_columns=(), tolerance=tolerance) is None
    assert difference(*rows, ordered=False, sort_columns=(), tolerance=EXACT) is not None
    apart = [(Decimal("3.67"),)], [(Decimal("3.6666666"),)], [(Decimal("3.65"),)]
    assert difference(apart[0], apart[1], ordered=False, sort_columns=(), tolerance=tolerance) is None
    assert difference(apart[2], apart[1], ordered=False, sort_columns=(), tolerance=tolerance) is not None


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC)),
    st.dates(),
)
ROWS = st.lists(st.tuples(VALUES, VALUES), max_size=8)


@given(ROWS, st.randoms(use_true_random=False))
def test_any_order_of_the_same_rows_is_the_same(rows: list, chance) -> None:
    shuffled = rows[:]
    chance.shuffle(shuffled)
    assert told(rows, shuffled) is None


@given(ROWS.filter(bool), VALUES, st.data())
def test_one_changed_value_is_found(rows: list, value: object, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    if same_value(rows[place][0], value, EXACT):
        return
    changed = [*rows[:place], (value, rows[place][1]), *rows[place + 1 :]]
    assert told(rows, changed, ordered=True, sort_columns=(0, 1)) is not None
