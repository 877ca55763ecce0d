"""Where copy and log meet while both are at work: chunks that are being read, rows that have to be read again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from database_migration.engines.protocol import Parameter
from database_migration.ledger._table import LedgerPart, now

ANY_CHUNK = -1
"""Instead of a chunk's number: it is not known in which chunk of the table the row lies."""
_AT_ONCE = 200

Chunk = tuple[str, int]
"""A source table's name and a chunk's number."""


@dataclass(frozen=True, slots=True)
class StaleRow:
    """A row that changed while its chunk was being read, by its key's transfer texts."""

    table: str
    chunk: int
    key: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Stands for the key, which may be longer than an index holds."""
        return hashlib.sha256(json.dumps(self.key).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Seam(LedgerPart):
    """Readings and stale rows of one run."""

    def begin_reading(self, table: str, chunks: Sequence[int], *, lane: str) -> None:
        """Say that chunks' read begins after this is committed: to be called by a session without a transaction.

        A dead lane's reading stays until the chunk is read again; nothing is lost by that.
        """
        for chunk in chunks:
            self.put(
                "UPDATE database_migration.chunk_reading SET lane = %s, began_at = %s"
                " WHERE migration = %s AND epoch = %s AND table_name = %s AND ordinal = %s",
                "INSERT INTO database_migration.chunk_reading (migration, epoch, table_name, ordinal, lane, began_at)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                (lane, now(), *self.scope, table, chunk),
                (*self.scope, table, chunk, lane, now()),
            )

    def end_reading(self, table: str, chunks: Sequence[int]) -> None:
        """Say that chunks are read; to be called in the transaction in which they turn done."""
        self.session.execute(
            "DELETE FROM database_migration.chunk_reading WHERE migration = %s AND epoch = %s AND table_name = %s"
            f" AND ordinal IN ({', '.join(['%s'] * len(chunks))})",
            (*self.scope, table, *chunks),
        )

    def readings(self, table: str) -> Mapping[int, datetime]:
        """The chunks of a table that are being read, and since when."""
        rows = self.session.execute(
            "SELECT ordinal, began_at FROM database_migration.chunk_reading"
            " WHERE migration = %s AND epoch = %s AND table_name = %s",
            (*self.scope, table),
        )
        return {cast(int, ordinal): cast(datetime, began_at) for ordinal, began_at in rows}

    def states(self, chunks: Sequence[Chunk]) -> Mapping[Chunk, tuple[bool, bool]]:
        """(done, being read) of some chunks at one moment; one that is not there has gone into another (``extend``)."""
        found: dict[Chunk, tuple[bool, bool]] = {}
        for start in range(0, len(chunks), _AT_ONCE):
            some = chunks[start : start + _AT_ONCE]
            values: list[Parameter] = [*self.scope]
            for table, ordinal in some:
                values += [table, ordinal]
            rows = self.session.execute(
                "SELECT c.table_name, c.ordinal, c.done, r.ordinal FROM database_migration.chunk c"
                " LEFT JOIN database_migration.chunk_reading r ON r.migration = c.migration AND r.epoch = c.epoch"
                " AND r.table_name = c.table_name AND r.ordinal = c.ordinal"
                " WHERE c.migration = %s AND c.epoch = %s AND ("
                + " OR ".join(["(c.table_name = %s AND c.ordinal = %s)"] * len(some))
                + ")",
                values,
            )
            found |= {(str(table), cast(int, n)): (bool(done), read is not None) for table, n, done, read in rows}
        return found

    def remember(self, rows: Iterable[StaleRow]) -> None:
        """Store rows that have to be read again, in the transaction that would have applied their changes."""
        for some in _in_batches(rows):
            stored = self.session.execute(
                "SELECT table_name, ordinal, digest FROM database_migration.stale_row"
                f" WHERE migration = %s AND epoch = %s AND ({_any_of(some)})",
                (*self.scope, *_names(some)),
            )
            known = {(str(table), cast(int, chunk), str(digest)) for table, chunk, digest in stored}
            new = [row for row in some if (row.table, row.chunk, row.digest) not in known]
            if not new:
                continue
            values: list[Parameter] = []
            for row in new:
                values += [*self.scope, row.table, row.chunk, row.digest, json.dumps(row.key)]
            self.session.execute(
                "INSERT INTO database_migration.stale_row (migration, epoch, table_name, ordinal, digest, row_key)"
                " VALUES " + ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(new)),
                values,
            )

    def ready(self, at_most: int) -> list[StaleRow]:
        """Stale rows whose chunks are done."""
        rows = self.session.execute(
            "SELECT s.table_name, s.ordinal, s.row_key FROM database_migration.stale_row s"
            " WHERE s.migration = %s AND s.epoch = %s AND NOT EXISTS (SELECT 1 FROM database_migration.chunk c"
            "   WHERE c.migration = s.migration AND c.epoch = s.epoch AND c.table_name = s.table_name AND c.done = 0"
            f"  AND (c.ordinal = s.ordinal OR s.ordinal = {ANY_CHUNK}))"
            f" LIMIT {int(at_most)}",
            self.scope,
        )
        return [StaleRow(str(table), cast(int, n), tuple(json.loads(str(key)))) for table, n, key in rows]

    def forget(self, rows: Iterable[StaleRow]) -> None:
        """Forget stale rows, in the transaction that wrote them anew."""
        for some in _in_batches(rows):
            self.session.execute(
                f"DELETE FROM database_migration.stale_row WHERE migration = %s AND epoch = %s AND ({_any_of(some)})",
                (*self.scope, *_names(some)),
            )

    def stale(self) -> int:
        """How many rows wait to be read again."""
        rows = self.session.execute(
            "SELECT count(*) FROM database_migration.stale_row WHERE migration = %s AND epoch = %s", self.scope
        )
        return int(cast(int, rows[0][0]))


def _in_batches(rows: Iterable[StaleRow]) -> Iterator[list[StaleRow]]:
    every = list(dict.fromkeys(rows))
    for start in range(0, len(every), _AT_ONCE):
        yield every[start : start + _AT_ONCE]


def _any_of(rows: Sequence[StaleRow]) -> str:
    return " OR ".join(["(table_name = %s AND ordinal = %s AND digest = %s)"] * len(rows))


def _names(rows: Sequence[StaleRow]) -> list[Parameter]:
    return [value for row in rows for value in (row.table, row.chunk, row.digest)]


__all__ = ["ANY_CHUNK", "Chunk", "Seam", "StaleRow"]
