"""Chunks: which key ranges are copied.

A lane claims a chunk by locking its line and copies inside the same transaction: the line turns done
with the rows or not at all, and a killed lane's lock ends with its connection. Nothing has to time out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import cast

from database_migration.engines.protocol import Parameter
from database_migration.ledger._table import LedgerPart, now
from database_migration.ledger.seam import Chunk
from database_migration.model.key_range import KeyRange
from database_migration.model.migration_state import ChunkLine, CopyProgress

_MOST_LANES = 64
_LINES_PER_INSERT = 500


@dataclass(frozen=True, slots=True)
class Chunks(LedgerPart):
    """The chunks of one run."""

    def planned(self, table: str) -> bool:
        """Whether a table has been cut already."""
        return bool(
            self.session.execute(
                "SELECT 1 FROM database_migration.chunk"
                " WHERE migration = %s AND epoch = %s AND table_name = %s LIMIT 1",
                (*self.scope, table),
            )
        )

    def any_done(self, table: str) -> bool:
        """Whether a chunk of a table is done, so that rows in it are ours."""
        return bool(
            self.session.execute(
                "SELECT 1 FROM database_migration.chunk"
                " WHERE migration = %s AND epoch = %s AND table_name = %s AND done = 1 LIMIT 1",
                (*self.scope, table),
            )
        )

    def plan(self, table: str, ranges: Sequence[KeyRange], *, estimated_rows: int) -> None:
        """Store a table's chunks, all or none; does nothing when it has been cut already."""
        with self.session.transaction():
            if self.planned(table):
                return
            each = estimated_rows // max(len(ranges), 1)
            lines = list(enumerate(ranges))
            for first in range(0, len(lines), _LINES_PER_INSERT):
                batch = lines[first : first + _LINES_PER_INSERT]
                values: list[Parameter] = []
                for ordinal, rows in batch:
                    values += [*self.scope, table, ordinal, rows.lower, rows.upper, each]
                self.session.execute(
                    "INSERT INTO database_migration.chunk"
                    " (migration, epoch, table_name, ordinal, lower_key, upper_key, estimated_rows)"
                    " VALUES " + ", ".join(["(%s, %s, %s, %s, %s, %s, %s)"] * len(batch)),
                    values,
                )

    def claim(self, tables: Sequence[str] = ()) -> ChunkLine | None:
        """Lock the next chunk that nobody works on, for the rest of the caller's transaction.

        The largest chunks come first, so that the last lane to finish finishes early. Candidates are read
        without locks and then locked one by one by their whole key: a locking read that has to sort locks every
        line that it looks at on InnoDB, and the other lanes would find nothing left to claim.
        """
        only = f" AND table_name IN ({', '.join(['%s'] * len(tables))})" if tables else ""
        candidates = self.session.execute(
            "SELECT table_name, ordinal FROM database_migration.chunk"
            f" WHERE migration = %s AND epoch = %s AND done = 0{only}"
            f" ORDER BY estimated_rows DESC, table_name, ordinal LIMIT {_MOST_LANES * 4}",
            (*self.scope, *tables),
        )
        for table, ordinal in candidates:
            line = self.claim_chunk((str(table), cast(int, ordinal)))
            if line is not None:
                return line
        return None

    def claim_chunk(self, chunk: Chunk) -> ChunkLine | None:
        """Lock one chunk for the rest of the caller's transaction; None when it is done or somebody works on it."""
        rows = self.session.execute(
            "SELECT table_name, ordinal, lower_key, upper_key, done, row_count, byte_count, seconds"
            " FROM database_migration.chunk"
            " WHERE migration = %s AND epoch = %s AND table_name = %s AND ordinal = %s AND done = 0"
            " FOR UPDATE SKIP LOCKED",
            (*self.scope, *chunk),
        )
        return _line(rows[0]) if rows else None

    def open(self) -> list[Chunk]:
        """Chunks that are not done, claimed ones included, the largest first."""
        rows = self.session.execute(
            "SELECT table_name, ordinal FROM database_migration.chunk"
            " WHERE migration = %s AND epoch = %s AND done = 0 ORDER BY estimated_rows DESC, table_name, ordinal",
            self.scope,
        )
        return [(str(table), cast(int, ordinal)) for table, ordinal in rows]

    def extend(self, line: ChunkLine, chunks: int) -> tuple[ChunkLine, tuple[int, ...]]:
        """Make one chunk of a claimed one and up to ``chunks - 1`` that follow it and that nobody works on.

        Belongs to the caller's transaction: when that is undone, they are single chunks again. Returns the longer
        chunk, and the numbers of those that went into it.
        """
        if chunks <= 1:
            return line, ()
        followers = self.session.execute(
            "SELECT ordinal, lower_key, upper_key, estimated_rows FROM database_migration.chunk"
            " WHERE migration = %s AND epoch = %s AND table_name = %s AND ordinal > %s AND done = 0"
            f" ORDER BY ordinal LIMIT {int(chunks) - 1}",
            (*self.scope, line.table, line.ordinal),
        )
        upper, taken, estimated_rows = line.upper, [], 0
        for ordinal, lower_key, upper_key, rows in followers:
            if upper is None or lower_key != upper or not self._lock(line.table, cast(int, ordinal)):
                break
            upper = cast("str | None", upper_key)
            taken.append(cast(int, ordinal))
            estimated_rows += int(cast(int, rows))
        if not taken:
            return line, ()
        self.session.execute(
            "DELETE FROM database_migration.chunk WHERE migration = %s AND epoch = %s AND table_name = %s"
            f" AND ordinal IN ({', '.join(['%s'] * len(taken))})",
            (*self.scope, line.table, *taken),
        )
        self.session.execute(
            "UPDATE database_migration.chunk SET upper_key = %s, estimated_rows = estimated_rows + %s"
            " WHERE migration = %s AND epoch = %s AND table_name = %s AND ordinal = %s",
            (upper, estimated_rows, *self.scope, line.table, line.ordinal),
        )
        return replace(line, upper=upper), tuple(taken)

    def _lock(self, table: str, ordinal: int) -> bool:
        return bool(
            self.session.execute(
                "SELECT 1 FROM database_migration.chunk WHERE migration = %s AND epoch = %s AND table_name = %s"
                " AND ordinal = %s AND done = 0 FOR UPDATE SKIP LOCKED",
                (*self.scope, table, ordinal),
            )
        )

    def finish(self, line: ChunkLine, *, rows: int, octets: int, seconds: float, lane: str) -> None:
        """Mark a chunk done; to be called in the transaction that loaded its rows."""
        self.session.execute(
            "UPDATE database_migration.chunk SET done = 1, row_count = %s, byte_count = %s, seconds = %s,"
            " lane = %s, done_at = %s"
            " WHERE migration = %s AND epoch = %s AND table_name = %s AND ordinal = %s",
            (rows, octets, seconds, lane, now(), *self.scope, line.table, line.ordinal),
        )

    def withdraw(self, table: str) -> None:
        """Take away what is not copied of a table, so that no lane claims more of it; waits for lanes at work on it."""
        self.session.execute(
            "DELETE FROM database_migration.chunk WHERE migration = %s AND epoch = %s AND table_name = %s AND done = 0",
            (*self.scope, table),
        )

    def forget(self, table: str) -> None:
        """Forget all chunks of a table, whose rows are gone; it can be cut anew."""
        for ledger_table in ("chunk_reading", "stale_row", "chunk"):
            self.session.execute(
                f"DELETE FROM database_migration.{ledger_table}"
                " WHERE migration = %s AND epoch = %s AND table_name = %s",
                (*self.scope, table),
            )

    def unfinished(self) -> int:
        """Chunks that are not done, claimed ones included."""
        rows = self.session.execute(
            "SELECT count(*) FROM database_migration.chunk WHERE migration = %s AND epoch = %s AND done = 0",
            self.scope,
        )
        return int(cast(int, rows[0][0]))

    def lines(self, table: str) -> list[ChunkLine]:
        """All chunks of a table in key order."""
        rows = self.session.execute(
            "SELECT table_name, ordinal, lower_key, upper_key, done, row_count, byte_count, seconds"
            " FROM database_migration.chunk WHERE migration = %s AND epoch = %s AND table_name = %s ORDER BY ordinal",
            (*self.scope, table),
        )
        return [_line(row) for row in rows]

    def progress(self) -> list[CopyProgress]:
        """Rows, chunks and bytes per table."""
        rows = self.session.execute(
            "SELECT table_name, count(*), sum(done), sum(row_count), sum(estimated_rows), sum(byte_count), sum(seconds)"
            " FROM database_migration.chunk WHERE migration = %s AND epoch = %s"
            " GROUP BY table_name ORDER BY table_name",
            self.scope,
        )
        return [_progress(row) for row in rows]


def _progress(row: tuple[object, ...]) -> CopyProgress:
    table, chunks, done, rows, estimated_rows, octets, seconds = row
    return CopyProgress(
        str(table),
        int(cast(int, chunks)),
        int(cast(Decimal, done)),
        int(cast(Decimal, rows)),
        int(cast(Decimal, estimated_rows)),
        int(cast(Decimal, octets)),
        float(cast(float, seconds)),
    )


def _line(row: tuple[object, ...]) -> ChunkLine:
    table, ordinal, lower, upper, done, rows, octets, seconds = row
    return ChunkLine(
        str(table),
        int(cast(int, ordinal)),
        cast("str | None", lower),
        cast("str | None", upper),
        bool(done),
        int(cast(int, rows)),
        int(cast(int, octets)),
        float(cast(float, seconds)),
    )


__all__ = ["Chunks"]
