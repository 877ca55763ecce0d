"""Our copy against what a team would use instead, in the same interleaved runs, content verified after each.

The first contender of each way is the yardstick; ``BARS`` says how much of its time ours may take.
"""

from __future__ import annotations

import resource
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks import copy_peers
from benchmarks.bench_tables import BLOBS, NARROW, ORDERS, SMALL_TABLES, BenchTable, small
from benchmarks.copy_servers import CopyServers, Way, copy_servers
from benchmarks.lane_process import copy_by_lanes
from benchmarks.server_cpu import cpu_seconds
from database_migration.steps.chunked_copy import ChunkedCopyOptions
from database_migration.steps.chunked_copy.copy_format import CopyFormat

BARS = {
    ("mysql → postgres", "text, two lanes"): 0.9,
    ("mysql → postgres", "binary, one lane"): 0.75,
    ("postgres → postgres", "two lanes"): 1.0,
    ("postgres → mysql", "one lane"): 1.0,
    ("mysql → mysql", "two lanes"): 1.05,
}
"""(way, contender) → the share of the yardstick's seconds that it may take at most."""
SLOW = ("pgloader", "executemany", "pgcopydb", "mariadb-dump | mariadb")
"""Measured in every second round only."""
_MYSQL_SHARE = 3
"""A third of the rows goes into MySQL: InnoDB takes three times as long."""
_BLOB_SHARE = 60
_SMALL_ROWS = 20


@dataclass(slots=True)
class Figures:
    """One contender's runs."""

    seconds: list[float] = field(default_factory=list)
    client_cpu: list[float] = field(default_factory=list)
    target_cpu: list[float] = field(default_factory=list)
    peak_mb: float = 0.0

    def summary(self, rows: int) -> dict[str, float]:
        """Medians."""
        seconds = statistics.median(self.seconds)
        return {
            "seconds": round(seconds, 2),
            "runs": len(self.seconds),
            "rows_per_second": round(rows / seconds),
            "client_cpu": round(statistics.median(self.client_cpu), 2),
            "target_cpu": round(statistics.median(self.target_cpu), 2),
            "peak_mb": self.peak_mb,
        }


Contender = Callable[[Way, str, Figures], None]


def lanes(count: int, form: CopyFormat = CopyFormat.AUTO) -> Contender:
    """Ours, with so many lanes."""

    def measure(way: Way, table: str, figures: Figures) -> None:
        run = way.fresh_run(table)
        before = cpu_seconds(way.target_pid)
        seconds, costs = copy_by_lanes(run, ChunkedCopyOptions(lanes=count, chunk_rows=50_000, format=form))
        figures.target_cpu.append(cpu_seconds(way.target_pid) - before)
        _verify(way, run, table)
        figures.seconds.append(seconds)
        figures.client_cpu.append(sum(cost.cpu for cost in costs))
        figures.peak_mb = max([figures.peak_mb, *(cost.peak_mb for cost in costs)])

    return measure


def peer(copy: Callable[[Way, str], None], *, own_tables: bool = False) -> Contender:
    """Another's tool; ``own_tables``: it makes tables of its own types, which are counted only."""

    def measure(way: Way, table: str, figures: Figures) -> None:
        run = way.fresh_run(table)
        before = cpu_seconds(way.target_pid)
        cpu_before, began = _children_cpu(), time.perf_counter()
        copy(way, table)
        figures.seconds.append(time.perf_counter() - began)
        figures.client_cpu.append(_children_cpu() - cpu_before)
        figures.target_cpu.append(cpu_seconds(way.target_pid) - before)
        if own_tables:
            made = way.target.execute(f"SELECT count(*) FROM {way.source.database}.{table}")
            assert made == way.source.execute(f"SELECT count(*) FROM {table}"), made
            way.target.execute(f"DROP SCHEMA {way.source.database} CASCADE")
        else:
            _verify(way, run, table)

    return measure


