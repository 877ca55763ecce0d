"""One lane of the copy: claims chunks until none is left.

A chunk is one transaction on the target: claim, load, done. A lane that dies, wherever, leaves the chunk
unclaimed and none of its rows behind, because the claim is a lock of the connection and not an entry; whoever claims
next copies the chunk again from the start. Rows are streamed in blocks, so memory does not depend on a chunk's size.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

from database_migration.errors import Interrupted, MigrationError, ValueRefused
from database_migration.ledger import Ledger
from database_migration.model.migration_state import ChunkLine
from database_migration.model.table_selection import TablePair
from database_migration.steps.chunked_copy.careful_load import CarefulLoad
from database_migration.steps.chunked_copy.chunks import refuse_foreign_rows, rows_of
from database_migration.steps.chunked_copy.copy_format import TableStream, stream_of
from database_migration.steps.chunked_copy.lane_figures import LaneFigures, MeteredBlocks
from database_migration.steps.chunked_copy.lane_watch import LaneWatch
from database_migration.steps.chunked_copy.load_by_texts import LoadByTexts
from database_migration.steps.chunked_copy.mended import mended
from database_migration.steps.chunked_copy.options import ChunkedCopyOptions
from database_migration.steps.chunked_copy.pace import Pace
from database_migration.steps.chunked_copy.throttle import Throttle
from database_migration.steps.known_columns import CARRIED_NOTE
from database_migration.steps.run import Database, MigrationRun

log = logging.getLogger(__name__)

_ALLOCATIONS = 50_000
"""Objects made, beyond those that are gone, after which Python looks for cycles."""


def copy_lane(
    run: MigrationRun, options: ChunkedCopyOptions, lane: int, *, replicas: Mapping[str, Database] | None = None
) -> dict[str, int | float]:
    """Copy chunks until none is left to claim; returns what this lane has done in all its tries.

    Other lanes may still be working when it returns. A lost connection is mended a few times.

    :param replicas: the databases that ``options.replicas`` name.
    :raises Paused: somebody paused the copy; between two chunks, and nothing is open.
    :raises EpochPassed: the run was rolled back. :raises ValueRefused: the target cannot hold a value.
    :raises TargetNotOurs: somebody else has put rows into a target table.
    :raises Interrupted: a server stayed too busy, or connections keep failing.
    """
    work = _Lane(run, options, lane, replicas or {})
    more = True
    thresholds = gc.get_threshold()
    # Each row that is read is a tuple for a moment, and the usual threshold would look for cycles every 700 rows.
    gc.set_threshold(_ALLOCATIONS, *thresholds[1:])
    try:
        while more:
            if reason := mended(options)(work.wait):
                raise Interrupted(
                    f"{reason}, and the copy has waited for {options.max_pause}.",
                    mend="calm the server down or raise the limit, then clear the task; the copy resumes.",
                    subject=run.migration,
                )
            more = mended(options)(work.copy_next)
    finally:
        gc.set_threshold(*thresholds)
        work.close()
    return work.figures.as_dict()


class _Lane:
    """The lane's connections, opened when needed and closed by any failure, and its figures."""

    def __init__(
        self, run: MigrationRun, options: ChunkedCopyOptions, lane: int, replicas: Mapping[str, Database]
    ) -> None:
        self._run = run
        self._options = options
        self._lane = lane
        self._throttle = Throttle(run.source, run.target, options, replicas)
        self._watch = LaneWatch(lane, options.limit)
        self._stack = ExitStack()
        self._open = False
        self._ours: set[str] = set()
        self._pace = Pace(options.chunk_seconds)
        self.figures = LaneFigures()

    def wait(self) -> str:
        """Wait while a server is busy or the limit is used up; the reason when that takes too long, else ''."""
        self._connect()
        try:
            self._watch.may_begin()
            return self._throttle.wait(self._source, self._target, self._watch.waits)
        except BaseException:
            self.close()
            raise

    def copy_next(self) -> bool:
        """Claim and copy one chunk; False when there is none."""
        self._connect()
        try:
            with self._target.transaction():
                self._ledger.runs.require_current(self._run.run_id, self._run.spec_hash)
                line = self._ledger.chunks.claim(self._claimed)
                if line is None:
                    self._watch.ends()
                    return False
                line, taken = self._ledger.chunks.extend(line, self._pace.chunks(line.table))
                read = (line.ordinal, *taken)
                if self._run.online:
                    # Committed at once, and before the read begins: the applier goes by it (replicate's copy_seam).
                    self._seam.begin_reading(line.table, read, lane=str(self._lane))
                    self._require_same_columns()
                figures = self._copy(self._pairs[line.table], line)
                if self._run.online:
                    self._ledger.seam.end_reading(line.table, read)
                figures.store(self._ledger.notes, self._lane)
        except BaseException:
            self.close()
            raise
        self._pace.took(line.table, len(read), figures.seconds - self.figures.seconds)
        self.figures = figures
        self._ours.add(line.table)
        self._watch.tell()
        return True

    def _require_same_columns(self) -> None:
        """To be called after the reading has been told: changes that the applier leaves to it may know more columns."""
        if self._beside.notes.get_note(CARRIED_NOTE) != self._carried:
            raise Interrupted(
                "columns were carried over since the lane began.",
                mend="nothing: the lane goes on with them.",
                subject=self._run.migration,
            )

    def close(self) -> None:
        """End the connections; a transaction that is open is rolled back by its server."""
        self._open = False
        self._throttle.close()
        self._stack.close()

    def _connect(self) -> None:
        if self._open:
            return
        run = self._run
        with ExitStack() as stack:
            self._source = stack.enter_context(run.source.connect(f"copy lane {self._lane}"))
            self._target = stack.enter_context(run.target.connect(f"copy lane {self._lane}"))
            # What is said and asked beside the chunk's transaction has a session of its own.
            ledger = stack.enter_context(run.current_ledger())
            self._carried = ledger.notes.get_note(CARRIED_NOTE)
            self._pairs = {pair.source.name: pair for pair in run.pairs_over(self._source, self._target)}
            self._streams: dict[str, TableStream] = {}
            self._beside, self._seam = ledger, ledger.seam
            self._watch.through(ledger)
            self._ledger: Ledger = run.ledger_over(self._target, ledger.epoch)
            cut = {line.table for line in self._ledger.chunks.progress()}
            # Tables are named in each claim only where some that were cut are no more to be copied.
            self._claimed = () if cut <= self._pairs.keys() else tuple(self._pairs)
            self.figures = LaneFigures.of(self._ledger.notes, self._lane)
            self._stack = stack.pop_all()
        self._open = True

    def _copy(self, pair: TablePair, line: ChunkLine) -> LaneFigures:
        run, began, worked = self._run, time.monotonic(), time.thread_time()
        if pair.source.name not in self._ours:
            refuse_foreign_rows(self._target, self._ledger.chunks, run.target, pair)
        stream = self._stream(pair)
        self._watch.begins(pair)
        blocks = MeteredBlocks(
            run.source.engine.rows.read_bulk(
                self._source,
                run.source.schema,
                pair.source,
                stream.source_columns,
                rows_of(pair, line),
                stream.binary or run.target.engine.traits.bulk_format,
            ),
            self._watch.passed,
        )
        quarantined = 0
        try:
            with self._target.savepoint(), self._ending(blocks):
                rows = run.target.engine.rows.load_bulk(
                    self._target, run.target.schema, pair.target, stream.target_columns, blocks, stream.binary
                )
        except ValueRefused as error:
            log.warning("%s: a chunk is loaded by parts, as a value of it was refused: %s", line.table, error.problem)
            into = LoadByTexts(run, pair, self._target, self._ledger.quarantine)
            CarefulLoad(into, stream, self._source).load(rows_of(pair, line))
            rows, quarantined = into.rows, into.quarantined
            blocks.bytes = into.octets
        seconds = time.monotonic() - began
        self._ledger.chunks.finish(line, rows=rows, octets=blocks.bytes, seconds=seconds, lane=str(self._lane))
        self._ledger.lanes.say(self._watch.copied(rows, blocks.bytes))
        paused, self._throttle.paused = self._throttle.paused, 0.0
        spent = blocks.spent(seconds, time.thread_time() - worked)
        done = self.figures
        return replace(
            done,
            chunks=done.chunks + 1,
            binary_chunks=done.binary_chunks + (stream.binary is not None),
            rows=done.rows + rows,
            quarantined=done.quarantined + quarantined,
            bytes=done.bytes + blocks.bytes,
            seconds=done.seconds + seconds,
            reading=done.reading + spent.reading,
            working=done.working + spent.working,
            loading=done.loading + spent.loading,
            held=done.held + spent.held,
            paused=done.paused + paused,
        )

    @contextmanager
    def _ending(self, blocks: MeteredBlocks) -> Iterator[None]:
        """Ends the stream as what happened wants it: read to its end, ended for another attempt, or cut off.

        A task that is told to stop has seconds. Of a stream that nobody wants any more, hours may be left; the server
        ends it, and rolls the target's transaction back, as soon as the connection is gone.
        """
        try:
            yield
        except ValueRefused:
            blocks.close()
            raise
        except BaseException:
            self._watch.stop()
            self._source.cut()
            self._target.cut()
            with suppress(MigrationError, ValueError):  # a generator that another thread still runs cannot be closed
                blocks.close()
            raise
        blocks.close()

    def _stream(self, pair: TablePair) -> TableStream:
        name = pair.source.name
        if name not in self._streams:
            self._streams[name] = stream_of(self._run, pair, self._options.format)
        return self._streams[name]


__all__ = ["copy_lane"]
