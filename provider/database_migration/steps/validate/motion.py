"""Tells a row that differs from a row that is on its way.

While changes are applied the two sides are read at different moments of the source's history. A difference is
one only if it outlives the way: the source's row is read, then the log's end is taken, then everything up to that
end is waited for, then the target's row is read and the source's once more. If the source's row is the same in
both reads, the target has had to hold it by now, and a difference is real. If it is not, the row is in motion and
the whole is tried again. The source's second read comes last, so no change can hide between the reads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from database_migration.ledger import Positions, Quarantine
from database_migration.model.log_position import LogPosition
from database_migration.model.migration_state import Direction
from database_migration.model.table_selection import TablePair
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate.canonical import canonical
from database_migration.steps.validate.difference import Difference, DifferenceKind
from database_migration.steps.validate.row_values import (
    RowKey,
    RowValues,
    difference,
    in_batches,
    key_of,
    source_rows,
    target_rows,
)
from database_migration.steps.validate.sides import Sides

_ASK_EVERY = 0.1


@dataclass(slots=True)
class Judgement:
    """What came of a set of rows."""

    differences: list[Difference] = field(default_factory=list)
    in_motion: set[RowKey] = field(default_factory=set)
    """The source changed them each time they were looked at."""
    left_out: set[RowKey] = field(default_factory=set)
    """The target lacks them, and they are in quarantine as the source has them."""
    not_judged: set[RowKey] = field(default_factory=set)
    """Replication did not get as far as it had to in time."""

    def add(self, other: Judgement) -> None:
        """Take another judgement's rows over."""
        self.differences += other.differences
        self.in_motion |= other.in_motion
        self.left_out |= other.left_out
        self.not_judged |= other.not_judged


class Motion:
    """Waits for replication while it runs; a context manager, shared by threads.

    :param epoch: the run's epoch; None for a target that stands still, for which nothing is waited.
    :param written_back: the target's changes were applied to the source: a row of the target is one of the source's,
        whether it obeys the table's condition or not.
    """

    def __init__(
        self, run: MigrationRun, epoch: int | None, *, settle_seconds: float, written_back: bool = False
    ) -> None:
        self._run = run
        self._written_back = written_back
        self._epoch = epoch
        self._settle_seconds = settle_seconds
        self._stack = ExitStack()
        self._positions: Positions | None = None
        self._quarantine: Quarantine | None = None
        self._lock = threading.Lock()
        self._stuck = False
        self._stuck_at: LogPosition | None = None
        """Where the applied position was when waiting for it was given up."""

    def __enter__(self) -> Self:
        if self._epoch is not None:
            session = self._stack.enter_context(self._run.target.connect("validate"))
            ledger = self._run.ledger_over(session, self._epoch)
            self._positions, self._quarantine = ledger.positions, ledger.quarantine
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def moving(self) -> bool:
        """Whether replication is under way."""
        return self._epoch is not None

    def sees_all_rows(self, pair: TablePair) -> bool:
        """Whether rows are judged against rows of the source that do not take part, too."""
        return self._written_back and bool(pair.source.where)

    def settle(self) -> bool:
        """Wait until all that the source's log holds now is applied; False when nothing more is applied for so long.

        As long as changes are applied, however slowly, the end of the log as it is now comes nearer. Where nobody
        applies at all, only the first caller waits.
        """
        if self._positions is None:
            return True
        end = self._run.source.change_log.end()
        deadline, latest = time.monotonic() + self._settle_seconds, self._applied()
        while latest is None or latest < end:
            if self._stuck and latest == self._stuck_at:
                return False
            if time.monotonic() >= deadline:
                self._stuck, self._stuck_at = True, latest
                return False
            time.sleep(_ASK_EVERY)
            applied = self._applied()
            if applied != latest:
                deadline, latest = time.monotonic() + self._settle_seconds, applied
        return True

    def _applied(self) -> LogPosition | None:
        if self._positions is None:
            return None
        with self._lock:
            stored = self._positions.get(Direction.FORWARD)
        return None if stored is None else stored.position

    def judge(self, sides: Sides, pair: TablePair, keys: Iterable[RowKey]) -> Judgement:
        """Compare rows by value; ``keys`` may be spelled as either side does."""
        judgement = Judgement()
        pair = pair.of_all_rows if self._written_back else pair
        for batch in in_batches(keys):
            judgement.add(self._judge(sides, pair, batch) if self.moving else self._compare(sides, pair, batch))
        return judgement

    def _compare(self, sides: Sides, pair: TablePair, keys: list[RowKey]) -> Judgement:
        source, target = sides.both(
            lambda session: source_rows(self._run, session, pair, keys),
            lambda session: target_rows(self._run, session, pair, keys),
        )
        left_out = self._left_out(pair, [key for key in keys if key_of(pair, key) not in target])
        judgement = Judgement()
        for key in keys:
            name = key_of(pair, key)
            found = difference(pair, key, source.get(name), target.get(name))
            if found is None:
                continue
            if _is_explained(pair, found, source.get(name), left_out.get(name)):
                judgement.left_out.add(key)
            else:
                judgement.differences.append(found)
        return judgement

    def _judge(self, sides: Sides, pair: TablePair, keys: list[RowKey]) -> Judgement:
        judgement = Judgement()
        deadline = time.monotonic() + self._settle_seconds
        waiting = list(keys)
        while waiting:
            before = source_rows(self._run, sides.source, pair, waiting)
            if not self.settle():
                judgement.not_judged.update(waiting)
                break
            target = target_rows(self._run, sides.target, pair, waiting)
            # Before the source's second read: a row that is the same in both has not come back in between.
            left_out = self._left_out(pair, [key for key in waiting if key_of(pair, key) not in target])
            after = source_rows(self._run, sides.source, pair, waiting)
            moved = []
            for key in waiting:
                name = key_of(pair, key)
                found = difference(pair, key, after.get(name), target.get(name))
                if found is None or _is_explained(pair, found, after.get(name), left_out.get(name)):
                    continue
                if before.get(name) == after.get(name):
                    judgement.differences.append(found)
                else:
                    moved.append(key)
            waiting = moved
            if waiting and time.monotonic() >= deadline:
                judgement.in_motion.update(waiting)
                break
        return judgement

    def _left_out(self, pair: TablePair, keys: Iterable[RowKey]) -> dict[RowKey, Mapping[str, str | None]]:
        """The values of rows that are in quarantine now, by canonical key."""
        found: dict[RowKey, Mapping[str, str | None]] = {}
        with self._lock:
            if self._quarantine is None:
                self._quarantine = self._stack.enter_context(self._run.ledger()).quarantine
            for key in keys:
                row = self._quarantine.row(pair.source.name, key)
                if row is not None:
                    found[key_of(pair, key)] = row.values
        return found


def _is_explained(
    pair: TablePair, found: Difference, source: RowValues | None, kept: Mapping[str, str | None] | None
) -> bool:
    """Whether a row that the target lacks is in quarantine, in the version that the source has."""
    if found.kind is not DifferenceKind.MISSING or source is None or kept is None:
        return False
    return all(
        canonical(column.form, kept[column.source.name]) == value
        for column, value in zip(pair.columns, source.canonical, strict=True)
        if column.source.name in kept
    )


__all__ = ["Judgement", "Motion"]
