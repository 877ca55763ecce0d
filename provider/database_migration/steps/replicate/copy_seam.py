"""Applies changes while chunks are still being copied, so that the log need not be kept until the copy's end.

The rule. A change belongs to the chunk that its row's key falls into. When the applier has a change in hand, it first
waits until reads of the source see it (``Visibility``), and only then looks how far that chunk is:

* **done**: the change is applied, as an idempotent row image. It may be older than what the chunk brought; what the log
  still holds between the two follows and puts that right.
* **waiting**, which is: not done, and no lane has said that it reads it. The change is dropped. A lane says so in a
  transaction of its own that is committed before its read begins; as nobody had when we looked, the chunk's read
  begins after we looked, hence after the change could be seen, and brings it.
* **reading**: the read may have begun before the change could be seen, and nothing tells. The row's key is stored, as
  *stale*. Once the chunk is done, the row is read again from the source and written as it is, or deleted. That
  reading comes after the change could be seen, and so did every later one's; what the log holds in between follows.

The dropped changes and the stale keys are committed with the position. So the position moves on while the copy is under
way, and the server may forget the log before it. An event that arrives before its row can be read (Spirit's
gtid_visibility_race) costs a short wait here; dropping without that wait would lose it: the model check finds that
within a handful of moves.

Why it is enough. Only the applier writes to rows of done chunks, only a chunk's lane to rows of the others: what it
loads is committed together with "done" and the end of its reading, in one transaction. So each row's last writer before
the copy's end is (a) its chunk, with all that could be seen when its read began; (b) then, for what could first be seen
while it was read, the stale reading; (c) then, in order, every change that was taken in hand after the chunk was
seen as done. Each change is in (a), (b) or (c), because "reading" and "done" are looked up in one statement and
"waiting" turns only into "reading", "reading" only into "done". A lane that dies leaves its reading line behind, which
means stale keys instead of dropped changes: more work and no loss.

A row that moves from key to key is a deletion in one chunk and an insertion in another. Where the log leaves values
out of such a row, it is read again too (``reread``). A lane may make one chunk of several: it says that it reads each
of them, and in its transaction they go into the first; a change that finds its chunk gone looks the table's chunks up
again. TRUNCATE empties the table on the target after those reads have ended that were under way when it could be seen.
Where ranges cannot be told apart here (``ChunkKey.place``), a row belongs to all chunks of its table: done when all
are, waiting while all wait, else reading.

Cascades that the log does not tell are looked up on the target, which holds a part of the rows only: the tables below
such a change are noted, and compared at the copy's end (``cascaded``).

In between, the target is no state of the source: it becomes one when all chunks are done, no key is stale, and the log
is applied to where it ended after that (``settled``). No unique key but the row key may exist before.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from database_migration.engines.protocol import Session, Visibility
from database_migration.errors import Interrupted
from database_migration.ledger import ANY_CHUNK, Chunk, Ledger, StaleRow
from database_migration.model.change import Change, ChangeTransaction, Operation, RowImage
from database_migration.model.key_range import ChunkKey
from database_migration.model.migration_state import ChunkLine
from database_migration.model.table_selection import TablePair
from database_migration.steps.replicate.reread import VISIBLE_WITHIN
from database_migration.steps.replicate.settled import COPY_END_NOTE
from database_migration.steps.replicate.sort_changes import Reach, Sorted, together
from database_migration.steps.run import Database, MigrationRun
from database_migration.steps.validate.row_values import in_batches, key_of, read_rows

_READINGS_WITHIN = 3600.0
_LOOK_AGAIN = 0.1
_DRAINED_AT_ONCE = 500
_TRIES = 10


class CopySeam:
    """Open from the moment it is asked until the copy's end; a context manager over sessions of its own.

    :param ledger: over a session without a transaction.
    """

    def __init__(self, run: MigrationRun, ledger: Ledger, read: Database, pairs: Mapping[str, TablePair]) -> None:
        self._run = run
        self._ledger = ledger
        self._read = read
        self._pairs = pairs
        self._stack = ExitStack()
        self._visibility: Visibility | None = None
        self._session: Session | None = None
        self._cuts: dict[str, _Cut] = {}
        self._done: set[Chunk] = set()
        self._states: dict[Chunk, Reach] = {}
        self.is_open = ledger.notes.get_note(COPY_END_NOTE) is None or ledger.seam.stale() > 0

    def close(self) -> None:
        """End the sessions."""
        self._stack.close()

    def look(self) -> None:
        """Close the seam once the copy has ended and nothing is stale."""
        if self._ledger.notes.get_note(COPY_END_NOTE) is not None and not self._ledger.seam.stale():
            self.is_open = False
            self._stack.close()

    def receive(self, batch: Sequence[ChangeTransaction]) -> None:
        """Make ready for ``sort``: wait until reads see the batch, and for the readings that a TRUNCATE meets."""
        self._watch().wait(batch, timeout=VISIBLE_WITHIN)
        self._states.clear()
        truncated: set[str] = set()
        wanted: set[Chunk] = set()
        for transaction in batch:
            for change in transaction.changes:
                if change.operation is Operation.TRUNCATE:
                    truncated.add(change.table)
                for image in (change.before, change.after):
                    if image is not None:
                        wanted.update((change.table, chunk) for chunk in self._chunks(change.table, image))
        for table in truncated:
            self._let_readings_end(table)
        self._look_up(wanted)

    def sort(self, changes: Sequence[Change]) -> Sorted:
        """What becomes of changes of the batch that was received, and of those that follow from them."""
        result = Sorted()
        for change in changes:
            result.add(self._pairs[change.table], change, self._find)
        return result

    def drain(self) -> tuple[list[StaleRow], list[Change]]:
        """Stale rows whose chunks are done, and what makes them as they are on the side that is read.

        To be called between batches: reads see all that was received.
        """
        self._states.clear()
        rows = self._ledger.seam.ready(_DRAINED_AT_ONCE)
        by_table: dict[str, list[StaleRow]] = defaultdict(list)
        for row in rows:
            by_table[row.table].append(row)
        changes: list[Change] = []
        for table, some in by_table.items():
            changes += self._as_read(self._pairs[table], some)
        return rows, changes

    def _as_read(self, pair: TablePair, rows: Sequence[StaleRow]) -> list[Change]:
        if self._session is None:
            self._session = self._stack.enter_context(self._read.connect("read again"))
        changes = []
        names = [column.source.name for column in pair.columns]
        for keys in in_batches({row.key for row in rows}):
            found = read_rows(self._read, self._session, pair, keys)
            for key in keys:
                row = found.get(key_of(pair, key))
                if row is None:
                    before = {column.source.name: text for column, text in zip(pair.row_key, key, strict=True)}
                    changes.append(Change(Operation.DELETE, pair.source.name, before=before))
                else:
                    after = dict(zip(names, row.texts, strict=True))
                    changes.append(Change(Operation.INSERT, pair.source.name, after=after))
        return changes

    def _watch(self) -> Visibility:
        if self._visibility is None:
            watch = self._read.change_log.visibility(self._run.log_name)
            self._visibility = self._stack.enter_context(watch)
        return self._visibility

    def _find(self, table: str, image: RowImage) -> tuple[Reach, int]:
        for _ in range(_TRIES):
            chunks = [(table, chunk) for chunk in self._chunks(table, image)]
            self._look_up({chunk for chunk in chunks if chunk not in self._states})
            if all(chunk in self._done or chunk in self._states for chunk in chunks):
                reaches = [Reach.DONE if one in self._done else self._states[one] for one in chunks]
                return together(reaches), chunks[0][1] if len(chunks) == 1 else ANY_CHUNK
            del self._cuts[table]  # a lane has made one chunk of several
        raise Interrupted(
            "the chunks of the table changed again and again while a change was looked at.",
            mend="nothing: the next try looks anew.",
            subject=table,
        )

    def _look_up(self, chunks: set[Chunk]) -> None:
        unknown = [chunk for chunk in chunks if chunk not in self._done]
        if not unknown:
            return
        states = self._ledger.seam.states(unknown)
        for chunk, (done, reading) in states.items():
            if done:
                self._done.add(chunk)
            else:
                self._states[chunk] = Reach.READING if reading else Reach.WAITING

    def _chunks(self, table: str, image: RowImage) -> Sequence[int]:
        cut = self._cuts.get(table)
        if cut is None:
            lines = self._ledger.chunks.lines(table)
            if not lines:
                return ()  # not cut yet: whatever will be read begins later
            cut = self._cuts[table] = _Cut.of(self._pairs[table].source_key, lines)
        return cut.chunks(image)

    def _let_readings_end(self, table: str) -> None:
        """Wait for the reads of a table that are under way now; later ones see what we know of."""
        begun: Mapping[int, datetime] = self._ledger.seam.readings(table)
        deadline = time.monotonic() + _READINGS_WITHIN
        while begun:
            now = self._ledger.seam.readings(table)
            begun = {chunk: since for chunk, since in begun.items() if now.get(chunk) == since}
            if begun and time.monotonic() >= deadline:
                raise Interrupted(
                    "the table was truncated on the side that is read while chunks of it were being copied, and they"
                    " do not end.",
                    mend="clear the lanes' failed tasks; replication goes on when these chunks are done.",
                    subject=table,
                )
            if begun:
                time.sleep(_LOOK_AGAIN)


@dataclass(frozen=True, slots=True)
class _Cut:
    """How a table was cut."""

    key: ChunkKey | None
    every: tuple[int, ...]
    bounds: tuple[tuple[tuple[int, str], ...], ...]
    """Places of the lower bounds of all chunks but the first; empty where places are not known."""

    @classmethod
    def of(cls, key: ChunkKey | None, lines: Sequence[ChunkLine]) -> _Cut:
        every = tuple(line.ordinal for line in lines)
        joined = all(line.upper == after.lower for line, after in pairwise(lines))
        places = [
            key.place(key.values(line.lower)) if key is not None and line.lower is not None else None
            for line in lines[1:]
        ]
        bounds = tuple(place for place in places if place is not None)
        if not joined or len(bounds) != len(lines) - 1 or list(bounds) != sorted(bounds):
            return cls(None, every, ())
        return cls(key, every, bounds)

    def chunks(self, image: RowImage) -> Sequence[int]:
        """The chunks in which a row may lie."""
        if self.key is None:
            return self.every
        values = [image.get(part.column) for part in self.key.parts]
        known = [value for value in values if isinstance(value, str)]
        place = self.key.place(known) if len(known) == len(values) else None
        if place is None:
            return self.every
        return (self.every[bisect_right(self.bounds, place)],)


__all__ = ["CopySeam"]
