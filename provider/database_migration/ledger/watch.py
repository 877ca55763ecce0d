"""The watch between copy and cutover: which ranges were compared when, and which rows differ.

Everything is one line per range and per row, so a watch that is killed goes on where it was, and several may work at
once: they would compare a range twice at worst.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from database_migration.engines.protocol import Parameter, Row
from database_migration.ledger._table import LedgerPart, now
from database_migration.model.key_range import KeyRange

_LINES_PER_INSERT = 500

RowKey = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WatchedChunk:
    """A range with what is known of it."""

    table: str
    ordinal: int
    lower: str | None
    upper: str | None
    rounds: int
    equal_at: datetime | None
    """When it was last found equal."""


@dataclass(frozen=True, slots=True)
class WatchedRow:
    """A row that differed when it was last looked at."""

    table: str
    key: RowKey
    kind: str
    columns: tuple[str, ...]
    written_by: str = ""
    found_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watch(LedgerPart):
    """The watch of one run."""

    def is_planned(self, table: str) -> bool:
        """Whether a table has been cut."""
        return bool(
            self.session.execute(
                "SELECT 1 FROM database_migration.watched_chunk WHERE migration = %s AND epoch = %s"
                " AND table_name = %s LIMIT 1",
                (*self.scope, table),
            )
        )

    def plan(self, table: str, ranges: Sequence[KeyRange]) -> None:
        """Store a table's ranges, all or none; does nothing when it has been cut already."""
        with self.session.transaction():
            if self.is_planned(table):
                return
            lines = list(enumerate(ranges))
            for first in range(0, len(lines), _LINES_PER_INSERT):
                batch = lines[first : first + _LINES_PER_INSERT]
                values: list[Parameter] = []
                for ordinal, rows in batch:
                    values += [*self.scope, table, ordinal, rows.lower, rows.upper]
                self.session.execute(
                    "INSERT INTO database_migration.watched_chunk"
                    " (migration, epoch, table_name, ordinal, lower_key, upper_key)"
                    " VALUES " + ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(batch)),
                    values,
                )

    def next(self) -> WatchedChunk | None:
        """The range that was looked at least often; None where nothing is cut."""
        rows = self.session.execute(
            "SELECT table_name, ordinal, lower_key, upper_key, rounds, equal_at FROM database_migration.watched_chunk"
            " WHERE migration = %s AND epoch = %s ORDER BY rounds, table_name, ordinal LIMIT 1",
            self.scope,
        )
        return _chunk(rows[0]) if rows else None

    def checked(self, chunk: WatchedChunk, *, rows: int, equal: bool) -> None:
        """Record that a range was compared."""
        at = now()
        self.session.execute(
            "UPDATE database_migration.watched_chunk SET rounds = rounds + 1, row_count = %s, checked_at = %s,"
            " equal_at = COALESCE(%s, equal_at)"
            " WHERE migration = %s AND epoch = %s AND table_name = %s AND ordinal = %s",
            (rows, at, at if equal else None, *self.scope, chunk.table, chunk.ordinal),
        )

    def progress(self) -> tuple[int, int, int]:
        """(complete rounds, ranges, ranges done in the present round)"""
        ((chunks, rounds),) = self.session.execute(
            "SELECT count(*), COALESCE(min(rounds), 0) FROM database_migration.watched_chunk"
            " WHERE migration = %s AND epoch = %s",
            self.scope,
        )
        ((ahead,),) = self.session.execute(
            "SELECT count(*) FROM database_migration.watched_chunk WHERE migration = %s AND epoch = %s AND rounds > %s",
            (*self.scope, int(cast(int, rounds))),
        )
        return int(cast(int, rounds)), int(cast(int, chunks)), int(cast(int, ahead))

    def keep(self, row: WatchedRow) -> None:
        """Remember a row that differs; when it was first found stays."""
        at, digest = now(), _digest(row.key)
        values = (row.kind, json.dumps(row.columns), row.written_by, at)
        self.put(
            "UPDATE database_migration.watched_row SET kind = %s, columns = %s, written_by = %s, seen_at = %s"
            " WHERE migration = %s AND epoch = %s AND table_name = %s AND key_digest = %s",
            "INSERT INTO database_migration.watched_row (kind, columns, written_by, seen_at, migration, epoch,"
            " table_name, key_digest, row_key, found_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (*values, *self.scope, row.table, digest),
            (*values, *self.scope, row.table, digest, json.dumps(row.key, ensure_ascii=False), at),
        )

    def forget(self, table: str, key: RowKey) -> None:
        """A row is equal again."""
        self.session.execute(
            "DELETE FROM database_migration.watched_row WHERE migration = %s AND epoch = %s AND table_name = %s"
            " AND key_digest = %s",
            (*self.scope, table, _digest(key)),
        )

    def rows(self, limit: int = 1000) -> list[WatchedRow]:
        """Rows that differ, those found first in front."""
        found = self.session.execute(
            "SELECT table_name, row_key, kind, columns, written_by, found_at FROM database_migration.watched_row"
            f" WHERE migration = %s AND epoch = %s ORDER BY found_at, table_name LIMIT {int(limit)}",
            self.scope,
        )
        return [_row(line) for line in found]


def _digest(key: RowKey) -> str:
    return hashlib.blake2b(json.dumps(key).encode(), digest_size=16).hexdigest()


def _chunk(row: Row) -> WatchedChunk:
    table, ordinal, lower, upper, rounds, equal_at = row
    return WatchedChunk(
        str(table),
        int(cast(int, ordinal)),
        cast("str | None", lower),
        cast("str | None", upper),
        int(cast(int, rounds)),
        cast("datetime | None", equal_at),
    )


def _row(row: Row) -> WatchedRow:
    table, key, kind, columns, written_by, found_at = row
    return WatchedRow(
        str(table),
        tuple(json.loads(str(key))),
        str(kind),
        tuple(json.loads(str(columns))),
        str(written_by),
        cast("datetime | None", found_at),
    )


__all__ = ["Watch", "WatchedChunk", "WatchedRow"]
