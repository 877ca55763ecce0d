"""Waits for an advisory lock: a killed task's session keeps its own until its server has ended the last statement."""

from __future__ import annotations

import time
from collections.abc import Callable

LOCK_WAIT = 30.0
"""Seconds in which a server notices that a client is gone, and a stint of the replication DAG that it is not wanted."""
_ASK_EVERY = 0.1


def wait_for_lock(take: Callable[[], bool], seconds: float = LOCK_WAIT) -> bool:
    """Ask for the lock until it is taken; False when another has held it for so many ``seconds``."""
    deadline = time.monotonic() + seconds
    while not take():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_ASK_EVERY)
    return True


__all__ = ["LOCK_WAIT", "wait_for_lock"]
