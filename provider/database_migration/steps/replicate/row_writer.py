"""Writes changes inside an open transaction of the written side, with all that may follow from a change.

In this order: a change's foreign keys act where the log does not tell of them (``cascades``); beside the copy, what
belongs to the copy is left to it (``copy_seam``); rows that the target cannot hold go to quarantine; the rest is
written. What has to be remembered of it (stale rows, tables that cascades reached) is stored in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from database_migration.engines.protocol import Session
from database_migration.errors import ValueRefused
from database_migration.ledger import Ledger, StaleRow
from database_migration.model.change import Change, RowImage, Value
from database_migration.model.migration_state import Direction
from database_migration.model.table_selection import TablePair
from database_migration.steps.replicate.cascaded import note_cascaded
from database_migration.steps.replicate.cascades import Cascades
from database_migration.steps.replicate.copy_seam import CopySeam
from database_migration.steps.replicate.outside_rows import OutsideRows
from database_migration.steps.replicate.quarantined_changes import QuarantinedChanges
from database_migration.steps.replicate.touched_rows import TouchedRows
from database_migration.steps.run import MigrationRun


class RowWriter:
    """One applier's way from changes to rows.

    :param session: that of the written side; the caller opens and ends its transactions.
    :param ledger: over the same session, so that what is stored commits with the rows.
    :param seam: where given, the copy may still be at work.
    :param settled: whether cascades need not be noted any more.
    """

    def __init__(
        self,
        run: MigrationRun,
        direction: Direction,
        *,
        session: Session,
        ledger: Ledger,
        pairs: Mapping[str, TablePair],
        seam: CopySeam | None,
        settled: bool,
        touched: TouchedRows | None,
    ) -> None:
        self.settled = settled
        self.quarantine: QuarantinedChanges | None = None
        self.outside: OutsideRows | None = None
        """Where given, rows of the written side that do not take part are looked out for."""
        if direction is Direction.FORWARD:
            self.quarantine = QuarantinedChanges(run, session, ledger.quarantine, pairs, "replicate")
        self._written = run.database(direction.reads.other)
        self._session = session
        self._ledger = ledger
        self._pairs = pairs
        self._seam = seam
        self._touched = touched
        logs_cascades = run.database(direction.reads).engine.traits.logs_cascades
        self._cascades = Cascades({} if logs_cascades else pairs)
        self._quarantine_known = False
        self._stale: list[StaleRow] = []
        self._cascaded: set[str] = set()
        self._cascaded_stored: set[str] = set()

    @property
    def beside_copy(self) -> CopySeam | None:
        """The seam, as long as the copy is at work beside us."""
        return self._seam if self._seam is not None and self._seam.is_open else None

    def begin(self) -> None:
        """A transaction begins; what an earlier one that was rolled back wanted stored is forgotten."""
        self._stale = []

    def write(self, changes: Sequence[Change]) -> int:
        """Write changes in order; rows written."""
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
                self.touch(reached)
                unseen |= {one.table for one in reached}
                waiting += self._sorted(reached)
                if not self.settled:
                    self._cascaded |= self._cascades.below(change.table)
            unseen.add(change.table)
            waiting += self._sorted([change])
        return rows + self._put(waiting)

    def write_carefully(self, changes: Sequence[Change]) -> int:
        """Apply what can be held, in order, and leave out the rows of the other changes; rows written."""
        stale = list(self._stale)
        try:
            with self._session.savepoint():
                return self.write(changes)
        except ValueRefused as error:
            self._stale = stale
            if self.quarantine is None:
                raise
            if len(changes) == 1:
                self.quarantine.keep(changes[0], error)
                return 0
        middle = len(changes) // 2
        return self.write_carefully(changes[:middle]) + self.write_carefully(changes[middle:])

    def store(self) -> None:
        """Store what has to be remembered so far, in the transaction in which the changes would have been applied."""
        if self._stale:
            self._ledger.seam.remember(self._stale)
            self._stale = []
        if self._cascaded - self._cascaded_stored:
            note_cascaded(self._ledger, self._cascaded)

    def committed(self) -> None:
        """The transaction is committed, and what was stored in it stays."""
        self._cascaded_stored |= self._cascaded

    def touch(self, changes: Sequence[Change]) -> None:
        """Remember which rows are written, where somebody wants to know."""
        if self._touched is None:
            return
        for table in {change.table for change in changes}:
            self._touched.add(self._pairs[table], [change for change in changes if change.table == table])

    def _sorted(self, changes: Sequence[Change]) -> Sequence[Change]:
        """What is to be written of changes while the copy is at work; all of them later."""
        if self.beside_copy is None:
            return changes
        result = self.beside_copy.sort(changes)
        self._stale += result.stale
        return result.apply

    def _put(self, changes: Sequence[Change]) -> int:
        """Write changes whose foreign keys have acted already: a row that goes to quarantine takes no other with it."""
        if self.quarantine is not None:
            if not self._quarantine_known:  # lanes put rows there, too; those of chunks that are done can be seen now
                self.quarantine.reload()
                self._quarantine_known = self.beside_copy is None
            changes = self.quarantine.sorted_out(changes)
        if self.outside is not None:
            self.outside.require_untouched(self._session, changes)
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
        return rows if self.quarantine is None else [*rows, *self.quarantine.matching(table, where)]


__all__ = ["RowWriter"]
