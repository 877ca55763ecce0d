"""What a sample without a difference says."""

from __future__ import annotations

import pytest

from database_migration.steps.validate.sampling import SampledTable


def test_the_bound_is_the_share_that_equal_rows_make_unlikely() -> None:
    sample = SampledTable("t", rows=10**6, sampled=1000, confidence=0.99)
    assert (1 - sample.bound) ** 1000 == pytest.approx(0.01)
    assert "fewer than 0.459%" in sample.statement


def test_a_sample_of_everything_is_certain() -> None:
    assert SampledTable("t", rows=10, sampled=10, confidence=0.9).bound == 0
    assert SampledTable("t", rows=0, sampled=0, confidence=0.9).statement == "every row compared"
