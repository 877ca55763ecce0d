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
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, cast

from database_migration.engines.protocol import Session
from database_migration.errors import Interrupted, NotPossible, PositionLost, Refused, ValueRefused, ValuesMissing
from database_migration.ledger import Ledger, StaleRow
from database_migration.model.change import Change, ChangeTransaction, RowImage, Value
from database_migration.model.log_position import LogPosition
from database_migration.model.migration_state import Direction, Side
from database_migration.model.table_selection import TablePair
from database_migration.steps.replicate.cascaded import is_settled, note_cascaded
from database_migration.steps.replicate.cascades import Cascades
from database_migration.steps.replicate.copy_seam import CopySeam
from database_migration.steps.replicate.log_reader import LogReader
from database_migration.steps.replicate.options import ReplicateOptions
from database_migration.steps.replicate.quarantined_changes import QuarantinedChanges
from database_migration.steps.replicate.reread import completed
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
_REST = 0.1
_STORE_IDLE_EVERY = 0.25
"""Seconds between positions that are stored although nothing was applied, at most."""
_WEIGH_EVERY = 10.0
_READ_AHEAD_BATCHES = 5


@dataclass(frozen=True, slots=True)
class Applied:
    """How far an applier has come, by what is committed on the written side."""

    position: LogPosition
    committed_at: datetime | None
    """UTC; the last applied transaction or heartbeat, by the read side's clock."""
    transactions: int = 0
    changes: int = 0
    rows: int = 0
    """Rows written; fewer than ``changes`` where several changed one row, more where foreign keys act."""
    wanted: bool = True
    """False once the ledger wants another direction."""


