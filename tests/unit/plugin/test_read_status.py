"""How far a run has come, as the page draws it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from database_migration.model.control import ControlLine, LaneNow, LaneState
from database_migration.model.migration_state import CopyProgress, Direction, Phase, RunState, Side
from database_migration.plugin.read_status import Status, _phases
from database_migration.plugin.spelling import count, moment, size


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
        now, state, "run", 1, True, None, [], copy, planned, {}, {}, {}, None, {}, "", [], {}, [], []
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


def lane(state: LaneState, *, ago: float = 0, reason: str = "", number: int = 0) -> LaneNow:
    """A lane that moves 100 rows a second while it copies."""
    rate = 100.0 if state in (LaneState.COPYING, LaneState.LIMITED) else 0.0
    return LaneNow(number, state, NOW - timedelta(seconds=ago), "a", 5, 500, rate, 10 * rate, reason)


NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
PAUSED = ControlLine("copy", "paused", "dba", "the night batch", datetime(2026, 11, 22, 2))
RESUMED = ControlLine("copy", "resumed", "dba", "", datetime(2026, 11, 22, 3))
LAG = "a replica is behind"


@pytest.mark.parametrize(
    ("lanes", "controls", "state"),
    [
        ([lane(LaneState.COPYING), lane(LaneState.WAITING, reason=LAG)], [], "copying"),
        ([lane(LaneState.LIMITED, reason="limited")], [], "limited"),
        ([lane(LaneState.WAITING, reason=LAG)], [], "waiting"),
        ([lane(LaneState.WAITING, reason=LAG, ago=60)], [], "idle"),
        ([lane(LaneState.COPYING, ago=60)], [], "idle"),
        ([lane(LaneState.COPYING)], [PAUSED], "pausing"),
        ([lane(LaneState.PAUSED)], [PAUSED], "paused"),
        ([lane(LaneState.COPYING)], [PAUSED, RESUMED], "copying"),
        ([], [], "idle"),
    ],
)
def test_the_page_says_what_the_copy_does_now(
    lanes: Sequence[LaneNow], controls: Sequence[ControlLine], state: str
) -> None:
    shown = replace(status([table("a", done=1)], {}), read_at=NOW, lanes=lanes, controls=controls)
    assert shown.pace.state == state
    assert shown.may_pause == ["copy"]
    assert shown.pace.reasons == [one.reason for one in lanes if one.reason and state not in ("idle",)]


def test_time_left_is_told_by_the_pace_of_all_lanes() -> None:
    both = [lane(LaneState.COPYING), lane(LaneState.COPYING, number=1)]
    shown = replace(status([table("a", done=1)], {}), read_at=NOW, lanes=both)
    assert shown.pace.rows_per_second == 200
    assert shown.pace.seconds_left == 30 / 200
    assert replace(shown, lanes=[]).pace.seconds_left is None
    done = replace(shown, copy=[table("a", done=4)])
    assert (done.pace.state, done.pace.seconds_left, done.may_pause) == ("done", None, [])


def test_nothing_is_paused_while_writers_wait() -> None:
    shown = status([table("a", done=1)], {})
    for phase in (Phase.CUTOVER, Phase.FINALIZED, Phase.ROLLED_BACK):
        assert not replace(shown, state=replace(shown.state, phase=phase)).may_pause


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
