"""How many changes a second are fetched from the log and applied, beside the engines' own replication.

All contenders fetch and apply the same changes of the same table, one after another; and the lag that ours has while
an application commits a thousand transactions a second.
"""

from __future__ import annotations

import multiprocessing
import random
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from multiprocessing.synchronize import Event

from benchmarks.apply_peers import NativeReplication, catch_up, native_replication
from benchmarks.bench_tables import ORDERS
from benchmarks.copy_servers import CopyServers, Way, copy_servers
from database_migration.engines.protocol import Endpoint
from database_migration.model.migration_state import Direction
from database_migration.steps.chunked_copy import ChunkedCopyOptions, copy_lane, cut_chunks, finish_copy
from database_migration.steps.replicate import Applier, ReplicateOptions, Until, replicate, start_capture
from database_migration.steps.run import MigrationRun
from integration.conftest import engine_named

WAYS = (("mysql", "mysql"), ("postgres", "postgres"), ("mysql", "postgres"), ("postgres", "mysql"))
LOADS = {"one row a transaction": 1, "1,000 rows a transaction": 1000}
BAR = 0.5
"""Ours applies at least this share of what the engine's own replication does."""
LAG_BAR = 2.0
LAG_RATE = 1000
_CHANGES = 20_000
_LAG_SECONDS = 20
_WRITERS = 4


def measure(rows: int, runs: int, *, changes: int = _CHANGES) -> dict[str, object]:
    """Changes per second by way and load, and the lag under load."""
    found: dict[str, object] = {}
    with copy_servers() as servers:
        servers.fill(ORDERS, rows, postgres_too=True)
        for source, target in WAYS:
            with _captured(servers, source, target) as (way, run), ExitStack() as stack:
                native = stack.enter_context(native_replication(servers, source, rows)) if source == target else None
                found[way.name] = _rates(way, run, native, rows, runs, changes)
        for source, target in WAYS[2:]:
            with _captured(servers, source, target) as (way, run):
                found[f"lag, {way.name}"] = _lag(way, run, rows)
    found["bars"] = _bars(found)
    return found


@contextmanager
def _captured(servers: CopyServers, source: str, target: str) -> Iterator[tuple[Way, MigrationRun]]:
    """A run whose table is copied and whose changes are captured."""
    way = servers.way(source, target)
    run = replace(way.fresh_run(ORDERS.name), online=True)
    options, copying = ReplicateOptions(), ChunkedCopyOptions(lanes=1)
    start_capture(run, options)
    cut_chunks(run, copying)
    copy_lane(run, copying, 0)
    finish_copy(run, copying)
    replicate(run, options, until=Until.COPY_END)
    yield way, run
    run.source.change_log.stop(run.log_name)


def _rates(
    way: Way, run: MigrationRun, native: NativeReplication | None, rows: int, runs: int, changes: int
) -> dict[str, dict[str, float]]:
    rates: dict[str, dict[str, float]] = {}
    for load, size in LOADS.items():
        seconds: dict[str, list[float]] = {"ours": []} if native is None else {native.name: [], "ours": []}
        for _ in range(runs):
            mark = _write(way, rows, changes, size)
            if native is not None:
                seconds[native.name].append(catch_up(native, mark))
            seconds["ours"].append(_apply(run))
            _require_equal(way, run)
        rates[load] = {name: round(changes / statistics.median(taken)) for name, taken in seconds.items()}
        shown = ", ".join(f"{name} {rate:,.0f}" for name, rate in rates[load].items())
        print(f"{way.name}, {load}, changes/s: {shown}", flush=True)
    return rates