class Applier:
    """Applies changes while it is open; a context manager that takes the written database's lock.

    :param obeys: stop when the ledger no longer wants ``direction`` (a cutover that applies by itself does not).
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
        touched: TouchedRows | None = None,
        wait: float = 5.0,
    ) -> None:
        self.run = run
        self.options = options
        self.direction = direction
        self.throughput = Throughput()
        self._obeys = obeys
        self._touched = touched
        self._wait = wait
        self._read = run.database(direction.reads)
        self._written = run.database(direction.reads.other)
        self._stack = ExitStack()
        self._store_every = min(_STORE_IDLE_EVERY, options.idle.total_seconds())
        self._looked_at = 0.0
        self._stored_at = 0.0
        self._weighed_at = float("-inf")
        self._stale: list[StaleRow] = []
        self._cascaded: set[str] = set()
        self._cascaded_stored: set[str] = set()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._session = stack.enter_context(self._written.connect("apply"))
            self._take_lock()
            self._ledger: Ledger = stack.enter_context(self.run.current_ledger())
            self._written.engine.writer.prepare(self._session, self.run.log_name)
            if self.direction.reads is Side.SOURCE and self._ledger.notes.get_note(SOURCE_SCHEMA_NOTE) is not None:
                require_unchanged(self.run, self._ledger)
            self._pairs = pairs_read(self.run, self.direction)
            self._cascades = Cascades({} if self._read.engine.traits.logs_cascades else self._pairs)
            ledger = self.run.ledger_over(self._session, self._ledger.epoch)
            self._positions = ledger.positions
            self._quarantine: QuarantinedChanges | None = None
            self._quarantine_known = False
            if self.direction is Direction.FORWARD:
                self._quarantine = QuarantinedChanges(
                    self.run, self._session, ledger.quarantine, self._pairs, "replicate"
                )
            stored = self._positions.get(self.direction)
            if stored is None:
                raise NotPossible(
                    f"{self.direction} replication has no position to start from.",
                    mend="run the step that starts capture first.",
                    subject=self.run.migration,
                )
            self.applied = Applied(stored.position, stored.committed_at)
            forward = self.direction is Direction.FORWARD
            self._seam = CopySeam(self.run, self._ledger, self._read, self._pairs) if forward else None
            if self._seam is not None:
                stack.callback(self._seam.close)
            self._settled = not forward or is_settled(self._ledger)
            self._change_log = self._read.change_log
            self._reader = stack.enter_context(
                LogReader(
                    self._change_log,
                    self.run.log_name,
                    {name: pair.source_columns for name, pair in self._pairs.items()},
                    self._read.schema,
                    stored.position,
                    idle_seconds=self.options.idle.total_seconds(),
                    ahead=self.options.max_batch_changes * _READ_AHEAD_BATCHES,
                )
            )
            self._stack = stack.pop_all()
        log.info("Applying %s changes of %s from %s.", self.direction, self.run.migration, stored.position)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def log_end(self) -> LogPosition:
        """The read log's end now."""
        return self._change_log.end()

    def apply_until(self, stop: Callable[[Applied], bool]) -> Applied:
        """Apply until ``stop`` says so, or the ledger wants otherwise; ``stop`` is asked at least each 0.1 s or so.

        :raises Refused: a change that can never be applied (its transaction's position is named), or the
            read schema changed; the position stays before it.
        :raises EpochPassed: the run was rolled back.
        """
        held: ChangeTransaction | None = None
        while self._look() and not stop(self.applied):
            self._weigh()
            batch = self._gather()
            if any(not transaction.is_heartbeat for transaction in batch):
                self._apply(batch)
                held = None
            else:
                held = batch[-1] if batch else held
                if held is not None and time.monotonic() - self._stored_at >= self._store_every:
                    if held.position >= self.applied.position:
                        self._write((held,))
                    held = None
            self.throughput.sample(self.applied.changes, self._lag())
        return self.applied

    def _gather(self) -> list[ChangeTransaction]:
        """What has been read and not applied, up to a batch. Nothing is waited for once something is there: what
        arrives while it is applied makes the next batch, so batches grow with the load and not with a timer."""
        batch: list[ChangeTransaction] = []
        changes = 0
        transaction = self._reader.next(_REST)
        while transaction is not None:
            batch.append(transaction)
            changes += len(transaction.changes)
            if changes >= self.options.max_batch_changes:
                break
            transaction = self._reader.next(0)
        return batch

    def _apply(self, batch: Sequence[ChangeTransaction]) -> None:
        if self._beside_copy is not None:
            self._beside_copy.receive(batch)
        if self._touched is not None:
            self._touch([change for transaction in batch for change in transaction.changes])
        try:
            self._write_or_sort_out(batch)
        except Refused as error:
            log.warning("A batch of %d transactions was refused (%s); applying them singly.", len(batch), error)
            for transaction in batch:
                try:
                    self._write_or_sort_out((transaction,), always=True)
                except Refused as single:
                    raise type(single)(
                        f"{single.problem} (in the transaction that ends at {transaction.position})",
                        mend=single.mend,
                        subject=single.subject,
                    ) from single

    def _write_or_sort_out(self, batch: Sequence[ChangeTransaction], *, always: bool = False) -> None:
        """Write a batch; where a value is refused, all of it but the rows that go to quarantine.

        ``always``: also when the spec sends nothing there, so that the error names the row.
        """
        try:
            self._write(batch)
        except ValueRefused:
            if self._quarantine is None or not (always or self._quarantine.may_help):
                raise
            self._quarantine.reload()
            self._write(batch, carefully=True)

    def _write(self, batch: Sequence[ChangeTransaction], *, carefully: bool = False) -> None:
        changes = [change for transaction in batch for change in transaction.changes]
        while True:
            try:
                self._commit(batch, changes, carefully=carefully)
                return
            except ValuesMissing as missing:
                log.info(
                    "%d changes leave values out of rows that are not there; reading them again.", len(missing.changes)
                )
                changes = self._read_again(changes, missing, batch)

    def _commit(self, batch: Sequence[ChangeTransaction], changes: Sequence[Change], *, carefully: bool) -> None:
        last = batch[-1]
        told = sum(len(transaction.changes) for transaction in batch)
        transactions = sum(not transaction.is_heartbeat for transaction in batch)
        rows = 0
        self._stale = []
        with self._session.transaction():
            if changes:
                rows = self._write_carefully(changes) if carefully else self._write_changes(changes)
            self._store_stale()
            self._positions.move(
                self.direction,
                last.position,
                committed_at=_utc(last.committed_at),
                transactions=transactions,
                changes=told,
            )
        self._stored_at = time.monotonic()
        self._cascaded_stored |= self._cascaded
        self._reader.confirm(last.position)
        self.applied = replace(
            self.applied,
            position=last.position,
            committed_at=_utc(last.committed_at),
            transactions=self.applied.transactions + transactions,
            changes=self.applied.changes + told,
            rows=self.applied.rows + rows,
        )

    def _read_again(
        self, changes: Sequence[Change], missing: ValuesMissing, batch: Sequence[ChangeTransaction]
    ) -> list[Change]:
        if not missing.changes:
            raise missing
        with (
            self._read.connect("read again") as session,
            self._change_log.visibility(self.run.log_name) as visibility,
        ):
            found = completed(self._read, session, visibility, self._pairs, changes, missing.changes, batch)
        note_settled(self._ledger, self.direction, self._change_log.end())
        return found

    @property
    def _beside_copy(self) -> CopySeam | None:
        """The seam, as long as the copy is at work beside us."""
        return self._seam if self._seam is not None and self._seam.is_open else None

    def _drain(self) -> None:
        """Write anew what changed while its chunk was read, once the chunk is done; see the copy's end."""
        while self._beside_copy is not None:
            stale, changes = self._beside_copy.drain()
            if not stale:
                self._beside_copy.look()
                return
            note_settled(self._ledger, self.direction, self._change_log.end())
            try:
                self._write_drained(stale, changes)
            except ValueRefused:
                if self._quarantine is None:
                    raise
                self._quarantine.reload()
                self._write_drained(stale, changes, carefully=True)
            log.info("%d rows that changed while they were copied are written anew.", len(stale))

    def _write_drained(self, stale: Sequence[StaleRow], changes: Sequence[Change], *, carefully: bool = False) -> None:
        self._stale = []
        with self._session.transaction():
            self.run.ledger_over(self._session, self._ledger.epoch).seam.forget(stale)
            _ = self._write_carefully(changes) if carefully else self._write_changes(changes)
            self._store_stale()

    def _sorted(self, changes: Sequence[Change]) -> Sequence[Change]:
        """What is to be written of changes while the copy is at work; all of them later."""
        if self._beside_copy is None:
            return changes
        result = self._beside_copy.sort(changes)
        self._stale += result.stale
        return result.apply

    def _store_stale(self) -> None:
        """In the transaction in which the changes would have been applied."""
        over = self.run.ledger_over(self._session, self._ledger.epoch)
        if self._stale:
            over.seam.remember(self._stale)
            self._stale = []
        if self._cascaded - self._cascaded_stored:
            note_cascaded(over, self._cascaded)

    def _write_carefully(self, changes: Sequence[Change]) -> int:
        """Apply what can be held, in order, and leave out the rows of the other changes; rows written."""
        stale = list(self._stale)
        try:
            with self._session.savepoint():
                return self._write_changes(changes)
        except ValueRefused as error:
            self._stale = stale
            if self._quarantine is None:
                raise
            if len(changes) == 1:
                self._quarantine.keep(changes[0], error)
                return 0
        middle = len(changes) // 2
        return self._write_carefully(changes[:middle]) + self._write_carefully(changes[middle:])

    def _write_changes(self, changes: Sequence[Change]) -> int:
        if not self._cascades:
            return self._put(self._sorted(changes))
        rows, waiting = 0, list[Change]()
        unseen: set[str] = set()
        for change in changes:
            if self._cascades.reached_by(change):
                # Children are looked up on the written side, which has to hold what came before of them.
                if unseen & self._cascades.below(change.table):
                    rows += self._put(waiting)
                    waiting, unseen = [], set()
                reached = self._cascades.of(change, self._find)
                self._touch(reached)
                unseen |= {one.table for one in reached}
                waiting += self._sorted(reached)
                if not self._settled:
                    self._cascaded |= self._cascades.below(change.table)
            unseen.add(change.table)
            waiting += self._sorted([change])
        return rows + self._put(waiting)

    def _put(self, changes: Sequence[Change]) -> int:
        """Write changes whose foreign keys have acted already: a row that goes to quarantine takes no other with it."""
        if self._quarantine is not None:
            if not self._quarantine_known:  # lanes put rows there, too; those of chunks that are done can be seen now
                self._quarantine.reload()
                self._quarantine_known = self._beside_copy is None
            changes = self._quarantine.sorted_out(changes)
        return self._written.engine.writer.apply(self._session, self._written.schema, self._pairs, changes)

    def _find(self, table: str, where: Mapping[str, Value]) -> list[RowImage]:
        pair = self._pairs[table]
        written_name = {column.source.name: column.target.name for column in pair.columns}
        found = self._written.engine.writer.matching(
            self._session,
            self._written.schema,
            pair.target,
            pair.target_columns,
            {written_name[name]: value for name, value in where.items()},
        )
        names = [column.source.name for column in pair.columns]
        rows = [cast(RowImage, dict(zip(names, row, strict=True))) for row in found]
        return rows if self._quarantine is None else [*rows, *self._quarantine.matching(table, where)]

    def _touch(self, changes: Sequence[Change]) -> None:
        if self._touched is None:
            return
        for table in {change.table for change in changes}:
            self._touched.add(self._pairs[table], [change for change in changes if change.table == table])

    def _look(self) -> bool:
        if time.monotonic() - self._looked_at < _LOOK_EVERY:
            return self.applied.wanted
        self._looked_at = time.monotonic()
        state = self._ledger.runs.require_current(self.run.run_id, self.run.spec_hash)
        if self._obeys and state.replication is not self.direction:
            self.applied = replace(self.applied, wanted=False)
        if not self._settled:
            self._drain()
            self._settled = self._beside_copy is None and is_settled(self._ledger)
        if self.throughput.due:
            self._ledger.notes.put_note("replication", self.throughput.note(self.direction, self.applied.position))
        return self.applied.wanted

    def _weigh(self) -> None:
        """The fuse: give capture up before the read server's disk fills."""
        limit = self.options.max_log_bytes
        if limit is None or time.monotonic() - self._weighed_at < _WEIGH_EVERY:
            return
        self._weighed_at = time.monotonic()
        kept = self._change_log.retained_bytes(self.run.log_name, self.applied.position)
        if kept > limit:
            self._stack.close()
            self._change_log.stop(self.run.log_name)
            raise PositionLost(
                f"the server keeps {kept:,} bytes of log for this migration, more than max_log_bytes ({limit:,});"
                " capture was given up to protect its disk.",
                mend="find out why applying is slow; before the cutover, clear start_capture and then reach_copy_end"
                " and what follows it, after it roll back.",
                subject=str(self._read.endpoint),
            )

    def _lag(self) -> float:
        if self.applied.committed_at is None:
            return 0.0
        return max(0.0, (_utc(datetime.now(UTC)) - self.applied.committed_at).total_seconds())

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


def pairs_read(run: MigrationRun, direction: Direction) -> dict[str, TablePair]:
    """The tables by their names on the side that a direction reads; ``pair.target`` is the written one."""
    pairs = run.pairs()
    if direction is Direction.REVERSE:
        pairs = tuple(pair.reversed for pair in pairs)
    return {pair.source.name: pair for pair in pairs}


def _utc(moment: datetime) -> datetime:
    """Without a zone, as the ledger stores times."""
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


__all__ = ["Applied", "Applier", "pairs_read", "take_lock"]
