"""What a demo with KEEP=1 leaves running, written down so that it can be ended later."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

FILE = "processes.json"
#: They go last: the others still write to them.
DATABASES = ("mariadb", "postgres")


def started_at(pid: int) -> int | None:
    """The kernel's start time of a process, which tells it from a later one of the same number."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except (FileNotFoundError, ProcessLookupError):
        return None


def remember(folder: Path, pids: dict[str, int]) -> None:
    """Writes down which processes stay."""
    folder.joinpath(FILE).write_text(
        json.dumps([{"name": name, "pid": pid, "started_at": started_at(pid)} for name, pid in pids.items()], indent=1)
    )


def stop(folder: Path) -> list[str]:
    """Ends what was remembered there, in reverse order of starting; the names of what still ran."""
    path = folder / FILE
    if not path.exists():
        return []
    running = [
        process
        for process in reversed(json.loads(path.read_text()))
        if process["started_at"] is not None and started_at(process["pid"]) == process["started_at"]
    ]
    databases = [process for process in running if process["name"] in DATABASES]
    for together in ([process for process in running if process not in databases], databases):
        _end(together)
    path.unlink()
    return [process["name"] for process in running]


def _end(processes: list[dict[str, Any]]) -> None:
    """Asks all of them to stop, waits, and kills what is left of their groups."""
    for process in processes:
        # SIGINT is PostgreSQL's fast shutdown; the others take SIGTERM.
        with contextlib.suppress(ProcessLookupError):
            os.kill(process["pid"], signal.SIGINT if process["name"] == "postgres" else signal.SIGTERM)
    deadline = time.monotonic() + 20
    for process in processes:
        while started_at(process["pid"]) == process["started_at"] and time.monotonic() < deadline:
            time.sleep(0.1)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process["pid"], signal.SIGKILL)
