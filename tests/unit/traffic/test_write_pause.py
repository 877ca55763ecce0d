"""How long writers wait: measured from hold to release, limited, and told with what was slow."""

from __future__ import annotations

import threading
import time

import pytest

from database_migration.errors import Interrupted
from database_migration.steps.cutover.write_pause import WritePause


def test_nothing_counts_before_it_begins_and_after_it_ends() -> None:
    pause = WritePause(0.05)
    time.sleep(0.06)
    assert pause.left() == 0.05
    assert pause.milliseconds is None
    pause.begin()
    time.sleep(0.02)
    pause.end()
    time.sleep(0.06)
    assert pause.milliseconds is not None
    assert 20 <= pause.milliseconds < 60
    assert pause.left() == 0.05


def test_what_was_slow_is_named() -> None:
    pause = WritePause(0.01)
    pause.begin()
    pause.took("drain", 2.0)
    pause.took("fence_source", 0.5)
    time.sleep(0.02)
    with pytest.raises(Interrupted, match=r"max_write_pause \(0.01 s\); drain took 2.0 s, fence_source took 0.5 s"):
        pause.left()


def test_work_that_reads_is_left_behind_when_time_is_up() -> None:
    pause, release = WritePause(0.05), threading.Event()
    pause.begin()
    begun = time.monotonic()
    with pytest.raises(Interrupted, match="waited longer"):
        pause.within("counting", lambda: release.wait(10))
    assert time.monotonic() - begun < 1
    release.set()


def test_its_outcome_or_its_error_comes_through() -> None:
    pause = WritePause(5)
    pause.begin()
    assert pause.within("counting", lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        pause.within("dividing", lambda: 1 // 0)
