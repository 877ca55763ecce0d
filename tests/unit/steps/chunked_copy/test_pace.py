"""How many chunks are taken at once, and what a lane says of its progress."""

from __future__ import annotations

from datetime import timedelta

import pytest

from database_migration.model.migration_state import CopyProgress
from database_migration.steps.chunked_copy.pace import MOST, Pace
from database_migration.steps.chunked_copy.progress import said, total


def test_quick_chunks_grow_and_slow_ones_shrink() -> None:
    pace = Pace(timedelta(seconds=10))
    taken = []
    for _ in range(8):
        chunks = pace.chunks("t")
        taken.append(chunks)
        pace.took("t", chunks, 0.1 * chunks)
    assert taken == [1, 2, 4, 8, 16, 32, 64, MOST]
    pace.took("t", 64, 640)
    assert pace.chunks("t") == 1
    assert pace.chunks("other") == 1


def test_without_a_wish_chunks_stay_single() -> None:
    pace = Pace(None)
    pace.took("t", 1, 0.001)
    assert pace.chunks("t") == 1


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (0, "orders: 1,000 of about 3,000 rows, 2 MB."),
        (50, "orders: 1,000 of about 3,000 rows, 2 MB, 50 rows/s, about 40 s left."),
        (1, "orders: 1,000 of about 3,000 rows, 2 MB, 1 rows/s, about 33 min left."),
        (0.1, "orders: 1,000 of about 3,000 rows, 2 MB, 0 rows/s, about 5 h 33 min left."),
    ],
)
def test_progress_is_said_in_a_line(rate: float, text: str) -> None:
    assert said(CopyProgress("orders", 3, 1, 1000, 3000, 2_000_000, 1.0), rate) == text


def test_a_table_is_no_smaller_than_what_is_copied_of_it() -> None:
    found = total([CopyProgress("a", 2, 1, 500, 100, 9, 1.0), CopyProgress("b", 1, 0, 0, 50, 0, 0.0)])
    assert (found.rows, found.estimated_rows, found.chunks) == (500, 550, 3)
