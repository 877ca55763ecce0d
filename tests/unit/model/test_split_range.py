"""Ranges split along their key without a gap and without an overlap."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from database_migration.model.column_type import Form
from database_migration.model.key_range import ChunkKey, KeyRange
from database_migration.model.split_range import split


def bounds(form: Form, lower: str | None, upper: str | None, parts: int = 4) -> list[str | None]:
    ranges = split(KeyRange(ChunkKey("id", form), lower, upper), parts)
    assert all(one.upper == other.lower for one, other in pairwise(ranges))
    return [ranges[0].lower, *(one.upper for one in ranges)] if ranges else []


def test_numbers_are_split_by_number() -> None:
    assert bounds(Form.INTEGER, "-10", "10") == ["-10", "-5", "0", "5", "10"]
    assert bounds(Form.INTEGER, "1", "3") == ["1", "2", "3"]


def test_what_cannot_be_split_is_not() -> None:
    assert bounds(Form.INTEGER, "1", "2") == []
    assert bounds(Form.INTEGER, None, "2") == []
    assert split(KeyRange.everything(), 4) == []


def test_uuids_keep_their_form() -> None:
    lower, upper = "00000000-0000-0000-0000-000000000000", "80000000-0000-0000-0000-000000000000"
    assert bounds(Form.UUID, lower, upper, 2) == [lower, "40000000-0000-0000-0000-000000000000", upper]


@given(st.binary(max_size=6), st.binary(max_size=6))
def test_octets_are_split_in_their_order(one: bytes, other: bytes) -> None:
    lower, upper = sorted((one, other))
    points = bounds(Form.BINARY, lower.hex(), upper.hex(), 5)
    octets = [bytes.fromhex(point) for point in points if point is not None]
    assert octets == sorted(octets)
    assert octets in ([], octets)
    if octets:
        assert (octets[0], octets[-1]) == (lower, upper)
        assert all(before < after for before, after in pairwise(octets))


@pytest.mark.parametrize("form", [Form.INTEGER])
@given(numbers=st.tuples(st.integers(-(2**63), 2**63), st.integers(-(2**63), 2**63)), parts=st.integers(2, 40))
def test_every_number_is_in_exactly_one_part(form: Form, numbers: tuple[int, int], parts: int) -> None:
    lower, upper = sorted(numbers)
    found = split(KeyRange(ChunkKey("id", form), str(lower), str(upper)), parts)
    if found:
        ends = [int(str(one.lower)) for one in found] + [int(str(found[-1].upper))]
        assert ends[0] == lower
        assert ends[-1] == upper
        assert all(before < after for before, after in pairwise(ends))
        assert len(found) <= parts
