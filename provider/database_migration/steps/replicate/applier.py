"""Applies one side's changes to the other, each exactly once.

Why nothing is lost or doubled: the position that reading resumes from is stored by the same transaction of the
written database that applied the changes before it. A death before the commit leaves neither, a death after it
leaves both. The read side is told that it may forget its log only after that commit, so a position that is stored
can always be read from. Source transactions are merged into larger ones on the written side, never
split and never reordered, so every state that is committed there was a state of the read side.

One applier per written database: an advisory lock of the session that writes. When that session dies, the
lock ends with it and so does the transaction in flight.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from database_migration.engines.protocol import Session
from database_migration.errors import Interrupted, NotPossible
from database_migration.ledger import Ledger
from database_migration.model.change import ChangeTransaction
from database_migration.model.control import Activity
from database_migration.model.log_position import LogPosition
from database_migration.model.migration_state import Direction, Side
from database_migration.model.table_selection import TablePair
from database_migration.steps.replicate.added_columns import WaitingColumns, settle_added
from database_migration.steps.replicate.applied import Applied, utc
from database_migration.steps.replicate.batch_writer import BatchWriter
from database_migration.steps.replicate.cascaded import is_settled
from database_migration.steps.replicate.copy_seam import CopySeam
from database_migration.steps.replicate.log_fuse import LogFuse
from database_migration.steps.replicate.log_reader import LogReader
from database_migration.steps.replicate.mapped_log import MappedLog
from database_migration.steps.replicate.options import ReplicateOptions
from database_migration.steps.replicate.outside_rows import outside_rows
from database_migration.steps.replicate.row_writer import RowWriter
from database_migration.steps.replicate.settled import note_settled
from database_migration.steps.replicate.throughput import Throughput
from database_migration.steps.replicate.touched_rows import TouchedRows
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare.fingerprint import NOTE as SOURCE_SCHEMA_NOTE
from database_migration.steps.schema_compare.fingerprint import require_unchanged
from database_migration.steps.wait_for_lock import wait_for_lock

log = logging.getLogger(__name__)

_LOOK_EVERY = 0.25
"""Seconds between looks at the ledger: whether this run and this direction are still wanted."""
_ASK_EVERY = 1.0
"""Seconds between looks whether somebody has paused replication."""
_REST = 0.1
_STORE_IDLE_EVERY = 0.25
"""Seconds between positions that are stored although nothing was applied, at most."""
_READ_AHEAD_BATCHES = 5
_BATCH_OCTETS = 8 << 20
"""Octets of log after which a batch is closed, whatever the number of its changes."""


class Applier:
    """Applies changes while it is open; a context manager that takes the written database's lock.

    :param obeys: stop when the ledger no longer wants ``direction`` (a cutover that applies by itself does not).
    :param pausable: stop when somebody pauses replication, at a batch's end.
    :param touched: where given, collects the keys of the rows that are written.
    :param wait: seconds to wait for the lock; that of an applier which has just ended takes a moment to go.
    :raises Interrupted: another applier holds the lock.
    :raises SourceChanged: the source's schema is not the one that was planned for.
    """

    def __init__(
        self,
        run: MigrationRun,
        options: ReplicateOptions,
        direction: Direction,
        *,
        obeys: bool = True,
        pausable: bool = False,
        touched: TouchedRows | None = None,
        wait: float = 5.0,
    ) -> None:
        self.run = run
        self.options = options
        self.direction = direction
        self.throughput = Throughput()
        self._obeys = obeys
        self._pausable = pausable
        self._touched = touched
        self._wait = wait
        self._read = run.database(direction.reads)
        self._written = run.database(direction.reads.other)
        self._stack = ExitStack()
        self._reading = ExitStack()
        self._store_every = min(_STORE_IDLE_EVERY, options.idle.total_seconds())
        self._looked_at = self._asked_at = 0.0
        self._stored_at = 0.0
        self._fuse = LogFuse(self._read, run.log_name, options.max_log_bytes)
        self._wanted = True
        self._paused = False
        self._columns: WaitingColumns | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._session = stack.enter_context(self._written.connect("apply"))
            self._take_lock()
            self._ledger: Ledger = stack.enter_context(self.run.current_ledger())
            self._written.engine.writer.prepare(self._session, self.run.log_name)
            if self.direction.reads is Side.SOURCE and self._ledger.notes.get_note(SOURCE_SCHEMA_NOTE) is not None:
                require_unchanged(self.run, self._ledger)
            self._open_log()
            stack.callback(lambda: self._reading.close())
            self._stack = stack.pop_all()
        log.info(
            "Applying %s changes of %s from %s.", self.direction, self.run.migration, self._writer.applied.position
        )
        return self

    def _open_log(self) -> None:
        """Pair the tables as they are now, and read the log from where it is applied."""
        with ExitStack() as stack:
            columns = WaitingColumns(self.run, self._ledger) if self.direction is Direction.FORWARD else None
            both = self.run.pairs()
            pairs = pairs_read(both, self.direction)
            over = self.run.ledger_over(self._session, self._ledger.epoch)
            stored = over.positions.get(self.direction)
            if stored is None:
                raise NotPossible(
                    f"{self.direction} replication has no position to start from.",
                    mend="run the step that starts capture first.",
                    subject=self.run.migration,
                )
            self._change_log = self._read.change_log
            self._make_writer(stack, pairs, over, Applied(stored.position, stored.committed_at))
            if self.direction is Direction.REVERSE:
                self._rows.outside = outside_rows(self._written, pairs, both)
            self._mapped_log = MappedLog(self.run, self._read, pairs, self._note_reread)
            stack.callback(self._mapped_log.close)
            self._reader = stack.enter_context(
                LogReader(
                    self._change_log,
                    self.run.log_name,
                    {name: self._mapped_log.logged_columns(name, pair) for name, pair in pairs.items()},
                    self._read.schema,
                    stored.position,
                    idle_seconds=self.options.idle.total_seconds(),
                    ahead=self.options.max_batch_changes * _READ_AHEAD_BATCHES,
                    passed_over=columns.passed_over if columns is not None else None,
                )
            )
            self._columns = columns
            self._reading = stack.pop_all()

    def _make_writer(self, stack: ExitStack, pairs: Mapping[str, TablePair], over: Ledger, applied: Applied) -> None:
        forward = self.direction is Direction.FORWARD
        seam = CopySeam(self.run, self._ledger, self._read, pairs) if forward else None
        if seam is not None:
            stack.callback(seam.close)
        self._rows = RowWriter(
            self.run,
            self.direction,
            session=self._session,
            ledger=over,
            pairs=pairs,
            seam=seam,
            settled=not forward or is_settled(self._ledger),
            touched=self._touched,
        )
        self._writer = BatchWriter(
            self.run,
            self.direction,
            self._rows,
            over=over,
            beside=self._ledger,
            pairs=pairs,
            applied=applied,
            between=self._is_wanted,
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def log_end(self) -> LogPosition:
        """The read log's end now."""
        return self._change_log.end()

    @property
    def applied(self) -> Applied:
        """How far it has come."""
        return replace(self._writer.applied, wanted=self._wanted, paused=self._paused)

    @property
    def ledger(self) -> Ledger:
        """The run's ledger, over a session of its own."""
        return self._ledger

    def apply_until(self, stop: Callable[[Applied], bool]) -> Applied:
        """Apply until ``stop`` says so, or the ledger wants otherwise; ``stop`` is asked at least each 0.1 s or so.

        :raises Refused: a change that can never be applied (its transaction's position is named), or the
            read schema changed; the position stays before it.
        :raises EpochPassed: the run was rolled back.
        """
        held: ChangeTransaction | None = None
        while self._look():
            if self._columns is not None and (due := self._columns.due(self._writer.applied.position)) is not None:
                self._take_columns(due)
            if stop(self.applied):
                break
            self._fuse.weigh(self._writer.applied.position, self._stack.close)
            batch = self._gather()
            told = batch.pop() if batch and batch[-1].added else None
            if self._mapped_log and batch:
                batch = self._mapped_log.mapped(batch)
            if any(not transaction.is_heartbeat for transaction in batch):
                self._writer.apply(batch)
                self._stored()
                held = None
            else:
                held = batch[-1] if batch else held
                if held is not None and time.monotonic() - self._stored_at >= self._store_every:
                    if held.position >= self._writer.applied.position:
                        self._writer.move(held)
                        self._stored()
                    held = None
            if told is not None:
                self._take_columns(told)
                held = None
            self.throughput.sample(self._writer.applied.changes, self._lag())
        return self.applied

    def _gather(self) -> list[ChangeTransaction]:
        """What has been read and not applied, up to a batch. Nothing is waited for once something is there: what
        arrives while it is applied makes the next batch, so batches grow with the load and not with a timer."""
        batch: list[ChangeTransaction] = []
        changes = octets = 0
        transaction = self._reader.next(_REST)
        while transaction is not None:
            batch.append(transaction)
            changes += len(transaction.changes)
            octets += transaction.octets
            if transaction.added:
                break
            if changes >= self.options.max_batch_changes or octets >= _BATCH_OCTETS:
                break
            transaction = self._reader.next(0)
        return batch

    def _note_reread(self) -> None:
        note_settled(self._ledger, self.direction, self._change_log.end())

    def _take_columns(self, told: ChangeTransaction) -> None:
        """Columns were added on the source, and all before that is applied: go on with them."""
        settle_added(self.run, self._ledger, told.added, told.position)
        if told.position >= self._writer.applied.position:
            self._writer.move(told)
            self._stored()
        done = self._writer.applied
        self._reading.close()
        self._open_log()
        self._writer.applied = done

    def _stored(self) -> None:
        self._stored_at = time.monotonic()
        self._reader.confirm(self._writer.applied.position)

    def _drain(self) -> None:
        """Write anew what changed while its chunk was read, once the chunk is done; see the copy's end."""
        while (seam := self._rows.beside_copy) is not None:
            stale, changes = seam.drain()
            if not stale:
                seam.look()
                return
            self._writer.write_again(stale, changes)
            log.info("%d rows that changed while they were copied are written anew.", len(stale))

    def _is_wanted(self) -> bool:
        """Ask the ledger, now and then, whether this run and this direction are still wanted."""
        if time.monotonic() - self._looked_at >= _LOOK_EVERY:
            self._looked_at = time.monotonic()
            state = self._ledger.runs.require_current(self.run.run_id, self.run.spec_hash)
            self._wanted = not self._obeys or state.replication is self.direction
        return self._wanted

    def _look(self) -> bool:
        """Whether to go on."""
        looked_at = self._looked_at
        if not self._is_wanted() or looked_at == self._looked_at:
            return self._wanted and not self._paused
        if not self._rows.settled:
            self._drain()
            self._rows.settled = self._rows.beside_copy is None and is_settled(self._ledger)
        if self.throughput.due:
            self._ledger.notes.put_note("replication", self.throughput.note(self.direction, self.applied.position))
        if self._pausable and time.monotonic() - self._asked_at >= _ASK_EVERY:
            self._asked_at = time.monotonic()
            self._paused = self._ledger.controls.paused(Activity.REPLICATION) is not None
        return self._wanted and not self._paused

    def _lag(self) -> float:
        committed_at = self._writer.applied.committed_at
        if committed_at is None:
            return 0.0
        return max(0.0, (utc(datetime.now(UTC)) - committed_at).total_seconds())

    def _take_lock(self) -> None:
        if not wait_for_lock(lambda: take_lock(self._session, self.run.migration), self._wait):
            raise Interrupted(
                "another applier is at work on the database.",
                mend="let it end (a stint of the replication DAG ends by itself), then clear the task.",
                subject=str(self._written.endpoint),
            )


def take_lock(session: Session, migration: str) -> bool:
    """Take the lock that makes a session the only applier to its database; False if another has it."""
    return session.try_lock(f"database_migration:{migration}:apply")


def pairs_read(pairs: tuple[TablePair, ...], direction: Direction) -> dict[str, TablePair]:
    """The tables by their names on the side that a direction reads; ``pair.target`` is the written one."""
    if direction is Direction.REVERSE:
        pairs = tuple(pair.reversed for pair in pairs)
    return {pair.source.name: pair for pair in pairs}


__all__ = ["Applier", "pairs_read", "take_lock"]
