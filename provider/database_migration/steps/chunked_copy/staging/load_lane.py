"""One load lane: claims chunks that are there in the ledger and loads them, while others are still being unloaded.

It reaches the target and the store, not the source. A chunk is one transaction on the target, as in the direct copy:
claim, load, done, end of its reading; a lane that dies leaves nothing of it. Its file is taken away after the commit;
where that is missed, the end of the copy does it. When the next chunks are not there yet, the lane says so instead of
waiting for long, so that its task can give its slot to the lanes that unload them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from database_migration.errors import Interrupted
from database_migration.ledger import Chunk, Ledger
from database_migration.model.migration_state import ChunkLine
from database_migration.steps.chunked_copy.chunks import refuse_foreign_rows
from database_migration.steps.chunked_copy.lane_figures import LaneFigures
from database_migration.steps.chunked_copy.lane_watch import LaneWatch
from database_migration.steps.chunked_copy.load_by_texts import LoadByTexts
from database_migration.steps.chunked_copy.mended import mended
from database_migration.steps.chunked_copy.options import ChunkedCopyOptions
from database_migration.steps.chunked_copy.staging.load_chunk import ChunkDamagedError, LoadedChunk, load_chunk
from database_migration.steps.chunked_copy.staging.records import (
    ChunkManifest,
    StagedPlan,
    note_unloaded,
    stored_manifest,
    stored_plan,
)
from database_migration.steps.chunked_copy.staging.stage import area_of, staging_of
from database_migration.steps.chunked_copy.throttle import Throttle
from database_migration.steps.run import MigrationRun

log = logging.getLogger(__name__)

_LOOK_AGAIN = 1.0


@dataclass(frozen=True, slots=True)
class LoadOutcome:
    """How far a load lane came."""

    figures: LaneFigures
    """Of all its tries."""
    loaded: int
    """Chunks that this call loaded."""
    missing: int
    """Chunks that are not in the store yet; 0: every one is loaded, or some lane is at it."""


def load_lane(run: MigrationRun, options: ChunkedCopyOptions, lane: int, *, patience: float = 10.0) -> LoadOutcome:
    """Load chunks as long as there are any, and wait at most ``patience`` seconds for the next one.

    :raises Paused: somebody paused the copy. :raises EpochPassed: the run was rolled back.
    :raises NotPossible: the store holds no plan of the run, or what is
        there is another run's. :raises ValueRefused: the target cannot hold a value. :raises TargetNotOurs: somebody
        else has put rows into a target table. :raises Interrupted: a chunk is damaged and has to be unloaded again, or
        the target stayed too busy, or connections or the store keep failing.
    """
    work = _LoadLane(run, options, lane)
    loaded, missing = 0, 0
    try:
        since = time.monotonic()
        while True:
            if reason := mended(options)(work.wait):
                raise Interrupted(
                    f"{reason}, and the copy has waited for {options.max_pause}.",
                    mend="calm the server down or raise the limit, then clear the task; the copy resumes.",
                    subject=run.migration,
                )
            now, missing = mended(options)(work.load_next)
            loaded += now
            if now:
                since = time.monotonic()
            elif not missing or time.monotonic() - since >= patience:
                break
            else:
                time.sleep(_LOOK_AGAIN)
    finally:
        work.close()
    return LoadOutcome(work.figures, loaded, missing)


class _LoadLane:
    """The lane's connections, opened when needed and closed by any failure, and its figures."""

    def __init__(self, run: MigrationRun, options: ChunkedCopyOptions, lane: int) -> None:
        self._run = run
        self._keep = staging_of(options).keep
        self._area = area_of(run, options)
        self._lane = lane
        self._stack = ExitStack()
        self._open = False
        self._plan: StagedPlan | None = None
        self._there: list[Chunk] = []
        """Chunks that were in the store at the last look, the next one last."""
        self._missing = 0
        self._ours: set[str] = set()
        self._throttle = Throttle(None, run.target, options.model_copy(update={"replicas": ()}), {})
        self._watch = LaneWatch(lane, options.limit)
        self.figures = LaneFigures()

    def load_next(self) -> tuple[int, int]:
        """Load a chunk of which the store holds a manifest; 1 if it did, and how many the store does not hold."""
        try:
            self._connect()
            if not self._there:
                self._look()
            while self._there:
                if self._load(self._there.pop()):
                    return 1, self._missing
        except BaseException:
            self.close()
            raise
        return 0, self._missing

    def _look(self) -> None:
        """See which chunks wait, and which of them are there."""
        waiting = self._ledger.chunks.open()
        self._missing = 0
        if not waiting:
            self._watch.ends()
            return
        plan = self._plan = self._plan or stored_plan(self._area)
        self._pairs = {pair.source.name: pair for pair in plan.pairs}
        staged = self._area.staged()
        there = [chunk for chunk in waiting if self._area.name_of(chunk) in staged and chunk[0] in self._pairs]
        # Each lane begins elsewhere, so that they seldom want the same chunk.
        start = len(there) * (self._lane % plan.lanes) // plan.lanes
        self._there = (there[start:] + there[:start])[::-1]
        self._missing = len(waiting) - len(there)
        if not there:
            self._watch.waits("no further chunk is in the store yet")

    def close(self) -> None:
        """End the connections; a transaction that is open is rolled back by its server."""
        self._open = False
        self._there = []
        self._throttle.close()
        self._stack.close()

    def wait(self) -> str:
        """Wait while the limit is used up or the target is busy; the reason when that takes too long, else ''."""
        self._connect()
        try:
            self._watch.may_begin()
            return self._throttle.wait(None, self._target, self._watch.waits)
        except BaseException:
            self.close()
            raise

    def _connect(self) -> None:
        if self._open:
            return
        with ExitStack() as stack:
            ledger = stack.enter_context(self._run.current_ledger())
            self._target = stack.enter_context(self._run.target.connect(f"copy lane {self._lane}"))
            self._watch.through(ledger)
            self._ledger: Ledger = self._run.ledger_over(self._target, ledger.epoch)
            self.figures = LaneFigures.of(self._ledger.notes, self._lane)
            self._stack = stack.pop_all()
        self._open = True

    def _load(self, chunk: Chunk) -> bool:
        """Load a chunk, unless another lane is at it."""
        plan, pair, began = self._plan, self._pairs[chunk[0]], time.monotonic()
        assert plan is not None
        try:
            with self._target.transaction():
                self._ledger.runs.require_current(self._run.run_id, self._run.spec_hash)
                line = self._ledger.chunks.claim_chunk(chunk)
                manifest = None if line is None else stored_manifest(self._area, plan, pair, chunk)
                if line is None or manifest is None:
                    return False
                if chunk[0] not in self._ours:
                    refuse_foreign_rows(self._target, self._ledger.chunks, self._run.target, pair)
                self._watch.begins(pair)
                with self._ending():
                    into = LoadByTexts(self._run, pair, self._target, self._ledger.quarantine)
                    done = load_chunk(into, self._area, manifest, self._watch.passed)
                figures = self._finish(line, manifest, done, began)
        except ChunkDamagedError as error:
            self._area.forget(chunk)
            raise Interrupted(
                f"The file {manifest.file if manifest else ''} of chunk {chunk[1]} cannot be loaded: {error}."
                " Its manifest is taken away.",
                mend="clear the unload lanes, which unload the chunk again, and this task.",
                subject=chunk[0],
            ) from error
        self.figures = figures
        self._ours.add(chunk[0])
        if not self._keep:
            self._area.remove_data(manifest.table, manifest.file)
        self._watch.tell()
        return True

    @contextmanager
    def _ending(self) -> Iterator[None]:
        """Cuts the connection when the task is told to stop: it has seconds, and the server then rolls back at once."""
        try:
            yield
        except Exception:
            raise
        except BaseException:
            self._watch.stop()
            self._target.cut()
            raise

    def _finish(self, line: ChunkLine, manifest: ChunkManifest, chunk: LoadedChunk, began: float) -> LaneFigures:
        """Everything that commits with the rows."""
        seconds = time.monotonic() - began
        self._ledger.chunks.finish(line, rows=chunk.rows, octets=chunk.octets, seconds=seconds, lane=str(self._lane))
        self._ledger.lanes.say(self._watch.copied(chunk.rows, chunk.octets))
        if self._run.online:
            self._ledger.seam.end_reading(line.table, (line.ordinal,))
        note_unloaded(self._ledger.notes, self._lane, manifest.lane, manifest.figures)
        paused, self._throttle.paused = self._throttle.paused, 0.0
        done = self.figures
        figures = replace(
            done,
            chunks=done.chunks + 1,
            rows=done.rows + chunk.rows,
            quarantined=done.quarantined + chunk.quarantined,
            bytes=done.bytes + chunk.octets,
            seconds=done.seconds + seconds,
            reading=done.reading + chunk.spent.reading,
            working=done.working + chunk.spent.working,
            loading=done.loading + chunk.spent.loading,
            held=done.held + chunk.spent.held,
            paused=done.paused + paused,
        )
        figures.store(self._ledger.notes, self._lane)
        return figures


__all__ = ["LoadOutcome", "load_lane"]