def _write(way: Way, rows: int, changes: int, size: int) -> int:
    """Change rows anywhere in the table, ``size`` in each transaction; the quantity that the last one wrote."""
    chance = random.Random(changes)
    with way.source.connect() as connection, connection.cursor() as cursor:
        for _ in range(changes // size):
            low = chance.randrange(1, max(rows - size, 2))
            cursor.execute(
                f"UPDATE {ORDERS.name} SET price = price + 1, title = %s WHERE id > %s AND id <= %s",
                (f"changed {chance.random()}", low, low + size),
            )
        mark = chance.randrange(1000) + int(time.time()) % 1_000_000 * 1000
        cursor.execute(f"UPDATE {ORDERS.name} SET quantity = %s WHERE id = 1", (mark,))
    return mark


def _apply(run: MigrationRun) -> float:
    began = time.perf_counter()
    with Applier(run, ReplicateOptions(), Direction.FORWARD, obeys=False) as applier:
        end = applier.log_end()
        applier.apply_until(lambda so_far: so_far.position >= end)
        return time.perf_counter() - began


def _require_equal(way: Way, run: MigrationRun) -> None:
    sides = way.checksums(run, of_source=True), way.checksums(run, of_source=False)
    if sides[0] != sides[1]:
        raise AssertionError(f"{way.name}: what was applied is not what was written: {sides}")


def _lag(way: Way, run: MigrationRun, rows: int) -> dict[str, float]:
    """Lag of the applier in seconds, sampled while the application writes."""
    context = multiprocessing.get_context("spawn")
    stop, counter = context.Event(), context.Value("L", 0)
    writer = context.Process(target=_application, args=(way.endpoint(way.source), rows, stop, counter), daemon=True)
    lags: list[float] = []
    with Applier(run, ReplicateOptions(), Direction.FORWARD, obeys=False) as applier:
        writer.start()
        while counter.value < LAG_RATE:  # the first second is the application's own
            applier.apply_until(lambda _: True)
            time.sleep(0.05)
        began, first = time.monotonic(), counter.value

        def over(_: object) -> bool:
            lags.append(applier.throughput.lag)
            return time.monotonic() - began > _LAG_SECONDS

        applier.apply_until(over)
        rate = (counter.value - first) / (time.monotonic() - began)
        stop.set()
        writer.join(30)
        end = applier.log_end()
        applier.apply_until(lambda so_far: so_far.position >= end)
    _require_equal(way, run)
    found = {
        "transactions_per_second": round(rate),
        "median_seconds": round(statistics.median(lags), 3),
        "worst_seconds": round(max(lags), 3),
    }
    print(f"lag, {way.name}: {found}", flush=True)
    return found


def _application(endpoint: Endpoint, rows: int, stop: Event, counter: object) -> None:
    """``LAG_RATE`` transactions a second by some connections, until told to stop."""
    lock = threading.Lock()

    def write(number: int) -> None:
        chance = random.Random(number)
        with closing(engine_named(endpoint.engine).connect(endpoint, purpose="application")) as session:
            due = time.monotonic()
            while not stop.is_set():
                session.execute(
                    f"UPDATE {ORDERS.name} SET quantity = quantity + 1 WHERE id = %s", (chance.randrange(1, rows),)
                )
                with lock:
                    counter.value += 1  # type: ignore[attr-defined]  # typeshed has no name for a synchronized value
                due += _WRITERS / LAG_RATE
                time.sleep(max(0.0, due - time.monotonic()))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(_WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _bars(found: dict[str, object]) -> list[dict[str, object]]:
    outcome: list[dict[str, object]] = []
    for source, target in WAYS:
        rates = found[f"{source} → {target}"]
        assert isinstance(rates, dict)
        for load, by_name in rates.items():
            native = next((rate for name, rate in by_name.items() if name != "ours"), None)
            if native is not None:
                share = by_name["ours"] / native
                said = f"{source} → {target}, {load}: {share:.2f} of the engine's own rate, at least {BAR}"
                outcome.append({"bar": said, "met": share >= BAR})
    for name, lag in found.items():
        if name.startswith("lag") and isinstance(lag, dict):
            rate, worst = lag["transactions_per_second"], lag["worst_seconds"]
            said = f"{name} at {rate} transactions/s: {worst} s at worst, under {LAG_BAR}"
            outcome.append({"bar": said, "met": worst < LAG_BAR})
    for one in outcome:
        print(f"  {'met   ' if one['met'] else 'MISSED'} {one['bar']}")
    return outcome


__all__ = ["measure"]
