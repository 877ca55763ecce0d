"""Lanes as Airflow runs them, each a process of its own; what starting Python costs is not counted."""

from __future__ import annotations

import multiprocessing
import resource
import time
from dataclasses import dataclass, replace
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

from database_migration.steps.chunked_copy import ChunkedCopyOptions, copy_lane, cut_chunks
from database_migration.steps.run import MigrationRun


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
    found = [costs.get(timeout=3600) for _ in workers]
    seconds = time.perf_counter() - began
    for worker in workers:
        worker.join()
        if worker.exitcode != 0:
            raise RuntimeError(f"a lane ended with {worker.exitcode}: its traceback is above")
    return cutting + seconds, found


def _lane(run: MigrationRun, options: ChunkedCopyOptions, lane: int, ready: Barrier, costs: Queue[LaneCost]) -> None:
    cost = LaneCost(0, 0)
    try:
        ready.wait(600)
        began = time.process_time()
        copy_lane(run, options, lane)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        cost = replace(cost, cpu=time.process_time() - began, peak_mb=round(peak / 1024, 1))
    finally:
        costs.put(cost)


__all__ = ["LaneCost", "copy_by_lanes"]
