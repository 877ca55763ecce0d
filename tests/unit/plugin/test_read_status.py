"""How far a run has come, as the page draws it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from database_migration.model.migration_state import CopyProgress, Direction, Phase, RunState, Side
from database_migration.plugin.read_status import Status, _phases
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


def table(name: str, *, done: int, chunks: int = 4) -> CopyProgress:
    """A table of which so many chunks are copied."""
    return CopyProgress(name, chunks, done, done * 10, 40, done * 100, 1.0)


def status(copy: Sequence[CopyProgress], planned: Mapping[str, float | None]) -> Status:
    """A run that copies."""
    now = datetime.now(UTC)
    state = RunState("shop", "run", 1, Phase.EXECUTE, Side.SOURCE, Direction.OFF, "", now)
    return Status(
        now, state, "run", 1, True, None, [], copy, planned, {}, {}, None, {}, "", [], {}, [], []
    )  # fmt: skip


def test_a_page_holds_the_tables_that_are_under_way() -> None:
    """Two thousand tables are not listed each two and a half seconds."""
    many = [table(f"t{number}", done=4) for number in range(1990)]
    many += [table("waits", done=0), table("goes", done=1)]
    shown = status(many, {})
    assert [one.table for one in shown.copy_shown[:3]] == ["goes", "waits", "t0"]
    assert len(shown.copy_shown) == 40
    assert shown.tables_done == 1990
    few = [table("b", done=4), table("a", done=1)]
    assert status(few, {}).copy_shown == few


def test_the_planned_time_is_a_range_or_nothing() -> None:
    assert status([], {"seconds_low": 600.0, "seconds_high": 1200.0}).planned_time == "10 min to 20 min"
    assert status([], {"seconds_low": None, "seconds_high": None}).planned_time == ""
    assert status([], {}).planned_time == ""


def test_figures_are_spelled_for_people() -> None:
    assert count(1234567) == "1\u202f234\u202f567"
    assert count(None) == "–"
    assert size(1536) == "1.5 KiB"
    assert moment(datetime(2026, 11, 22, 2, 0, 1)) == "2026-11-22 02:00:01"
    assert moment(datetime(2026, 11, 22, 2, 0, 1, tzinfo=UTC).isoformat()) == "2026-11-22 02:00:01"
