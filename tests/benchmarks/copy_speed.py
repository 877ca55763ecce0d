"""Our copy against what a team would use instead, in the same interleaved runs, content verified.

The first contender of each way is the yardstick of its ratios; ``bars`` says what ours has to reach.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import copy_peers
from benchmarks.bars import BINARY_PIPE, DUMPER, LOAD_PIPE, PIPE, Section, judge
from benchmarks.bench_tables import ORDERS
from benchmarks.contenders import Contender, compare, lanes, peer
from benchmarks.copy_servers import CopyServers, copy_servers
from benchmarks.copy_shapes import Shapes, measure_shapes, shape_seconds
from database_migration.steps.chunked_copy.copy_format import CopyFormat

MYSQL_SHARE = 3
"""A third of the rows goes into MySQL: InnoDB takes three times as long."""
_SECONDS = {"pgloader": 16.0, "executemany": 45.0, "pgcopydb": 4.0, "mariadb-dump | mariadb": 15.0}
_PROGRAMS = {
    "pgloader": ["pgloader"],
    "pgcopydb": ["pgcopydb"],
    DUMPER: ["mydumper"],
    "mariadb-dump | mariadb": ["mariadb-dump", "mysqldump"],
}
_USUAL = {"postgres": 4.5, "mysql": 10.0}
"""Seconds per million rows on two cores of 2023, by contender, or by target: only for the time told beforehand."""
_VERIFYING = 3.5

Ways = dict[tuple[str, str], dict[str, Contender]]
Store = Callable[[dict[str, object]], None]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is copied, and how often."""

    rows: int
    runs: int
    shapes: Shapes


def ways() -> Ways:
    """Every way with the contenders that this machine has; those that it lacks are named."""
    found: Ways = {
        ("mysql", "postgres"): {
            PIPE: peer(copy_peers.mysql_to_postgres),
            "text, one lane": lanes(1, CopyFormat.TEXT),
            "text, two lanes": lanes(2, CopyFormat.TEXT),
            "binary, one lane": lanes(1, CopyFormat.BINARY),
            "binary, two lanes": lanes(2, CopyFormat.BINARY),
            "pgloader": peer(copy_peers.pgloader, own_tables=True, slow=True),
        },
        ("postgres", "postgres"): {
            BINARY_PIPE: peer(copy_peers.postgres_to_postgres),
            "one lane": lanes(1),
            "two lanes": lanes(2),
            "pgcopydb": peer(copy_peers.pgcopydb, slow=True),
        },
        ("postgres", "mysql"): {
            LOAD_PIPE: peer(copy_peers.postgres_to_mysql),
            "one lane": lanes(1),
            "two lanes": lanes(2),
            "executemany": peer(copy_peers.executemany, slow=True),
        },
        ("mysql", "mysql"): {
            DUMPER: peer(copy_peers.mydumper),
            "one lane": lanes(1),
            "two lanes": lanes(2),
            "mariadb-dump | mariadb": peer(copy_peers.mysqldump, slow=True),
        },
    }
    for name, programs in _PROGRAMS.items():
        if not any(map(shutil.which, programs)):
            print(f"!!! {name} is MISSING on this machine and is not compared with: install {programs[0]}.")
            for contenders in found.values():
                contenders.pop(name, None)
    return found


def expected_seconds(sizes: Sizes, found: Ways) -> float:
    """About how long ``measure`` will take."""
    total = 60.0 + shape_seconds(sizes.shapes, sizes.runs)
    for (_, target), contenders in found.items():
        millions = sizes.rows / 1e6 / (MYSQL_SHARE if target == "mysql" else 1)
        for name, contender in contenders.items():
            runs = -(-sizes.runs // 2) if contender.slow else sizes.runs
            ours = "lane" in name
            each = _SECONDS.get(name, _USUAL[target]) + (_VERIFYING if ours else 0.3)
            total += runs * (each * millions + 1.5)
    return total


def measure(sizes: Sizes, store: Store) -> None:
    """Every way with the wide table, then the other shapes from MySQL to PostgreSQL; stored after each part."""
    found = ways()
    print(f"The copy takes about {expected_seconds(sizes, found) / 60:.0f} minutes on a quiet machine of two cores.")
    with copy_servers() as servers:
        measure_over(servers, sizes, found, store)


def measure_over(servers: CopyServers, sizes: Sizes, found: Ways, store: Store) -> None:
    """The same between given servers."""
    sections: dict[str, Section] = {}
    rows: dict[str, int] = {}

    def keep(name: str, count: int, section: Section) -> None:
        sections[name], rows[name] = section, count
        store({"rows": rows, "sections": sections})

    for share, target_engine in ((1, "postgres"), (MYSQL_SHARE, "mysql")):
        chosen = {pair: contenders for pair, contenders in found.items() if pair[1] == target_engine}
        if not chosen:
            continue
        count = max(sizes.rows // share, 1)
        print(f"filling {count:,} rows of {ORDERS.name}", flush=True)
        servers.fill(ORDERS, count, postgres_too=any(source == "postgres" for source, _ in chosen))
        for (source, target), contenders in chosen.items():
            way = servers.way(source, target)
            keep(way.name, count, compare(way, ORDERS.name, count, contenders, sizes.runs))
    servers.drop(ORDERS)
    measure_shapes(servers, sizes.shapes, sizes.runs, keep)
    store({"rows": rows, "sections": sections, "bars": judge(sections, rows)})


__all__ = ["Sizes", "Ways", "expected_seconds", "measure", "measure_over", "ways"]
