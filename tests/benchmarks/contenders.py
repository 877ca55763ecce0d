"""Who copies: our lanes, or another's tool; what each run cost; and that every row arrived."""

from __future__ import annotations

import resource
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks import copy_peers
from benchmarks.copy_servers import Way
from benchmarks.lane_process import copy_by_lanes
from benchmarks.server_cpu import cpu_seconds
from database_migration.steps.chunked_copy import ChunkedCopyOptions
from database_migration.steps.chunked_copy.copy_format import CopyFormat
from database_migration.steps.run import MigrationRun

CHUNK_ROWS = 50_000
_SAID = 300
"""Characters of a peer's complaint that are shown."""


class RowsDiffer(Exception):
    """What arrived is not what the source has."""


@dataclass(slots=True)
class Figures:
    """One contender's runs."""

    seconds: list[float] = field(default_factory=list)
    client_cpu: list[float] = field(default_factory=list)
    source_cpu: list[float] = field(default_factory=list)
    target_cpu: list[float] = field(default_factory=list)
    peak_mb: float = 0.0

    def summary(self, rows: int) -> dict[str, float]:
        """Medians."""
        seconds = statistics.median(self.seconds)
        return {
            "seconds": round(seconds, 2),
            "runs": len(self.seconds),
            "rows_per_second": round(rows / seconds),
            "source_cpu": round(statistics.median(self.source_cpu), 2),
            "client_cpu": round(statistics.median(self.client_cpu), 2),
            "target_cpu": round(statistics.median(self.target_cpu), 2),
            "peak_mb": self.peak_mb,
        }


@dataclass(frozen=True, slots=True)
class Contender:
    """One way of copying a table (or the tables of a pattern)."""

    measure: Callable[[Way, str, Figures], None]
    slow: bool = False
    """Measured in every second round only."""


def lanes(count: int, form: CopyFormat = CopyFormat.AUTO, chunk_rows: int = CHUNK_ROWS) -> Contender:
    """Ours, with so many lanes; every run's rows are compared with the source's."""

    def measure(way: Way, table: str, figures: Figures) -> None:
        run = way.fresh_run(table)
        source, target = cpu_seconds(way.source_pid), cpu_seconds(way.target_pid)
        options = ChunkedCopyOptions(lanes=count, chunk_rows=chunk_rows, format=form)
        seconds, costs = copy_by_lanes(run, options)
        figures.source_cpu.append(cpu_seconds(way.source_pid) - source)
        figures.target_cpu.append(cpu_seconds(way.target_pid) - target)
        verify(way, run, table)
        figures.seconds.append(seconds)
        figures.client_cpu.append(sum(cost.cpu for cost in costs))
        figures.peak_mb = max([figures.peak_mb, *(cost.peak_mb for cost in costs)])

    return Contender(measure)


def peer(copy: Callable[[Way, str], None], *, own_tables: bool = False, slow: bool = False) -> Contender:
    """Another's tool, whose rows are compared the first time and counted from then on.

    ``own_tables``: it makes tables of its own types, which are counted only.
    """

    def measure(way: Way, table: str, figures: Figures) -> None:
        run = way.fresh_run(table)
        source, target = cpu_seconds(way.source_pid), cpu_seconds(way.target_pid)
        cpu_before, began = _client_cpu(), time.perf_counter()
        copy(way, table)
        figures.seconds.append(time.perf_counter() - began)
        figures.client_cpu.append(_client_cpu() - cpu_before)
        figures.source_cpu.append(cpu_seconds(way.source_pid) - source)
        figures.target_cpu.append(cpu_seconds(way.target_pid) - target)
        if own_tables:
            _count(way, table, f"{way.source.database}.{table}")
            way.target.execute(f"DROP SCHEMA {way.source.database} CASCADE")
        elif len(figures.seconds) > 1:
            _count(way, table, table)
        else:
            try:
                verify(way, run, table)
            except RowsDiffer as error:
                raise copy_peers.PeerFailed(str(error)) from None

    return Contender(measure, slow)


def compare(
    way: Way, table: str, rows: int, contenders: dict[str, Contender], runs: int
) -> dict[str, dict[str, float]]:
    """Every contender's medians over interleaved runs; one that fails is named and left out.

    :raises LaneFailed: one of ours failed. :raises RowsDiffer: what one of ours copied is not what the source has.
    """
    figures = {name: Figures() for name in contenders}
    broken: set[str] = set()
    for turn in range(runs):
        for name, contender in contenders.items():
            if name in broken or (contender.slow and turn % 2):
                continue
            try:
                contender.measure(way, table, figures[name])
            except (copy_peers.PeerFailed, subprocess.TimeoutExpired, OSError) as error:
                print(f"!!! {name} FAILED and is not compared with: {str(error)[:_SAID]}", flush=True)
                broken.add(name)
    found = {name: one.summary(rows) for name, one in figures.items() if name not in broken}
    print_compared(f"{way.name}: {table}, {rows:,} rows", found)
    return found


def print_compared(title: str, summaries: dict[str, dict[str, float]]) -> None:
    """A table whose first line is the yardstick of the ratios."""
    first = next(iter(summaries.values()))["seconds"] if summaries else 1.0
    heads = f"{'s':>8} {'ratio':>6} {'rows/s':>9} {'source':>7} {'client':>7} {'target':>7} {'MB':>6} {'runs':>4}"
    print(f"\n{title} (source, client, target: CPU seconds)\n  {'':34} {heads}")
    for name, one in summaries.items():
        print(
            f"  {name:34} {one['seconds']:8.2f} {one['seconds'] / first:6.2f} {one['rows_per_second']:9,.0f}"
            f" {one['source_cpu']:7.2f} {one['client_cpu']:7.2f} {one['target_cpu']:7.2f}"
            f" {one['peak_mb'] or '':>6} {one['runs']:4.0f}",
            flush=True,
        )


def verify(way: Way, run: MigrationRun, table: str) -> None:
    """Raise RowsDiffer unless both sides' checksums are the same."""
    if table not in way.known:
        way.known[table] = way.checksums(run, of_source=True)
    there, here = way.known[table], way.checksums(run, of_source=False)
    wrong = [name for name, checksum in there.items() if here.get(name) != checksum]
    if wrong or not there:
        raise RowsDiffer(f"{way.name}: {table} differs in {', '.join(wrong[:3]) or 'everything: no table was found'}")


def _count(way: Way, table: str, arrived: str) -> None:
    there = way.source.execute(f"SELECT count(*) FROM {table}")
    here = way.target.execute(f"SELECT count(*) FROM {arrived}")
    if there != here:
        raise copy_peers.PeerFailed(f"{here[0][0]} of {there[0][0]} rows arrived")


def _client_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime + own.ru_utime + own.ru_stime


__all__ = ["CHUNK_ROWS", "Contender", "Figures", "RowsDiffer", "compare", "lanes", "peer", "print_compared"]
