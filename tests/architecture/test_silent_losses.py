"""The table of what loses rows silently names a test for each, and every test that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
ROWS = [
    line
    for line in (TESTS / "contract" / "silent_losses.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| what the log does")
]


def test_every_row_has_a_test_that_exists() -> None:
    assert len(ROWS) > 40
    for row in ROWS:
        named = re.findall(r"`([\w/]+\.py)::(\w+)`", row)
        assert named, row
        for file, name in named:
            assert f"def {name}(" in (TESTS / file).read_text(encoding="utf-8"), f"{file}::{name}"
