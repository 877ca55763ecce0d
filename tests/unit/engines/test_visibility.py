"""Transactions' numbers against snapshots: the log has 32 bits of a number, a snapshot has 64."""

from __future__ import annotations

import pytest

from database_migration.engines.postgres.log.visibility import is_visible

EPOCH = 7 << 32


@pytest.mark.parametrize(
    ("number", "snapshot", "visible"),
    [
        (99, "100:105:", True),
        (104, "100:105:101,103", True),
        (103, "100:105:101,103", False),
        (105, "100:105:", False),
        (200, "100:105:", False),
        (3, f"{EPOCH + 2}:{EPOCH + 5}:{EPOCH + 2}", True),
        (2, f"{EPOCH + 2}:{EPOCH + 5}:{EPOCH + 2}", False),
        ((1 << 32) - 1, f"{EPOCH + 2}:{EPOCH + 5}:", True),  # before the numbers wrapped
        (1, f"{EPOCH - 9}:{EPOCH - 5}:", False),  # after they will have
    ],
)
def test_a_snapshot_holds_what_had_ended_before_it(number: int, snapshot: str, visible: bool) -> None:
    assert is_visible(number, snapshot) is visible
