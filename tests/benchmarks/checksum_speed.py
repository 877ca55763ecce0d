"""Comparing every row by checksum, against a plain scan of every column and against reladiff."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.private_bench import Bench, medians, timed
from benchmarks.reladiff_peer import READ_ALIKE, ReladiffMissing, compare, install
from database_migration.model.key_range import KeyRange
from database_migration.steps.chunked_copy import ChunkedCopyOptions, copy_lane, cut_chunks
from database_migration.steps.run import Database, MigrationRun
from database_migration.steps.validate import ValidateOptions, validate
from database_migration.steps.validate.bisection import checksums
from database_migration.steps.validate.sides import Sides

SCAN = "plain scan of every column"
OURS = "checksums"
RELADIFF = "reladiff, same columns"
ALIKE = "reladiff, without the double"
BARS = {SCAN: 2.5, ALIKE: 0.5}
"""What ``checksums`` may take at most, in times of another's seconds."""


def measure(bench: Bench, runs: int) -> dict[str, float]:
    """Median seconds of comparing every row, by method; prints ratios, and what reladiff took for different."""
    run = bench.run()
    options = ChunkedCopyOptions(lanes=1)
    cut_chunks(run, options)
    copy_lane(run, options, 0)
    with run.target.connect("bench") as session:
        session.execute("VACUUM ANALYZE item")
    contenders: dict[str, Callable[[], float]] = {
        SCAN: lambda: _scan(run),
        OURS: lambda: _checksums(run),
        "validate, checksums only": lambda: _validate(run, figures=False),
        "validate, with figures": lambda: _validate(run, figures=True),
    }
    false: dict[str, int] = {}
    try:
        command = install()
        for name, columns in ((RELADIFF, None), (ALIKE, READ_ALIKE)):
            picked = columns or [column.name for column in run.source.read_schema().table("item").columns]

            def reladiff(name: str = name, picked: list[str] = picked) -> float:
                seconds, false[name] = compare(command, bench.source, bench.target, "item", picked)
                return seconds

            contenders[name] = reladiff
    except ReladiffMissing as error:
        print(f"\n*** NOT MEASURED: reladiff cannot be installed or run: {error} ***\n")
    found = medians(contenders, runs)
    _tell(found, false)
    return found


def _tell(found: dict[str, float], false: dict[str, int]) -> None:
    for name, bar in BARS.items():
        if name in found:
            ratio = found[OURS] / found[name]
            print(f"{OURS} / {name}: {ratio:.2f} (bar {bar}: {'met' if ratio <= bar else 'MISSED'})")
    for name, rows in false.items():
        print(f"{name}: {rows:,} false differences; ours: 0")


def _scan(run: MigrationRun) -> float:
    """Every column read and written as the server's own text, on both servers at once; nothing is sent."""
    took: list[float] = []
    with Sides(run) as sides:
        one, other = _scan_sql(run.source), _scan_sql(run.target)
        with timed(took):
            sides.both(lambda session: session.execute(one), lambda session: session.execute(other))
    return took[0]


def _scan_sql(database: Database) -> str:
    quote = database.engine.ddl.quote
    text = "LENGTH({})" if database.engine.traits.engine == "mysql" else "octet_length({}::text)"
    columns = [text.format(quote(column.name)) for column in database.read_schema().table("item").columns]
    sums = ", ".join(f"sum({column})" for column in columns)
    return f"SELECT {sums} FROM {quote(database.schema, 'item')}"


def _checksums(run: MigrationRun) -> float:
    (pair,) = run.pairs()
    took: list[float] = []
    with Sides(run) as sides, timed(took):
        source, target = checksums(sides, pair, KeyRange.everything())
    assert source == target
    return took[0]


def _validate(run: MigrationRun, *, figures: bool) -> float:
    took: list[float] = []
    with timed(took):
        report = validate(run, ValidateOptions(orphans=False, figures=figures, repeated_keys=False))
    assert report.summary["rows_differing"] == 0
    return took[0]
