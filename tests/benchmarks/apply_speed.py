"""How many changes a second are read from the log and applied, by the size of the transactions."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.private_bench import Bench
from database_migration.model.migration_state import Direction
from database_migration.steps.chunked_copy import ChunkedCopyOptions, copy_lane, cut_chunks, finish_copy
from database_migration.steps.replicate import Applier, ReplicateOptions, Until, replicate, start_capture
from database_migration.steps.run import MigrationRun

_CHANGES = 20_000


def measure(bench: Bench) -> dict[str, float]:
    """Changes per second by kind of load."""
    run = replace(bench.run(), online=True)
    options = ReplicateOptions()
    start_capture(run, options)
    copying = ChunkedCopyOptions(lanes=1)
    cut_chunks(run, copying)
    copy_lane(run, copying, 0)
    finish_copy(run, copying)
    replicate(run, options, until=Until.COPY_END)
    rates = {}
    for name, size in (("one row a transaction", 1), ("1,000 rows a transaction", 1000)):
        _change(run, bench.rows, size)
        rates[name] = _apply(run, options)
    run.source.change_log.stop(run.log_name)
    return rates


def _change(run: MigrationRun, rows: int, size: int) -> None:
    with run.source.connect("application") as session:
        for start in range(0, _CHANGES, size):
            low = start % rows
            session.execute(
                "UPDATE item SET price = price + 1, title = 'changed' WHERE id > %s AND id <= %s", (low, low + size)
            )


def _apply(run: MigrationRun, options: ReplicateOptions) -> float:
    with Applier(run, options, Direction.FORWARD, obeys=False) as applier:
        end = applier.log_end()
        applied = applier.apply_until(lambda so_far: so_far.position >= end)
        return round(applied.changes / applier.throughput.seconds, 1)
