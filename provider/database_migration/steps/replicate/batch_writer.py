"""Writes batches of the read side's transactions, each with the position that it ends at in one transaction.

Small transactions are merged, never split and never reordered. One that is too large for memory is read back in parts
from where it was put aside; the parts are written one after the other inside a single transaction, so it is seen whole
or not at all, and dies whole. What is special about a part (values to be read again, rows for quarantine) is settled
under a savepoint, as beginning all over would cost what was written so far.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from database_migration.errors import EpochPassed, Refused, ValueRefused, ValuesMissing
from database_migration.ledger import Ledger, StaleRow
from database_migration.model.change import Change, ChangeTransaction, LargeChanges
from database_migration.model.migration_state import Direction
from database_migration.model.table_selection import TablePair
from database_migration.steps.replicate.applied import Applied, utc
from database_migration.steps.replicate.reread import completed
from database_migration.steps.replicate.row_writer import RowWriter
from database_migration.steps.replicate.settled import note_settled
from database_migration.steps.run import MigrationRun

log = logging.getLogger(__name__)


class BatchWriter:
    """Commits batches; ``applied`` tells how far it has come.

    :param over: the ledger over the session that writes, so that both commit together.
    :param beside: the ledger over another session, for what has to be stored at once.
    :param between: called between the parts of a large transaction; what it raises takes the transaction back.
    """

    def __init__(
        self,
        run: MigrationRun,
        direction: Direction,
        rows: RowWriter,
        *,
        over: Ledger,
        beside: Ledger,
        pairs: Mapping[str, TablePair],
        applied: Applied,
        between: Callable[[], object],
    ) -> None:
        self.applied = applied
        self._run = run
        self._direction = direction
        self._rows = rows
        self._over = over
        self._beside = beside
        self._pairs = pairs
        self._between = between
        self._session = over.session
        self._read = run.database(direction.reads)
        self._change_log = self._read.change_log

    def apply(self, batch: Sequence[ChangeTransaction]) -> None:
        """Write a batch of which no transaction but the last is large.

        :raises Refused: a change that can never be applied; its transaction's position is named.
        """
        last = batch[-1].changes
        if isinstance(last, LargeChanges):
            if any(not transaction.is_heartbeat for transaction in batch[:-1]):
                self._apply_small(batch[:-1])
            self._apply_large(batch[-1], last)
        else:
            self._apply_small(batch)

    def move(self, heartbeat: ChangeTransaction) -> None:
        """Store a position although nothing was to be applied."""
        self._commit((heartbeat,), (), carefully=False)

    def write_again(self, stale: Sequence[StaleRow], changes: Sequence[Change]) -> None:
        """Write rows as they were read anew, and forget that they were stale."""
        note_settled(self._beside, self._direction, self._change_log.end())
        try:
            self._write_again(stale, changes, carefully=False)
        except ValueRefused:
            if self._rows.quarantine is None:
                raise
            self._rows.quarantine.reload()
            self._write_again(stale, changes, carefully=True)

    def _write_again(self, stale: Sequence[StaleRow], changes: Sequence[Change], *, carefully: bool) -> None:
        self._rows.begin()
        with self._session.transaction():
            self._over.seam.forget(stale)
            _ = self._rows.write_carefully(changes) if carefully else self._rows.write(changes)
            self._rows.store()

    def _apply_small(self, batch: Sequence[ChangeTransaction]) -> None:
        changes = [change for transaction in batch for change in transaction.changes]
        if self._rows.beside_copy is not None:
            self._rows.beside_copy.receive(batch)
        self._rows.touch(changes)
        try:
            self._write_or_sort_out(batch, changes)
        except Refused as error:
            log.warning("A batch of %d transactions was refused (%s); applying them singly.", len(batch), error)
            for transaction in batch:
                try:
                    self._write_or_sort_out((transaction,), [*transaction.changes], always=True)
                except Refused as single:
                    raise _placed(single, transaction) from single

    def _write_or_sort_out(
        self, batch: Sequence[ChangeTransaction], changes: Sequence[Change], *, always: bool = False
    ) -> None:
        """Write a batch; where a value is refused, all of it but the rows that go to quarantine.

        ``always``: also when the spec sends nothing there, so that the error names the row.
        """
        quarantine = self._rows.quarantine
        try:
            self._write(batch, changes)
        except ValueRefused:
            if quarantine is None or not (always or quarantine.may_help):
                raise
            quarantine.reload()
            self._write(batch, changes, carefully=True)

    def _write(self, batch: Sequence[ChangeTransaction], changes: Sequence[Change], *, carefully: bool = False) -> None:
        while True:
            try:
                self._commit(batch, changes, carefully=carefully)
                return
            except ValuesMissing as missing:
                changes = self._read_again(changes, missing, batch)

    def _commit(self, batch: Sequence[ChangeTransaction], changes: Sequence[Change], *, carefully: bool) -> None:
        rows = 0
        self._rows.begin()
        with self._session.transaction():
            if changes:
                rows = self._rows.write_carefully(changes) if carefully else self._rows.write(changes)
            self._rows.store()
            self._move(batch)
        self._committed(batch, rows)

    def _apply_large(self, transaction: ChangeTransaction, changes: LargeChanges) -> None:
        log.info("A transaction of %d changes is applied in parts, and committed as one.", len(changes))
        batch, rows = (transaction,), 0
        if self._rows.beside_copy is not None:
            self._rows.beside_copy.receive(batch)
        self._rows.begin()
        try:
            with self._session.transaction():
                for part in changes.parts():
                    self._between()
                    self._rows.touch(part)
                    rows += self._write_part(part, batch)
                    self._rows.store()
                self._move(batch)
        except EpochPassed:
            raise
        except Refused as error:
            raise _placed(error, transaction) from error
        self._committed(batch, rows)

    def _write_part(self, changes: Sequence[Change], batch: Sequence[ChangeTransaction]) -> int:
        carefully = False
        while True:
            try:
                with self._session.savepoint():
                    return self._rows.write_carefully(changes) if carefully else self._rows.write(changes)
            except ValuesMissing as missing:
                changes = self._read_again(changes, missing, batch)
            except ValueRefused:
                if carefully or self._rows.quarantine is None:
                    raise
                carefully = True  # it names the row, also where the spec sends nothing to quarantine
            self._rows.begin()

    def _read_again(
        self, changes: Sequence[Change], missing: ValuesMissing, batch: Sequence[ChangeTransaction]
    ) -> list[Change]:
        if not missing.changes:
            raise missing
        log.info("%d changes leave values out of rows that are not there; reading them again.", len(missing.changes))
        with (
            self._read.connect("read again") as session,
            self._change_log.visibility(self._run.log_name) as visibility,
        ):
            found = completed(self._read, session, visibility, self._pairs, changes, missing.changes, batch)
        note_settled(self._beside, self._direction, self._change_log.end())
        return found

    def _move(self, batch: Sequence[ChangeTransaction]) -> None:
        last = batch[-1]
        self._over.positions.move(
            self._direction,
            last.position,
            committed_at=utc(last.committed_at),
            transactions=_transactions(batch),
            changes=_changes(batch),
        )

    def _committed(self, batch: Sequence[ChangeTransaction], rows: int) -> None:
        last = batch[-1]
        self._rows.committed()
        self.applied = replace(
            self.applied,
            position=last.position,
            committed_at=utc(last.committed_at),
            transactions=self.applied.transactions + _transactions(batch),
            changes=self.applied.changes + _changes(batch),
            rows=self.applied.rows + rows,
        )


def _transactions(batch: Sequence[ChangeTransaction]) -> int:
    return sum(not transaction.is_heartbeat for transaction in batch)


def _changes(batch: Sequence[ChangeTransaction]) -> int:
    return sum(len(transaction.changes) for transaction in batch)


def _placed(error: Refused, transaction: ChangeTransaction) -> Refused:
    """The error with the transaction in which it came up."""
    return type(error)(
        f"{error.problem} (in the transaction that ends at {transaction.position})",
        mend=error.mend,
        subject=error.subject,
    )


__all__ = ["BatchWriter"]
