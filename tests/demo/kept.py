"""What a demo with KEEP=1 leaves running, written down so that it can be ended later."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from pathlib import Path

FILE = "processes.json"


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
    for process in running:
        # SIGINT is PostgreSQL's fast shutdown; the others take SIGTERM.
        is_postgres = process["name"].startswith("postgres")
        _signal(process["pid"], signal.SIGINT if is_postgres else signal.SIGTERM)
        deadline = time.monotonic() + 20
        while started_at(process["pid"]) == process["started_at"] and time.monotonic() < deadline:
            time.sleep(0.1)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process["pid"], signal.SIGKILL)
    path.unlink()
    return [process["name"] for process in running]


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
