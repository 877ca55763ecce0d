"""The copy through a folder as its store: both kinds of lanes, as their tasks run them."""

from __future__ import annotations

from pathlib import Path

from database_migration.steps.chunked_copy import ChunkedCopyOptions, StagingArea, cut_chunks, finish_copy, staging_of
from database_migration.steps.chunked_copy.staging.load_lane import load_lane
from database_migration.steps.chunked_copy.staging.unload_lane import unload_lane
from database_migration.steps.run import MigrationRun


def staged(folder: Path, *, lanes: int = 2, chunk_rows: int = 500, **staging: object) -> ChunkedCopyOptions:
    """Options of a copy through a folder."""
    url = f"file://{folder}"
    return ChunkedCopyOptions.model_validate(
        {"lanes": lanes, "chunk_rows": chunk_rows, "staging": {"url": url, **staging}}
    )


def area(run: MigrationRun, options: ChunkedCopyOptions) -> StagingArea:
    """The run's place in its store."""
    return StagingArea(run.storage(staging_of(options).url), run.migration, run.run_id)


def unload(run: MigrationRun, options: ChunkedCopyOptions, lane: int = 0) -> dict[str, int | float]:
    """One unload lane's task."""
    return unload_lane(run.source, area(run, options), options, lane)


def load(run: MigrationRun, options: ChunkedCopyOptions, lane: int = 0, patience: float = 0.0) -> int:
    """One load lane's task; how many chunks it still misses."""
    return load_lane(run, options, lane, patience=patience).missing


def copy_staged(run: MigrationRun, options: ChunkedCopyOptions) -> dict[str, object]:
    """The whole copy by lanes one after the other; the report's summary."""
    for lane in range(cut_chunks(run, options)):
        unload(run, options, lane)
    assert load(run, options) == 0
    return dict(finish_copy(run, options).summary)


def files(folder: Path) -> list[Path]:
    """All files below a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
