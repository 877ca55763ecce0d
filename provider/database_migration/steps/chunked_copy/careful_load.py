"""Loads a chunk in which the target refused a value: the good rows land, the bad ones go to quarantine.

The chunk's key range is cut into parts that are streamed as before, each behind a savepoint; a part that is refused is
cut again. What is small, or cannot be cut, is read as texts and loaded by batches, which are halved until a single
row is refused. All of it happens in the chunk's own transaction: its rows, its line and its quarantine commit
together, and a lane that dies in between leaves nothing of it.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from database_migration.engines.protocol import Session
from database_migration.errors import ValueRefused
from database_migration.model.key_range import KeyRange
from database_migration.model.split_range import split
from database_migration.steps.chunked_copy.copy_format import TableStream
from database_migration.steps.chunked_copy.load_by_texts import BATCH_ROWS, LoadByTexts

_PARTS = 16
_DEPTH = 2


@dataclass(frozen=True, slots=True)
class CarefulLoad:
    """One chunk's second attempt, inside the target's transaction."""

    into: LoadByTexts
    stream: TableStream
    source: Session

    def load(self, rows: KeyRange) -> None:
        """Load what the target can hold of a range.

        :raises ValueRefused: a row whose treatment is to refuse; it is named. :raises Refused: too many rows.
        """
        self._part(rows, _DEPTH)

    def _part(self, rows: KeyRange, depth: int) -> None:
        parts = split(rows, _PARTS) if depth else []
        if not parts:
            self._by_texts(rows)
        for part in parts:
            try:
                self._streamed(part)
            except ValueRefused:
                self._part(part, depth - 1)

    def _streamed(self, rows: KeyRange) -> None:
        run, pair = self.into.run, self.into.pair
        blocks = run.source.engine.rows.read_bulk(
            self.source,
            run.source.schema,
            pair.source,
            self.stream.source_columns,
            rows,
            self.stream.binary or run.target.engine.traits.bulk_format,
        )
        with closing(cast(Any, blocks)):
            self.into.stream(self.stream.target_columns, blocks, self.stream.binary)

    def _by_texts(self, rows: KeyRange) -> None:
        run, pair = self.into.run, self.into.pair
        found = run.source.engine.rows.fetch(self.source, run.source.schema, pair.source, pair.source_columns, rows)
        with closing(cast(Any, found)):
            while batch := list(islice(found, BATCH_ROWS)):
                self.into.batch(batch)


__all__ = ["CarefulLoad"]