def _ways() -> dict[tuple[str, str], dict[str, Contender]]:
    ways: dict[tuple[str, str], dict[str, Contender]] = {
        ("mysql", "postgres"): {
            "mariadb | psql, server-made text": peer(copy_peers.mysql_to_postgres),
            "text, one lane": lanes(1, CopyFormat.TEXT),
            "text, two lanes": lanes(2, CopyFormat.TEXT),
            "binary, one lane": lanes(1, CopyFormat.BINARY),
            "binary, two lanes": lanes(2, CopyFormat.BINARY),
        },
        ("postgres", "postgres"): {
            "psql | psql, binary": peer(copy_peers.postgres_to_postgres),
            "one lane": lanes(1),
            "two lanes": lanes(2),
        },
        ("postgres", "mysql"): {
            "psql | mariadb, LOAD DATA": peer(copy_peers.postgres_to_mysql),
            "one lane": lanes(1),
            "two lanes": lanes(2),
            "executemany": peer(copy_peers.executemany),
        },
        ("mysql", "mysql"): {
            "mydumper, myloader": peer(copy_peers.mydumper),
            "mariadb-dump | mariadb": peer(copy_peers.mysqldump),
            "one lane": lanes(1),
            "two lanes": lanes(2),
        },
    }
    for pair, name, contender in (
        (("mysql", "postgres"), "pgloader", peer(copy_peers.pgloader, own_tables=True)),
        (("postgres", "postgres"), "pgcopydb", peer(copy_peers.pgcopydb)),
    ):
        if shutil.which(name):
            ways[pair][name] = contender
        else:
            print(f"!!! {name} is MISSING on this machine and is not compared with: install the package {name}.")
    if not shutil.which("mydumper") or not shutil.which("myloader"):
        print("!!! mydumper is MISSING on this machine and is not compared with: install the package mydumper.")
        del ways["mysql", "mysql"]["mydumper, myloader"]
    return ways


