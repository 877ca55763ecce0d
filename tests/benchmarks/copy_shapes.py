"""The tables that are not like others: narrow ones, blobs, a thousand small ones; and memory by rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import copy_peers
from benchmarks.bars import MEMORY, PIPE, SMALL, Section
from benchmarks.bench_tables import BLOBS, NARROW, small
from benchmarks.contenders import Contender, compare, lanes, peer
from benchmarks.copy_servers import CopyServers, Way
from benchmarks.lane_process import copy_by_lanes
from database_migration.steps.chunked_copy import ChunkedCopyOptions
from database_migration.steps.chunked_copy.copy_format import CopyFormat

_SMALL_ROWS = 20
_ONE_CHUNK = 10_000_000
_FEW_SHARE = 10

Keep = Callable[[str, int, Section], None]


@dataclass(frozen=True, slots=True)
class Shapes:
    """How many rows, or tables, of each shape."""

    narrow_rows: int
    blob_rows: int
    small_tables: int


def shape_seconds(shapes: Shapes, runs: int) -> float:
    """About how long ``measure_shapes`` takes on two cores."""
    narrow, blobs = shapes.narrow_rows / 1e6, shapes.blob_rows / 1e4
    return narrow * (4.0 + 7.5 * runs + 4.0) + blobs * (1.0 + 4.0 * runs) + shapes.small_tables / 1000 * 60 + 30


def measure_shapes(servers: CopyServers, shapes: Shapes, runs: int, keep: Keep) -> None:
    """Each shape from MySQL to PostgreSQL; ``keep`` takes each section's name, rows and figures."""
    way = servers.way("mysql", "postgres")
    contenders = {
        PIPE: peer(copy_peers.mysql_to_postgres),
        "text, one lane": lanes(1, CopyFormat.TEXT),
        "auto, one lane": lanes(1),
        "auto, two lanes": lanes(2),
    }
    for table, count in ((BLOBS, shapes.blob_rows), (NARROW, shapes.narrow_rows)):
        servers.fill(table, count, postgres_too=False)
        keep(f"{table.name}, {way.name}", count, compare(way, table.name, count, contenders, runs))
        if table is NARROW:
            many = _peaks(way, count, "many")
        servers.drop(table)
    few = max(shapes.narrow_rows // _FEW_SHARE, 1)
    servers.fill(NARROW, few, postgres_too=False)
    keep(MEMORY, shapes.narrow_rows, {**_peaks(way, few, "few"), **many})
    servers.drop(NARROW)
    keep(SMALL, shapes.small_tables * _SMALL_ROWS, _small_tables(servers, way, shapes.small_tables))


def _peaks(way: Way, rows: int, word: str) -> Section:
    """Peak memory of a lane's process with the whole table in one chunk."""
    found: Section = {}
    for form in (CopyFormat.TEXT, CopyFormat.BINARY):
        options = ChunkedCopyOptions(lanes=1, chunk_rows=_ONE_CHUNK, format=form)
        _, (cost,) = copy_by_lanes(way.fresh_run(NARROW.name), options)
        found[f"{form}, {word} rows"] = {"peak_mb": cost.peak_mb}
        print(f"peak memory of a {form} lane with {rows:,} rows in one chunk: {cost.peak_mb} MB", flush=True)
    return found


def _small_tables(servers: CopyServers, way: Way, tables: int) -> Section:
    """Many tables of twenty rows, made beforehand on both sides; once, after which they are dropped."""
    source = way.source
    names = [small(number) for number in range(tables)]
    source.execute("CREATE TABLE small_pattern (id int PRIMARY KEY, name varchar(50), amount decimal(9,2))")
    source.execute(f"INSERT INTO small_pattern SELECT seq, MD5(seq), seq / 100 FROM seq_1_to_{_SMALL_ROWS}")
    for name in names:
        source.execute(f"CREATE TABLE {name} LIKE small_pattern; INSERT INTO {name} SELECT * FROM small_pattern")
    source.execute("DROP TABLE small_pattern")

    def pipes(way: Way, _: str) -> None:
        for name in names:
            copy_peers.mysql_to_postgres(way, name)

    contenders: dict[str, Contender] = {"a pipe for each table": peer(pipes), "two lanes": lanes(2)}
    found = compare(way, "small_*", tables * _SMALL_ROWS, contenders, 1)
    for start in range(0, tables, 100):
        source.execute(f"DROP TABLE {', '.join(names[start : start + 100])}")
    return found


__all__ = ["Shapes", "measure_shapes", "shape_seconds"]
