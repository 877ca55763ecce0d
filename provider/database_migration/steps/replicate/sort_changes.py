"""What becomes of a change by the state of its row's chunk: applied, read again later, or left to the copy.

Pure decisions; why they are right is told in ``copy_seam``, and ``tests/unit/steps/replicate/test_copy_seam_model.py``
tries them against every order in which a small copy and a small log can meet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from database_migration.ledger import StaleRow
from database_migration.model.change import UNCHANGED, Change, Operation, RowImage
from database_migration.model.table_selection import TablePair
from database_migration.steps.replicate.reread import row_key


class Reach(Enum):
    """How far the copy is with a row, at a moment when reads see the row's change."""

    DONE = auto()
    """The row's chunk is committed on the written side."""
    READING = auto()
    """The chunk's read has begun, perhaps before the change could be seen."""
    WAITING = auto()
    """The chunk's read has not begun; it will see the change."""


Find = Callable[[str, RowImage], tuple[Reach, int]]
"""(table, image with the row key) → how far the copy is with the row, and its chunk's number."""


@dataclass(slots=True)
class Sorted:
    """What is to be done with some changes; what is in neither list is left to the copy."""

    apply: list[Change] = field(default_factory=list)
    stale: list[StaleRow] = field(default_factory=list)

    def add(self, pair: TablePair, change: Change, find: Find) -> None:
        """Decide about a change of one table."""
        before, after = change.before or {}, change.after or {}
        if change.operation is Operation.TRUNCATE or not pair.row_key:
            self.apply.append(change)
        elif change.operation is Operation.INSERT:
            self._one(pair, change, after, find)
        elif change.operation is Operation.DELETE:
            self._one(pair, change, before, find)
        else:
            old = {**after, **{name: value for name, value in before.items() if value is not UNCHANGED}}
            self._update(pair, change, old, after, find)

    def _one(self, pair: TablePair, change: Change, image: RowImage, find: Find) -> None:
        reach, chunk = find(change.table, image)
        if reach is Reach.DONE:
            self.apply.append(change)
        elif reach is Reach.READING:
            self.stale.append(StaleRow(change.table, chunk, row_key(pair, image)))

    def _update(self, pair: TablePair, change: Change, old: RowImage, after: RowImage, find: Find) -> None:
        if row_key(pair, old) == row_key(pair, after):
            self._one(pair, change, after, find)
            return
        (from_reach, _), (to_reach, to_chunk) = find(change.table, old), find(change.table, after)
        if from_reach is to_reach is Reach.DONE:
            self.apply.append(change)
            return
        # The row leaves one chunk and comes into another, which are copied at different moments.
        self._one(pair, Change(Operation.DELETE, change.table, before=old), old, find)
        if to_reach is Reach.DONE and UNCHANGED in after.values():
            self.stale.append(StaleRow(change.table, to_chunk, row_key(pair, after)))
        else:
            self._one(pair, Change(Operation.INSERT, change.table, after=after), after, find)


def together(reaches: Sequence[Reach]) -> Reach:
    """How far the copy is with a row that lies in one of several chunks, nobody knows in which."""
    first = reaches[0] if reaches else Reach.WAITING
    return first if all(reach is first for reach in reaches) else Reach.READING


__all__ = ["Find", "Reach", "Sorted", "together"]
