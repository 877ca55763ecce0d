"""One spelling per value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from database_migration.model.column_type import Form
from database_migration.steps.validate.canonical import canonical, canonical_json

SAME = [
    (Form.DECIMAL, "1.50", "1.5"),
    (Form.DECIMAL, "-0.00", "0"),
    (Form.DECIMAL, "100", "100.000"),
    (Form.DOUBLE, "0.1", "1e-1"),
    (Form.DOUBLE, "-0", "0"),
    (Form.TIME, "-01:02:03.500000", "-001:02:03.5"),
    (Form.TIME, "838:59:59", "838:59:59.000000"),
    (Form.JSON, '{"b": 1, "a": [1.50, "é"]}', '{"a":[1.5,"\\u00e9"],"b":1.0}'),
    (Form.JSON, '{"a": 1, "a": 2}', '{"a": 2}'),
    (Form.JSON, "1e2", "100"),
]
DIFFERENT = [
    (Form.DECIMAL, "1.5", "1.51"),
    (Form.DECIMAL, "10", "1"),
    (Form.DOUBLE, "0.1", "0.10000000000000002"),
    (Form.TIME, "00:00:01", "-00:00:01"),
    (Form.TEXT, "a", "a "),
    (Form.TEXT, "", None),
    (Form.JSON, "null", None),
    (Form.JSON, '"1"', "1"),
    (Form.JSON, "[1, 2]", "[2, 1]"),
    (Form.JSON, "12345678901234567890.1", "12345678901234567890.2"),
    (Form.JSON, "true", "1"),
    (Form.JSON, '{"a,b":1}', '{"a":1,"b":1}'),
]


@pytest.mark.parametrize(("form", "one", "other"), SAME)
def test_the_same_value_has_one_spelling(form: Form, one: str, other: str) -> None:
    assert canonical(form, one) == canonical(form, other)


@pytest.mark.parametrize(("form", "one", "other"), DIFFERENT)
def test_different_values_are_spelled_differently(form: Form, one: str, other: str | None) -> None:
    assert canonical(form, one) != canonical(form, other)


def test_what_cannot_be_read_stands_for_itself() -> None:
    assert canonical(Form.JSON, "{") != canonical(Form.JSON, "{ ")
    assert canonical(Form.DECIMAL, "NaN") == "NaN"
    assert canonical(Form.TIME, "1 day") == "1 day"


_documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(_documents, _documents)
def test_documents_are_equal_when_their_spellings_are(one: object, other: object) -> None:
    import json

    def typed(value: object) -> object:
        """Python calls True equal to 1; JSON does not."""
        if isinstance(value, bool):
            return ("bool", value)
        if isinstance(value, list):
            return [typed(item) for item in value]
        if isinstance(value, dict):
            return {key: typed(item) for key, item in value.items()}
        return value

    spelled = canonical_json(json.dumps(one)) == canonical_json(json.dumps(other, indent=1))
    assert spelled == (typed(one) == typed(other))
