"""Cuts the tables into chunks, once per run."""

from __future__ import annotations

import logging

from database_migration.engines.protocol import Session
from database_migration.errors import TargetNotOurs
from database_migration.ledger import Chunks, Ledger
from database_migration.model.key_range import PLACE, ChunkKey, KeyRange
from database_migration.model.migration_state import ChunkLine, Phase
from database_migration.model.table_selection import TablePair
from database_migration.steps.chunked_copy.options import ChunkedCopyOptions
from database_migration.steps.chunked_copy.staging.stage import stage
from database_migration.steps.run import Database, MigrationRun

_MOST_BYTES = 256 * 1024 * 1024
_LEAST_ROWS = 100
_LIMITED_SECONDS = 30.0

log = logging.getLogger(__name__)


def cut_chunks(run: MigrationRun, options: ChunkedCopyOptions) -> int:
    """Cut every table that has not been cut yet and return the lanes worth using (at least 1).

    :raises TargetNotOurs: a target table holds rows that this run did not copy.
    :raises SourceChanged: the source's schema is not the one that was planned for.
    :raises TargetChanged: the target's schema is not the one that apply_schema left behind.
    """
    # Loaded here: the lanes, which need none of it, would be a fifth larger.
    from database_migration.steps.schema_compare import require_no_drift

    with run.current_ledger() as ledger, run.source.connect("cut chunks") as source:
        ledger.runs.advance(run.run_id, Phase.EXECUTE)
        require_no_drift(run, ledger, run.source_schema_over(source), run.target.schema_over(ledger.session))
        pairs = run.pairs_over(source, ledger.session)
        for pair in pairs:
            refuse_foreign_rows(ledger.session, ledger.chunks, run.target, pair)
            if not ledger.chunks.planned(pair.source.name):
                ledger.runs.require_current(run.run_id, run.spec_hash)
                _cut(run, options, source, ledger, pair)
        unfinished = ledger.chunks.unfinished()
        lanes = max(1, min(options.lanes, unfinished))
        if options.staging is not None:
            stage(run, options, ledger, pairs, lanes=lanes)
    log.info("%d chunks of %d tables are to be copied.", unfinished, len(pairs))
    return lanes


def refuse_foreign_rows(session: Session, chunks: Chunks, target: Database, pair: TablePair) -> None:
    """Raise TargetNotOurs when a target table holds rows although no chunk of it is done.

    Rows are looked at before the ledger: a chunk that another lane commits in between shows in both.
    """
    name = target.engine.ddl.quote(target.schema, pair.target.name)
    if session.execute(f"SELECT 1 FROM {name} LIMIT 1") and not chunks.any_done(pair.source.name):
        raise TargetNotOurs(
            "the table holds rows that this run did not copy.",
            mend="if nobody needs them, delete them yourself (we never do); otherwise choose another target schema,"
            " or exclude the table in the spec.",
            subject=f"{target.schema}.{pair.target.name}",
        )


def rows_of(pair: TablePair, line: ChunkLine) -> KeyRange:
    """A chunk's key range on the source."""
    return KeyRange.stored(pair.source_key, line.lower, line.upper)


def chunk_rows(options: ChunkedCopyOptions, pair: TablePair) -> int:
    """Rows of a chunk of a table: fewer where rows are so wide that a chunk would hold more than 256 MB.

    Fewer also where the limit would let a chunk last longer than half a minute: it holds a snapshot on the source and
    a transaction on the target.
    """
    width = max(pair.source.estimated_bytes // max(pair.source.estimated_rows, 1), 1)
    most, limit = min(options.chunk_rows, _MOST_BYTES // width), options.limit
    if limit.rows_per_second is not None:
        most = min(most, int(limit.rows_per_second * _LIMITED_SECONDS / options.lanes))
    if limit.bytes_per_second is not None:
        most = min(most, int(limit.bytes_per_second * _LIMITED_SECONDS / options.lanes / width))
    return max(_LEAST_ROWS, most)


def cutting_key(run: MigrationRun, pair: TablePair) -> ChunkKey | None:
    """What a table is cut along; None where it is one chunk."""
    # Without a key, rows are found by their place in the source's files; nothing writes then (preflight sees to it).
    key = pair.source_key or (None if run.online else PLACE)
    return key if key is not None and key.cut in run.source.engine.traits.cuts else None


def _cut(run: MigrationRun, options: ChunkedCopyOptions, source: Session, ledger: Ledger, pair: TablePair) -> None:
    rows = chunk_rows(options, pair)
    key = cutting_key(run, pair)
    ranges = [KeyRange.everything()]
    if key is not None:
        ranges = run.source.engine.rows.boundaries(source, run.source.schema, pair.source, key, rows)
    estimated_rows = max(pair.source.estimated_rows, (len(ranges) - 1) * rows if len(ranges) > 1 else 0)
    ledger.chunks.plan(pair.source.name, ranges, estimated_rows=estimated_rows)
    log.info("%s: %d chunks, about %d rows.", pair.source.name, len(ranges), estimated_rows)


__all__ = ["chunk_rows", "cut_chunks", "cutting_key", "refuse_foreign_rows", "rows_of"]
