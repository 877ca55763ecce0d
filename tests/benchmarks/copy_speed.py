"""Our copy against a shell pipe of the two servers' own clients, and pgloader where it is installed."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
from collections.abc import Callable

from benchmarks.private_bench import Bench, medians, timed
from database_migration.steps.chunked_copy import ChunkedCopyOptions, copy_lane, cut_chunks
from database_migration.steps.run import MigrationRun


def measure(bench: Bench, runs: int) -> dict[str, float]:
    """Median seconds of copying every row, by contender."""
    contenders: dict[str, Callable[[], float]] = {
        "shell pipe": lambda: _pipe(bench),
        "one lane": lambda: _lanes(bench, 1),
        "two lanes": lambda: _lanes(bench, 2),
    }
    if shutil.which("pgloader"):
        contenders["pgloader"] = lambda: _pgloader(bench)
    return medians(contenders, runs)


def _lanes(bench: Bench, lanes: int) -> float:
    run = bench.run()
    options = ChunkedCopyOptions(lanes=lanes, chunk_rows=50_000)
    took: list[float] = []
    with timed(took):
        cut_chunks(run, options)
        if lanes == 1:
            copy_lane(run, options, 0)
        else:
            _side_by_side(run, options)
    _check(bench)
    return took[0]


def _side_by_side(run: MigrationRun, options: ChunkedCopyOptions) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=copy_lane, args=(run, options, lane)) for lane in range(options.lanes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0


def _pipe(bench: Bench) -> float:
    bench.run()
    defaults = bench.folder / "client.cnf"
    defaults.touch(mode=0o600)
    defaults.write_text(f'[client]\nuser={bench.source.user}\npassword="{bench.source.password}"\n')
    client = shutil.which("mariadb") or shutil.which("mysql") or "mariadb"
    read = [
        client,
        f"--defaults-file={defaults}",
        "--protocol=tcp",
        f"--host={bench.source.host}",
        f"--port={bench.source.port}",
        "--quick",
        "--batch",
        "--skip-column-names",
        f"--execute=SELECT * FROM {bench.source.database}.item",
    ]
    write = [
        str(bench.postgres.bin / "psql"),
        "--quiet",
        f"--host={bench.target.host}",
        f"--port={bench.target.port}",
        f"--username={bench.target.user}",
        f"--dbname={bench.target.database}",
        "--command=COPY item FROM STDIN WITH (NULL 'NULL')",
    ]
    took: list[float] = []
    with timed(took):
        with subprocess.Popen(read, stdout=subprocess.PIPE) as reader:
            environment = {**os.environ, "PGPASSWORD": bench.target.password}
            subprocess.run(write, stdin=reader.stdout, env=environment, check=True)
    _check(bench)
    return took[0]


def _pgloader(bench: Bench) -> float:
    bench.target.execute("DROP TABLE IF EXISTS item")
    script = bench.folder / "pgloader.load"
    script.touch(mode=0o600)
    script.write_text(
        f"LOAD DATABASE FROM {bench.source.uri} INTO {bench.target.uri.replace('postgres://', 'postgresql://')}"
        " WITH no foreign keys, create no indexes;\n"
    )
    took: list[float] = []
    with timed(took):
        subprocess.run(["pgloader", script], check=True, capture_output=True)
    return took[0]


def _check(bench: Bench) -> None:
    assert bench.target.execute("SELECT count(*) FROM item") == [(bench.rows,)]
