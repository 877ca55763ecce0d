"""The cutover's state machine, searched for a way to lose a write or to leave writers waiting."""

from __future__ import annotations

from dataclasses import replace

import pytest

from database_migration.model.migration_state import CutoverMove, Direction, Side
from unit.steps.cutover import cutover_model
from unit.steps.cutover.cutover_model import Lost, World, explore


def test_no_order_of_writes_failures_and_kills_loses_a_write() -> None:
    worlds, events = explore()
    print(f"{worlds:,} worlds, {events:,} events")
    assert worlds > 5000
    assert events > 3 * worlds


@pytest.mark.parametrize(
    ("word", "instead"),
    [
        ("do fence_source", "release"),
        ("do drain", "release"),
        ("do preflight", "release"),
        ("fence target", "release"),
        ("drain back", "release"),
    ],
)
def test_a_move_left_out_is_found(monkeypatch: pytest.MonkeyPatch, word: str, instead: str) -> None:
    """The search is worth something only if it finds a machine that is wrong."""
    monkeypatch.setitem(cutover_model._EFFECTS, word, cutover_model._EFFECTS[instead])
    with pytest.raises(Lost):
        explore()


def test_a_fence_that_nobody_lowers_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cutover_model._EFFECTS, "lower target", lambda world: world)
    with pytest.raises(AssertionError, match="wait for ever"):
        explore()


def test_a_cutover_of_rows_that_were_taken_back_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cutover_model._EFFECTS, "note back", lambda world: world)
    with pytest.raises(Lost, match="rows were taken back"):
        explore()


def test_the_model_opens_where_a_cutover_ends() -> None:
    done = World()
    done = cutover_model.begin_cutover(done)
    while done.work:
        done = cutover_model._step(done)
    assert done == replace(
        World(), journal=done.journal, ledger_serving=Side.TARGET, wanted=Direction.REVERSE, leads_to=Side.TARGET,
        led_to_target=True, source_fenced=True, target_captured=True,
    )  # fmt: skip
    assert dict(done.journal) == dict.fromkeys(CutoverMove, "done")
