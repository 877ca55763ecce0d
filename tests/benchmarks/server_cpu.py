"""CPU seconds that a server has used, its processes that have ended included."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Of a server's process, the children that it has reaped, and those that live; 0 where /proc is missing."""
    try:
        own = _stat(pid)
    except OSError:
        return 0.0
    total = sum(own)
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            total += cpu_seconds(int(child)) * _TICKS
    return total / _TICKS


def _stat(pid: int) -> list[int]:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [int(value) for value in fields[11:15]]  # utime, stime, cutime, cstime


__all__ = ["cpu_seconds"]
