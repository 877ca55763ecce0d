"""One unload lane: reads chunks of the source into the store until every chunk is begun.

It reaches neither the target nor the ledger. Chunks are divided beforehand: each lane begins with those of its number,
and then helps the others from their far end. A mark in the store says who began a chunk; a lane's next try does again
what that lane began and did not end. Two tries that do the same chunk do no harm: each writes a file of its own, and
the manifest names one of them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict

from database_migration.errors import EpochPassed, Interrupted
from database_migration.steps.chunked_copy.mended import mended
from database_migration.steps.chunked_copy.options import ChunkedCopyOptions
from database_migration.steps.chunked_copy.rate import Rate
from database_migration.steps.chunked_copy.staging.area import StagingArea
from database_migration.steps.chunked_copy.staging.column_storage import TableStorage
from database_migration.steps.chunked_copy.staging.records import (
    StagedChunk,
    UnloadFigures,
    store_manifest,
    stored_plan,
)
from database_migration.steps.chunked_copy.staging.stage import staging_of
from database_migration.steps.chunked_copy.staging.unload_chunk import unload_chunk
from database_migration.steps.chunked_copy.throttle import Throttle
from database_migration.steps.run import Database

log = logging.getLogger(__name__)

_SAY_EVERY = 10.0


def unload_lane(
    source: Database,
    area: StagingArea,
    options: ChunkedCopyOptions,
    lane: int,
    *,
    replicas: Mapping[str, Database] | None = None,
) -> dict[str, int | float]:
    """Unload chunks until each is begun by some lane; returns what this try has done.

    :param replicas: the databases that ``options.replicas`` name.
    :raises NotPossible: the store holds no plan of the run. :raises EpochPassed: the run was given up meanwhile.
    :raises ValueRefused: a value cannot even be shown as text. :raises Interrupted: the source stayed too busy, or
        connections or the store keep failing.
    """
    work = _UnloadLane(source, area, options, lane, replicas or {})
    more = True
    try:
        while more:
            if reason := mended(options)(work.wait):
                raise Interrupted(
                    f"{reason}, and the copy has waited for {options.max_pause}.",
                    mend="calm the server down or raise the limit, then clear the task; the copy resumes.",
                    subject=str(source.endpoint),
                )
            more = mended(options)(work.unload_next)
    finally:
        work.close()
    return {name: round(value, 3) for name, value in asdict(work.figures).items()}


class _UnloadLane:
    """The lane's connection, opened when needed and closed by any failure, and its figures."""

    def __init__(
        self,
        source: Database,
        area: StagingArea,
        options: ChunkedCopyOptions,
        lane: int,
        replicas: Mapping[str, Database],
    ) -> None:
        self._source = source
        self._area = area
        self._compression = staging_of(options).compression
        self._lane = lane
        self._throttle = Throttle(source, None, options, replicas)
        self._stack = ExitStack()
        self._open = False
        self._plan = mended(options)(stored_plan, area)
        # These lanes cannot ask the ledger who else is at work: each has its share of the limit for itself.
        self._rate = Rate()
        self._rate.share(options.limit, self._plan.lanes)
        self._storages = {pair.source.name: TableStorage.of(pair) for pair in self._plan.pairs}
        self._todo = self._chunks()
        self._said_at = time.monotonic()
        self.figures = UnloadFigures()

    def wait(self) -> str:
        """Pause while the source is busy; the reason when it stays so too long, else ''."""
        self._connect()
        try:
            return self._throttle.wait(self._session, None, lambda _: None)
        except BaseException:
            self.close()
            raise

    def unload_next(self) -> bool:
        """Unload one chunk; False when there is none. One that fails is found again, as this lane began it."""
        try:
            chunk = next(self._todo, None)
            if chunk is not None:
                self._connect()
                self._unload(chunk)
        except BaseException:
            self.close()
            raise
        return chunk is not None

    def close(self) -> None:
        """End the connection, and look anew at what is to be done."""
        self._open = False
        self._throttle.close()
        self._stack.close()
        self._todo = self._chunks()

    def _connect(self) -> None:
        if not self._open:
            with ExitStack() as stack:
                self._session = stack.enter_context(self._source.connect(f"unload lane {self._lane}"))
                self._stack = stack.pop_all()
            self._open = True

    def _chunks(self) -> Iterator[StagedChunk]:
        """This lane's chunks, then the others' from their end; without those that need nothing any more."""
        chunks, lanes = self._plan.chunks, self._plan.lanes
        staged = self._area.staged()
        for chunk in chunks[self._lane % lanes :: lanes]:
            if self._area.name_of(chunk.chunk) not in staged and self._area.begun_by(chunk.chunk) in (None, self._lane):
                yield chunk
        begun, staged = self._area.begun(), self._area.staged()
        for number, chunk in reversed(list(enumerate(chunks))):
            name = self._area.name_of(chunk.chunk)
            if name in staged or number % lanes == self._lane % lanes:
                continue
            # What this lane began itself, in an earlier try, it has to end.
            if name not in begun or self._area.begun_by(chunk.chunk) == self._lane:
                yield chunk

    def _unload(self, chunk: StagedChunk) -> None:
        self._require_plan()
        self._area.begin(chunk.chunk, self._lane)
        manifest = unload_chunk(
            self._source,
            self._session,
            self._area,
            self._plan,
            self._storages[chunk.table],
            chunk,
            lane=self._lane,
            compression=self._compression,
            rate=self._rate,
        )
        manifest.figures.paused += self._throttle.paused
        self._throttle.paused = 0.0
        store_manifest(self._area, manifest)
        self._require_plan()
        self.figures.add(manifest.figures)
        if time.monotonic() - self._said_at >= _SAY_EVERY:
            self._said_at = time.monotonic()
            log.info(
                "Unloaded %d of %d chunks of all lanes; this lane %d rows, %.0f MB in the store.",
                len(self._area.staged()), len(self._plan.chunks), self.figures.rows, self.figures.stored / 1e6,
            )  # fmt: skip

    def _require_plan(self) -> None:
        """Look whether the run is still at it; what was stored after its end is taken away again."""
        if not self._area.has_plan():
            self._area.remove()
            raise EpochPassed(
                "the store holds no plan of the run any more: it was rolled back, or its copy is over.",
                mend="nothing is left to do for this task; after a rollback start a new run.",
                subject=str(self._area),
            )


__all__ = ["unload_lane"]
