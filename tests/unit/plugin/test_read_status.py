"""How far a run has come, as the page draws it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from database_migration.model.migration_state import Phase
from database_migration.plugin.read_status import _phases
from database_migration.plugin.render_page import count, moment, size


@pytest.mark.parametrize(
    ("phase", "marks"),
    [
        (Phase.PLAN, "now ahead ahead ahead ahead ahead"),
        (Phase.CUTOVER, "done done done now ahead ahead"),
        (Phase.FINALIZED, "done done done done done done"),
        (Phase.ROLLED_BACK, "done done broken ahead ahead ahead"),
    ],
)
def test_phases_before_the_present_one_are_done(phase: Phase, marks: str) -> None:
    assert " ".join(mark.mark for mark in _phases(phase, reached=Phase.EXECUTE)) == marks


def test_figures_are_spelled_for_people() -> None:
    assert count(1234567) == "1\u202f234\u202f567"
    assert count(None) == "–"
    assert size(1536) == "1.5 KiB"
    assert moment(datetime(2026, 11, 22, 2, 0, 1)) == "2026-11-22 02:00:01"
    assert moment(datetime(2026, 11, 22, 2, 0, 1, tzinfo=UTC).isoformat()) == "2026-11-22 02:00:01"
