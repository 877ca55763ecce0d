"""Loads one chunk out of its file, inside the transaction that also writes its line.

The file is fetched to the worker's own disk and believed only when its size and digest are those of the manifest.
Where the target refuses a value, the file's rows are loaded by batches, and the one row goes to quarantine.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import IO, Any

import pyarrow.parquet as pq

from database_migration.engines.protocol import BulkFormat
from database_migration.errors import Interrupted, ValueRefused
from database_migration.model.table_selection import FormedColumn
from database_migration.steps.chunked_copy.lane_figures import MeteredBlocks, Spent
from database_migration.steps.chunked_copy.load_by_texts import BATCH_ROWS, LoadByTexts
from database_migration.steps.chunked_copy.staging.area import StagingArea
from database_migration.steps.chunked_copy.staging.arrow_to_text import bulk_block, rows_of_texts
from database_migration.steps.chunked_copy.staging.records import ChunkManifest

_ROWS_AT_ONCE = 8192
_BLOCK = 1 << 20


class ChunkDamagedError(Exception):
    """A chunk's file is not what its manifest says; the text says how."""


@dataclass(frozen=True, slots=True)
class LoadedChunk:
    """What became of a chunk's rows, and where its seconds went (reading: from the store)."""

    rows: int
    quarantined: int
    octets: int
    spent: Spent


def load_chunk(
    into: LoadByTexts, area: StagingArea, manifest: ChunkManifest, passed: Callable[[int], float]
) -> LoadedChunk:
    """Load a chunk's rows in the caller's transaction; ``passed`` is told of each block's bytes, and says for how many
    seconds it held it.

    :raises ChunkDamagedError: its file is gone, cut off or changed. :raises ValueRefused: the target cannot hold a row
        whose treatment is to refuse. :raises Interrupted: the store or the target fails.
    """
    began, worked = time.monotonic(), time.thread_time()
    with _fetched(area, manifest) as file:
        fetching = time.monotonic() - began
        parquet = pq.ParquetFile(file)
        columns = into.pair.target_columns
        blocks = MeteredBlocks(read_rows(parquet, into.run.target.engine.traits.bulk_format, columns), passed)
        try:
            into.stream(columns, blocks)
        except ValueRefused:
            _load_carefully(into, parquet)
    if into.rows + into.quarantined != manifest.rows:
        raise ChunkDamagedError(f"it holds {into.rows + into.quarantined} rows and should hold {manifest.rows}")
    spent = blocks.spent(time.monotonic() - began - fetching, time.thread_time() - worked)
    spent = replace(spent, reading=spent.reading + fetching)
    return LoadedChunk(into.rows, into.quarantined, into.octets, spent)


@contextmanager
def _fetched(area: StagingArea, manifest: ChunkManifest) -> Iterator[IO[bytes]]:
    """The chunk's file on this worker's disk, checked."""
    with tempfile.TemporaryFile(prefix="load-") as file:
        digest, size = hashlib.sha256(), 0
        try:
            with area.data(manifest.table, manifest.file) as stored:
                while block := stored.read(_BLOCK):
                    digest.update(block)
                    size += len(block)
                    file.write(block)
        except FileNotFoundError as error:
            raise ChunkDamagedError("it is gone") from error
        except OSError as error:
            raise Interrupted(
                f"A chunk cannot be fetched from the object store: {error}.",
                mend="mend the store, or free space in the worker's temporary folder (TMPDIR); then clear the task.",
                subject=str(area),
            ) from error
        if size != manifest.bytes:
            raise ChunkDamagedError(f"it has {size} bytes and should have {manifest.bytes}")
        if digest.hexdigest() != manifest.sha256:
            raise ChunkDamagedError("its SHA-256 is not that of its manifest")
        file.seek(0)
        yield file


def _batches(parquet: Any) -> Iterator[Any]:
    # Group by group, because a batch may reach over several, however wide their rows are.
    for group in range(parquet.num_row_groups):
        yield from parquet.iter_batches(batch_size=_ROWS_AT_ONCE, row_groups=[group], use_threads=False)


def read_rows(parquet: Any, form: BulkFormat, columns: Sequence[FormedColumn]) -> Iterator[bytes]:
    """A file's rows in the target's bulk format."""
    for batch in _batches(parquet):
        yield bulk_block(batch, parquet.schema_arrow, form, columns)


def _load_carefully(into: LoadByTexts, parquet: Any) -> None:
    form, columns = into.run.target.engine.traits.bulk_format, into.pair.target_columns
    for batch in _batches(parquet):
        try:
            into.stream(columns, iter([bulk_block(batch, parquet.schema_arrow, form, columns)]))
        except ValueRefused:
            texts = rows_of_texts(batch, parquet.schema_arrow)
            for first in range(0, len(texts), BATCH_ROWS):
                into.batch(texts[first : first + BATCH_ROWS])


__all__ = ["ChunkDamagedError", "LoadedChunk", "load_chunk", "read_rows"]
