"""Treatments are looked up from the column outwards, and what cannot be meant is refused when the spec is read."""

from __future__ import annotations

import pytest
import yaml
from pydantic import ValidationError

from database_migration.model.column_type import Form
from database_migration.model.mapping.values import Replacement, ValueMapping
from database_migration.model.unfit_value import Doubt, Substitute, ValueKind, is_unfit, substituted

SPEC = """
default: quarantine
zero_date: {to: 1970-01-01}
too_long: refuse
columns:
  orders: {out_of_range: {to: clamp}}
  orders.shipped: {zero_date: {to: null}, out_of_range: refuse}
"""


def test_the_nearest_treatment_counts() -> None:
    values = ValueMapping.model_validate(yaml.safe_load(SPEC))
    ask = values.treatment
    assert ask("orders", "shipped", ValueKind.ZERO_DATE) == Replacement(to=None)
    assert ask("orders", "paid", ValueKind.ZERO_DATE) == Replacement(to="1970-01-01")
    assert ask("orders", "paid", ValueKind.OUT_OF_RANGE) == Replacement(to="clamp")
    assert ask("orders", "shipped", ValueKind.OUT_OF_RANGE) == "refuse"
    assert ask("customer", "name", ValueKind.TOO_LONG) == "refuse"
    assert ask("customer", None, ValueKind.REFUSED) == "quarantine"
    assert values.may_quarantine("customer")
    assert not ValueMapping().may_quarantine("customer")
    only = ValueMapping.model_validate({"columns": {"orders.shipped": {"zero_date": "quarantine"}}})
    assert (only.may_quarantine("orders"), only.may_quarantine("customer")) == (True, False)


@pytest.mark.parametrize(
    ("kind", "to"),
    [
        ("zero_date", "tomorrow"),
        ("zero_date", "0000-00-00"),
        ("special_date", "2024-13-01"),
        ("nul_character", "a\0b"),
        ("not_boolean", 2),
        ("out_of_range", "most"),
        ("out_of_range", "NaN"),
        ("too_long", 3),
        ("too_precise", "cut"),
        ("special_number", "Infinity"),
        ("months", "1 month"),
        ("beyond_charset", "x"),
        ("invalid_text", "?"),
    ],
)
def test_a_replacement_has_to_be_a_value(kind: str, to: object) -> None:
    with pytest.raises(ValidationError, match="cannot be meant"):
        ValueMapping.model_validate({kind: {"to": to}})


def test_unknown_kinds_and_treatments_are_refused() -> None:
    for said in ({"zero_dates": "refuse"}, {"zero_date": "ignore"}, {"refused": {"to": None}}, {"default": "map"}):
        with pytest.raises(ValidationError):
            ValueMapping.model_validate(said)


@pytest.mark.parametrize(
    ("doubt", "form", "text", "unfit"),
    [
        (Doubt(ValueKind.ZERO_DATE), Form.DATETIME, "2024-00-10 00:00:00.000000", True),
        (Doubt(ValueKind.ZERO_DATE), Form.DATE, "2024-10-10", False),
        (Doubt(ValueKind.NUL_CHARACTER), Form.JSON, r'"\\u0000"', False),
        (Doubt(ValueKind.NUL_CHARACTER), Form.JSON, r'"\\\u0000"', True),
        (Doubt(ValueKind.NUL_CHARACTER), Form.TEXT, r"\u0000", False),
        (Doubt(ValueKind.INVALID_TEXT), Form.TEXT, b"a\xff".decode("utf-8", "surrogateescape"), True),
        (Doubt(ValueKind.OUT_OF_RANGE, "-5", "5"), Form.INTEGER, "6", True),
        (Doubt(ValueKind.OUT_OF_RANGE, "-5", "5"), Form.DECIMAL, "NaN", False),
        (Doubt(ValueKind.OUT_OF_RANGE, "00:00:00.0", "24:00:00.0"), Form.TIME, "-00:00:01.0", True),
        (Doubt(ValueKind.OUT_OF_RANGE, "00:00:00.0", "24:00:00.0"), Form.TIME, "24:00:00.0", False),
        (Doubt(ValueKind.TOO_LONG, length=2), Form.BINARY, "00ff", False),
        (Doubt(ValueKind.TOO_LONG, length=2), Form.TEXT, "𝄞𝄞𝄞", True),
        (Doubt(ValueKind.BEYOND_CHARSET, charset="utf8mb3"), Form.TEXT, "𝄞", True),
        (Doubt(ValueKind.BEYOND_CHARSET, charset="latin1"), Form.TEXT, "€é", False),
        (Doubt(ValueKind.SPECIAL_DATE), Form.DATE, "10000-01-01", True),
        (Doubt(ValueKind.SPECIAL_DATE), Form.DATE, "9999-12-31", False),
        (Doubt(ValueKind.MONTHS), Form.TIME, "01:00:00.000000", False),
    ],
)
def test_what_does_not_fit(doubt: Doubt, form: Form, text: str, unfit: bool) -> None:
    assert is_unfit(doubt, form, text) is unfit
    assert substituted((Substitute(doubt),), form, text) == (None if unfit else text)