def measure(rows: int, runs: int) -> dict[str, object]:
    """Every way with the wide table, then the other shapes from MySQL to PostgreSQL."""
    found: dict[str, object] = {}
    with copy_servers() as servers:
        print(f"filling {rows:,} rows of {ORDERS.name}", flush=True)
        servers.fill(ORDERS, rows, postgres_too=True)
        ways = _ways()
        for (source, target), contenders in ways.items():
            if target == "mysql":
                continue
            found[f"{source} → {target}"] = _way(servers, source, target, ORDERS, rows, contenders, runs)
        found.update(_shapes(servers, rows, runs))
        fewer = max(rows // _MYSQL_SHARE, 1)
        servers.fill(ORDERS, fewer, postgres_too=True)
        for (source, target), contenders in ways.items():
            if target == "mysql":
                found[f"{source} → {target}"] = _way(servers, source, target, ORDERS, fewer, contenders, runs)
    found["bars"] = _bars(found)
    return found


def _shapes(servers: CopyServers, rows: int, runs: int) -> dict[str, object]:
    found: dict[str, object] = {}
    few = {
        "mariadb | psql, server-made text": peer(copy_peers.mysql_to_postgres),
        "text, one lane": lanes(1, CopyFormat.TEXT),
        "auto, one lane": lanes(1),
        "auto, two lanes": lanes(2),
    }
    for table, count in ((NARROW, rows), (BLOBS, max(rows // _BLOB_SHARE, 1))):
        servers.fill(table, count, postgres_too=False)
        found[f"{table.name}, mysql → postgres"] = _way(servers, "mysql", "postgres", table, count, few, runs)
        servers.mariadb.database("source").execute(f"DROP TABLE {table.name}")
    found["a thousand small tables, mysql → postgres"] = _small_tables(servers)
    found["memory"] = _memory(servers, rows)
    return found


def _way(
    servers: CopyServers,
    source: str,
    target: str,
    table: BenchTable,
    rows: int,
    contenders: dict[str, Contender],
    runs: int,
) -> dict[str, object]:
    way = servers.way(source, target)
    figures = {name: Figures() for name in contenders}
    broken: set[str] = set()
    for turn in range(runs):
        for name, contender in contenders.items():
            if name in SLOW and turn % 2:
                continue
            if name in broken:
                continue
            try:
                contender(way, table.name, figures[name])
            except (
                copy_peers.PeerFailed,
                subprocess.TimeoutExpired,
                OSError,
            ) as error:  # a peer's failure must not cost the whole evening
                print(f"!!! {name} FAILED and is not compared with: {error}", flush=True)
                broken.add(name)
                continue
    found = {name: one.summary(rows) for name, one in figures.items() if name not in broken}
    _print_way(f"{way.name}: {table.name}, {rows:,} rows", found)
    return {"rows": rows, "contenders": found}


def _print_way(title: str, summaries: dict[str, dict[str, float]]) -> None:
    first = next(iter(summaries.values()))["seconds"]
    print(f"\n{title}\n  {'':34} {'s':>8} {'ratio':>6} {'rows/s':>9} {'client':>7} {'target':>7} {'MB':>6} {'runs':>4}")
    for name, one in summaries.items():
        print(
            f"  {name:34} {one['seconds']:8.2f} {one['seconds'] / first:6.2f} {one['rows_per_second']:9,.0f}"
            f" {one['client_cpu']:7.2f} {one['target_cpu']:7.2f} {one['peak_mb'] or '':>6} {one['runs']:4.0f}",
            flush=True,
        )


def _small_tables(servers: CopyServers) -> dict[str, float]:
    """Seconds of copying a thousand tables of twenty rows, tables already made."""
    source = servers.mariadb.database("source")
    for number in range(SMALL_TABLES):
        source.execute(f"CREATE TABLE {small(number)} (id int PRIMARY KEY, name varchar(50), amount decimal(9,2))")
        source.execute(f"INSERT INTO {small(number)} SELECT seq, MD5(seq), seq / 100 FROM seq_1_to_{_SMALL_ROWS}")
    way = servers.way("mysql", "postgres")
    run = way.fresh_run("small_*")
    seconds, _ = copy_by_lanes(run, ChunkedCopyOptions(lanes=2))
    with run.ledger() as ledger:
        assert sum(line.rows for line in ledger.chunks.progress()) == SMALL_TABLES * _SMALL_ROWS
    _verify(way, run, small(SMALL_TABLES - 1))
    for number in range(SMALL_TABLES):
        source.execute(f"DROP TABLE {small(number)}")
    print(f"\na thousand small tables, mysql → postgres: {seconds:.1f} s by two lanes", flush=True)
    return {"two lanes": round(seconds, 2)}


def _memory(servers: CopyServers, rows: int) -> dict[str, float]:
    """Peak of a lane's process at a tenth of the rows and at all of them, one chunk each: it has to be flat."""
    peaks = {}
    for count in (max(rows // 10, 1), rows):
        servers.fill(NARROW, count, postgres_too=False)
        run = servers.way("mysql", "postgres").fresh_run(NARROW.name)
        options = ChunkedCopyOptions(lanes=1, chunk_rows=10_000_000, format=CopyFormat.BINARY)
        _, (cost,) = copy_by_lanes(run, options)
        peaks[f"{count:,} rows in one chunk"] = cost.peak_mb
    servers.mariadb.database("source").execute(f"DROP TABLE {NARROW.name}")
    print(
        "\npeak memory of a lane (Python and libraries included): " + ", ".join(f"{n} {p} MB" for n, p in peaks.items())
    )
    return peaks


def _bars(found: dict[str, object]) -> list[dict[str, object]]:
    outcome: list[dict[str, object]] = []
    print("\nbars (share of the yardstick's seconds)")
    wanted = [(way, name, 0, bar) for (way, name), bar in BARS.items()]
    wanted.append(("postgres → mysql", "executemany", -1, 4.0))
    for way, name, kind, bar in wanted:
        section = found[way]
        assert isinstance(section, dict)
        contenders = section["contenders"]
        if name not in contenders:
            continue
        if kind == 0:
            share = contenders[name]["seconds"] / next(iter(contenders.values()))["seconds"]
            met = share <= bar
            said = f"{way}, {name}: {share:.2f}, at most {bar}"
        else:
            share = contenders[name]["seconds"] / contenders["one lane"]["seconds"]
            met = share >= bar
            said = f"{way}, {name} takes {share:.1f} × ours, at least {bar}"
        print(f"  {'met   ' if met else 'MISSED'} {said}")
        outcome.append({"bar": said, "met": met})
    return outcome


def _verify(way: Way, run: object, table: str) -> None:
    from database_migration.steps.run import MigrationRun

    assert isinstance(run, MigrationRun)
    key = (way.name, table, str(way.source.execute(f"SELECT count(*), max(id) FROM {table}")))
    if key not in _SOURCES:
        _SOURCES[key] = way.checksum(run, table, of_source=True)
    found = way.checksum(run, table, of_source=False)
    assert found == _SOURCES[key], f"{way.name}: {table} differs: {found} instead of {_SOURCES[key]}"


_SOURCES: dict[tuple[str, str, str], object] = {}


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime + own.ru_utime + own.ru_stime


__all__ = ["measure"]
