"""Documents that name a key twice."""

from __future__ import annotations

import pytest

from database_migration.steps.preflight.repeated_keys import repeats_a_key


@pytest.mark.parametrize(
    "document", ['{"a": 1, "a": 1}', '[{"b": {"a": 1, "c": 2, "a": null}}]', r'{"é": 1, "\u00e9": 2}']
)
def test_at_any_depth_and_in_any_spelling(document: str) -> None:
    assert repeats_a_key(document)


@pytest.mark.parametrize("document", ['{"a": {"a": 1}}', '[{"a": 1}, {"a": 1}]', '{"a": 1, "A": 2}', "7", "no JSON"])
def test_the_same_key_elsewhere_is_none(document: str) -> None:
    assert not repeats_a_key(document)
