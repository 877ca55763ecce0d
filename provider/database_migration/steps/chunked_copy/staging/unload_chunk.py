"""Unloads one chunk: a stream of the source's server becomes a Parquet file on the worker, and then an object.

The file is made on the worker's own disk first (a file without a name, of which a killed worker leaves nothing),
because a column may have to give way to another type half-way, and because its digest belongs into the manifest.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import islice
from typing import IO, Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from database_migration.engines.protocol import Session
from database_migration.errors import Interrupted, MigrationError, ValueRefused
from database_migration.model.key_range import KeyRange
from database_migration.steps.chunked_copy.load_by_texts import block_of
from database_migration.steps.chunked_copy.rate import Rate
from database_migration.steps.chunked_copy.staging.area import StagingArea
from database_migration.steps.chunked_copy.staging.column_storage import TableStorage
from database_migration.steps.chunked_copy.staging.records import (
    VERSION,
    ChunkManifest,
    StagedChunk,
    StagedPlan,
    UnloadFigures,
    columns_digest,
)
from database_migration.steps.chunked_copy.staging.text_to_arrow import (
    FORMAT,
    ValueDoesNotFitError,
    table_of,
    whole_rows,
)
from database_migration.steps.run import Database

log = logging.getLogger(__name__)

_GROUP_BYTES = 16 << 20
"""Of text in a row group, which is also what either side holds in memory."""
_TEXT_ROWS = 2000
_BLOCK = 1 << 20


def unload_chunk(
    source: Database,
    session: Session,
    area: StagingArea,
    plan: StagedPlan,
    storage: TableStorage,
    chunk: StagedChunk,
    *,
    lane: int,
    compression: str,
    rate: Rate,
) -> ChunkManifest:
    """Read a chunk, store its file, and return the manifest, which is still to be stored.

    :raises ValueRefused: the source cannot even show a value as text. :raises Interrupted: a server, the worker's disk
        or the store fails.
    """
    began, worked, held = time.monotonic(), time.thread_time(), rate.held
    with tempfile.TemporaryFile(prefix="unload-") as file:
        figures = write_rows(file, source, session, storage, chunk.rows(storage.pair), compression, rate)
        sha256, figures.stored = _digest(file)
        figures.working = time.thread_time() - worked
        storing = time.monotonic()
        name = area.put_data(chunk.chunk, file)
        figures.storing = time.monotonic() - storing
    figures.paused = rate.held - held
    spent = time.monotonic() - began
    figures.reading = max(spent - figures.working - figures.storing - figures.paused, 0.0)
    return ChunkManifest(
        version=VERSION,
        migration=plan.migration,
        run_id=plan.run_id,
        table=chunk.table,
        ordinal=chunk.ordinal,
        columns=columns_digest(storage.pair),
        file=name,
        rows=figures.rows,
        bytes=figures.stored,
        sha256=sha256,
        lane=lane,
        figures=figures,
    )


def write_rows(
    file: IO[bytes],
    source: Database,
    session: Session,
    storage: TableStorage,
    rows: KeyRange,
    compression: str,
    rate: Rate,
) -> UnloadFigures:
    """Make a file of a range's rows; read again where a column has to give way, until none has to any more."""
    read = _in_bulk
    while True:
        file.seek(0)
        file.truncate()
        try:
            with _ending(session, read(source, session, storage, rows)) as blocks:
                return _write(file, blocks, storage, compression, rate)
        except ValueDoesNotFitError as found:
            column = storage.pair.columns[found.column].source.name
            log.info("%s.%s: a value needs another type in the file.", storage.pair.source.name, column)
            storage.give_way(found.column)
        except ValueRefused:
            if read is _as_texts:
                raise
            # The load lanes have to see the row, and decide.
            read = _as_texts
        except OSError as error:
            raise Interrupted(
                f"A chunk cannot be written to the worker's temporary folder: {error}.",
                mend="free space there (or set TMPDIR), or choose smaller chunks; then clear the task.",
                subject=tempfile.gettempdir(),
            ) from error


def _in_bulk(source: Database, session: Session, storage: TableStorage, rows: KeyRange) -> Iterator[bytes]:
    pair = storage.pair
    return source.engine.rows.read_bulk(session, source.schema, pair.source, pair.source_columns, rows, FORMAT)


def _as_texts(source: Database, session: Session, storage: TableStorage, rows: KeyRange) -> Iterator[bytes]:
    """Also rows that the server refuses to show in bulk: zero dates, for one."""
    pair = storage.pair
    found = source.engine.rows.fetch(session, source.schema, pair.source, pair.source_columns, rows)
    with closing(cast(Any, found)):
        while batch := list(islice(found, _TEXT_ROWS)):
            yield block_of(FORMAT, pair.source_columns, batch)


@contextmanager
def _ending(session: Session, blocks: Iterator[bytes]) -> Iterator[Iterator[bytes]]:
    """Ends a stream that nobody wants any more, and cuts it off when the task is told to stop: it has seconds then."""
    try:
        yield blocks
    except Exception:
        cast(Any, blocks).close()
        raise
    except BaseException:
        session.cut()
        with suppress(MigrationError):
            cast(Any, blocks).close()
        raise
    cast(Any, blocks).close()


def _write(
    file: IO[bytes], blocks: Iterable[bytes], storage: TableStorage, compression: str, rate: Rate
) -> UnloadFigures:
    figures = UnloadFigures(chunks=1)
    with pq.ParquetWriter(file, storage.schema, compression=compression) as writer:
        tables: list[Any] = []
        size = 0

        def flush() -> None:
            nonlocal size
            if tables:
                writer.write_table(pa.concat_tables(tables))
                tables.clear()
                size = 0

        for rows in whole_rows(blocks):
            if size + len(rows) > _GROUP_BYTES:
                flush()
            tables.append(table_of(rows, storage))
            size += len(rows)
            figures.rows += tables[-1].num_rows
            figures.bytes += len(rows)
            rate.moved(len(rows), tables[-1].num_rows)
            rate.wait(lambda: None)
        flush()
    return figures


def _digest(file: IO[bytes]) -> tuple[str, int]:
    """SHA-256 and size; the file stands at its beginning again."""
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    size = file.tell()
    file.seek(0)
    return digest.hexdigest(), size


__all__ = ["unload_chunk", "write_rows"]
