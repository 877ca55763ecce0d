"""In which chunk a changed row lies, told by the ledger's bounds and nothing else."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from database_migration.model.column_type import Form
from database_migration.model.key_range import ChunkKey, Cut, KeyPart
from database_migration.model.migration_state import ChunkLine
from database_migration.steps.replicate.copy_seam import _Cut
from database_migration.steps.replicate.sort_changes import Reach, together


def cut(form: Form | None, *bounds: str) -> _Cut:
    edges = [None, *bounds, None]
    lines = [ChunkLine("t", n, low, high, False, 0, 0, 0.0) for n, (low, high) in enumerate(pairwise(edges))]
    return _Cut.of(None if form is None else ChunkKey("id", form), lines)


def test_keys_of_several_columns_go_by_their_prefixes() -> None:
    key = ChunkKey("a", Form.INTEGER, (KeyPart("b", Form.UUID),))
    bounds = ['["5"]', '["5", "80000000-0000-0000-0000-000000000000"]', '["10"]']
    edges = [None, *bounds, None]
    lines = [ChunkLine("t", n, low, high, False, 0, 0, 0.0) for n, (low, high) in enumerate(pairwise(edges))]
    found = _Cut.of(key, lines)
    rows = [("4", "f"), ("5", "1"), ("5", "8"), ("9", "0"), ("10", "0")]
    places = [found.chunks({"a": a, "b": f"{b}0000000-0000-0000-0000-000000000000"}) for a, b in rows]
    assert [tuple(one) for one in places] == [(0,), (1,), (2,), (2,), (3,)]
    hashed = _Cut.of(replace(key, cut=Cut.HASH), [replace(lines[0], upper="7"), replace(lines[3], lower="7")])
    assert tuple(hashed.chunks({"a": "1", "b": "2"})) == (0, 3)


@pytest.mark.parametrize(
    ("form", "bounds", "value", "chunks"),
    [
        (Form.INTEGER, ("9", "10", "200"), "-5", (0,)),
        (Form.INTEGER, ("9", "10", "200"), "9", (1,)),
        (Form.INTEGER, ("9", "10", "200"), "10", (2,)),
        (Form.INTEGER, ("9", "10", "200"), "18446744073709551615", (3,)),
        (Form.BINARY, ("00ff", "a0"), "00FF00", (1,)),
        (Form.BINARY, ("00ff", "a0"), "", (0,)),
        (Form.UUID, ("80000000-0000-0000-0000-000000000000",), "7FFFFFFF-0000-0000-0000-000000000000", (0,)),
        (None, (), "anything", (0,)),
    ],
)
def test_a_key_lies_in_one_chunk(form: Form | None, bounds: tuple[str, ...], value: str, chunks: tuple[int]) -> None:
    assert tuple(cut(form, *bounds).chunks({"id": value})) == chunks


@pytest.mark.parametrize(("form", "bounds"), [(Form.TEXT, ("b", "c")), (Form.INTEGER, ("10", "9"))])
def test_where_the_order_is_not_known_a_row_may_lie_anywhere(form: Form, bounds: tuple[str, ...]) -> None:
    assert tuple(cut(form, *bounds).chunks({"id": "1"})) == (0, 1, 2)


def test_a_row_that_may_lie_anywhere_is_where_all_are() -> None:
    assert together([]) is Reach.WAITING
    assert together([Reach.DONE, Reach.DONE]) is Reach.DONE
    assert together([Reach.WAITING, Reach.WAITING]) is Reach.WAITING
    assert together([Reach.DONE, Reach.WAITING]) is Reach.READING
