"""Every chunk of every table, compared by a few workers that each hold a session on both sides."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from threading import Event

from database_migration.engines.protocol import Session
from database_migration.ledger import Ledger
from database_migration.model.key_range import KeyRange
from database_migration.model.table_selection import TablePair
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate.check_chunk import ChunkOutcome, check_chunk
from database_migration.steps.validate.motion import Motion
from database_migration.steps.validate.options import ValidateOptions
from database_migration.steps.validate.sides import Sides
from database_migration.steps.validate.tally import TableTally

log = logging.getLogger(__name__)

_LOOK_EVERY = 0.5
_SAY_EVERY = 10.0
_NOTE_EVERY = 2.0

_Task = tuple[TablePair, KeyRange]


def compare_tables(
    run: MigrationRun,
    options: ValidateOptions,
    ledger: Ledger,
    pairs: tuple[TablePair, ...],
    tallies: Mapping[str, TableTally],
    motion: Motion,
) -> None:
    """Add every chunk's outcome to the tallies.

    :raises EpochPassed: the run was rolled back meanwhile.
    """
    tasks = _cut(run, options, pairs)
    every = len(tasks)
    outcomes: deque[ChunkOutcome] = deque()
    stopping = Event()

    def work() -> None:
        with Sides(run) as sides:
            while tasks and not stopping.is_set():
                try:
                    pair, rows = tasks.popleft()
                except IndexError:
                    return
                outcomes.append(check_chunk(sides, pair, rows, motion))

    progress = _Progress(ledger, every)
    with ThreadPoolExecutor(options.parallel, thread_name_prefix="validate") as pool:
        futures: set[Future[None]] = {pool.submit(work) for _ in range(min(options.parallel, every))}
        try:
            while futures:
                done, futures = wait(futures, _LOOK_EVERY, FIRST_EXCEPTION)
                _collect(outcomes, tallies, moving=motion.moving)
                for future in done:
                    future.result()
                ledger.runs.require_current(run.run_id, run.spec_hash)
                progress.tell(tallies)
        except BaseException:
            stopping.set()
            raise
    _collect(outcomes, tallies, moving=motion.moving)
    progress.tell(tallies, at_once=True)


def _cut(run: MigrationRun, options: ValidateOptions, pairs: tuple[TablePair, ...]) -> deque[_Task]:
    tasks: deque[_Task] = deque()
    with run.source.connect("validate") as session:
        for pair in sorted(pairs, key=lambda pair: pair.source.estimated_rows, reverse=True):
            tasks.extend((pair, rows) for rows in ranges_of(run, session, pair, options.chunk_rows))
    return tasks


def ranges_of(run: MigrationRun, session: Session, pair: TablePair, chunk_rows: int) -> list[KeyRange]:
    """The ranges that a table is compared by; ``session`` is one on the source.

    A table that one side would read wholly for every range (a key's hash, a text in an order that it has no index in)
    is compared in one piece, so that it is read once.
    """
    one, other = pair.source_key, pair.target_key
    if one is None or other is None:
        return [KeyRange.everything()]
    source, target = run.source.engine.rows, run.target.engine.rows
    if not (source.is_read_by_index(pair.source, one) and target.is_read_by_index(pair.target, other)):
        return [KeyRange.everything()]
    return source.boundaries(session, run.source.schema, pair.source, one, chunk_rows)


def _collect(outcomes: deque[ChunkOutcome], tallies: Mapping[str, TableTally], *, moving: bool) -> None:
    while outcomes:
        outcome = outcomes.popleft()
        tallies[outcome.pair.source.name].add_chunk(outcome, moving=moving)


class _Progress:
    """Says now and then how far the comparison is: in the log, and in the ledger for the Migration page."""

    def __init__(self, ledger: Ledger, chunks: int) -> None:
        self._ledger = ledger
        self._chunks = chunks
        self._said_at = time.monotonic()
        self._noted_at = 0.0

    def tell(self, tallies: Mapping[str, TableTally], *, at_once: bool = False) -> None:
        now = time.monotonic()
        chunks = sum(tally.chunks for tally in tallies.values())
        compared = sum(tally.compared for tally in tallies.values())
        differing = sum(tally.differing for tally in tallies.values())
        if at_once or now - self._noted_at >= _NOTE_EVERY:
            self._noted_at = now
            self._ledger.notes.put_note(
                "validate",
                {"chunks": self._chunks, "chunks_done": chunks, "rows_compared": compared, "rows_differing": differing},
            )
        if at_once or now - self._said_at >= _SAY_EVERY:
            self._said_at = now
            log.info("%d of %d chunks, %d rows compared, %d differ.", chunks, self._chunks, compared, differing)


__all__ = ["compare_tables", "ranges_of"]
