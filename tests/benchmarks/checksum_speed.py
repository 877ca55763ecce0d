"""Comparing every row by checksum against reading every row's digest."""

from __future__ import annotations

from benchmarks.private_bench import Bench, medians, timed
from database_migration.model.key_range import KeyRange
from database_migration.steps.chunked_copy import ChunkedCopyOptions, copy_lane, cut_chunks
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate import ValidateOptions, validate
from database_migration.steps.validate.sides import Sides, on_target


def measure(bench: Bench, runs: int) -> dict[str, float]:
    """Median seconds of comparing every row, by method."""
    run = bench.run()
    options = ChunkedCopyOptions(lanes=1)
    cut_chunks(run, options)
    copy_lane(run, options, 0)
    return medians(
        {
            "validate": lambda: _validate(run, 1),
            "validate, two workers": lambda: _validate(run, 2),
            "digests of every row": lambda: _digests(run),
        },
        runs,
    )


def _validate(run: MigrationRun, parallel: int) -> float:
    took: list[float] = []
    with timed(took):
        report = validate(run, ValidateOptions(parallel=parallel, orphans=False))
    assert report.summary["rows_differing"] == 0
    return took[0]


def _digests(run: MigrationRun) -> float:
    (pair,) = run.pairs()
    everything = KeyRange.everything()
    there = on_target(pair, everything)
    source_key = tuple(column.on_source for column in pair.row_key)
    target_key = tuple(column.on_target for column in pair.row_key)
    took: list[float] = []
    with timed(took), Sides(run) as sides:
        one, other = sides.both(
            lambda session: dict(
                run.source.engine.rows.digests(
                    session, run.source.schema, pair.source, pair.source_columns, source_key, everything
                )
            ),
            lambda session: dict(
                run.target.engine.rows.digests(
                    session,
                    run.target.schema,
                    pair.target,
                    pair.target_columns,
                    target_key,
                    there,
                )
            ),
        )
        assert one == other
    return took[0]
