"""Lanes as Airflow runs them, each a process of its own; what starting Python costs is not counted."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from queue import Empty

from database_migration.steps.chunked_copy import ChunkedCopyOptions, copy_lane, cut_chunks
from database_migration.steps.run import MigrationRun


class LaneFailed(Exception):
    """A lane of ours did not do its work."""


@dataclass(frozen=True, slots=True)
class LaneCost:
    """What one lane's process took."""

    cpu: float
    """Seconds, after the imports."""
    peak_mb: float
    """Of the whole process, Python and libraries included."""


def copy_by_lanes(run: MigrationRun, options: ChunkedCopyOptions) -> tuple[float, list[LaneCost]]:
    """Cut and copy; seconds of the wall, and what each lane took."""
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(options.lanes + 1)
    costs: Queue[LaneCost] = context.Queue()
    workers = [
        context.Process(target=_lane, args=(run, options, lane, ready, costs), daemon=True)
        for lane in range(options.lanes)
    ]
    for worker in workers:
        worker.start()
    began = time.perf_counter()
    cut_chunks(run, options)
    cutting = time.perf_counter() - began
    ready.wait(600)
    began = time.perf_counter()
    found = [_cost(costs, workers) for _ in workers]
    seconds = time.perf_counter() - began
    for worker in workers:
        worker.join()
        if worker.exitcode != 0:
            raise LaneFailed(f"a lane ended with {worker.exitcode}: its traceback is above")
    return cutting + seconds, found


def _cost(costs: Queue[LaneCost], workers: Sequence[BaseProcess]) -> LaneCost:
    """The next lane's, as soon as it has ended; raises LaneFailed when one was killed."""
    while True:
        with suppress(Empty):
            return costs.get(timeout=1)
        if any(worker.exitcode for worker in workers):
            raise LaneFailed("a lane was killed")


def _lane(run: MigrationRun, options: ChunkedCopyOptions, lane: int, ready: Barrier, costs: Queue[LaneCost]) -> None:
    cost = LaneCost(0, 0)
    try:
        ready.wait(600)
        began = time.process_time()
        copy_lane(run, options, lane)
        cost = replace(cost, cpu=time.process_time() - began, peak_mb=_peak_mb())
    finally:
        costs.put(cost)


def _peak_mb() -> float:
    """The most memory that this process held; getrusage would count what its parent held when it forked."""
    status = Path("/proc/self/status")
    if not status.exists():
        return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return round(int(lines["VmHWM"].split()[0]) / 1024, 1)


__all__ = ["LaneCost", "LaneFailed", "copy_by_lanes"]
