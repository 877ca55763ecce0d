"""Rows that the target cannot hold: left out of its tables, kept here with the reason.

A line is written, and taken away again, in the transaction that leaves the row out or lets it in, so a row of the
source is always in exactly one of the two places.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from database_migration.ledger._table import LedgerPart, now

_KEYS_AT_ONCE = 200
_COLUMNS = "table_name, row_key, column_name, kind, reason, row_values, origin, noted_at"

RowKey = tuple[str, ...]
"""Transfer texts of a row key's columns as the source spells them; empty for a row of a table without a key."""


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row that was left out."""

    table: str
    """The source's name."""
    key: RowKey
    column: str | None
    """The column whose value cannot be held, where it is known."""
    kind: str
    """Of ``model.unfit_value.ValueKind``."""
    reason: str
    """In the server's words."""
    values: Mapping[str, str | None]
    """Transfer texts by the source's column names."""
    origin: str
    """``copy``, ``replicate`` or ``repair``."""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Quarantine(LedgerPart):
    """The rows that a run left out."""

    run_id: str

    def keep(self, row: QuarantinedRow) -> None:
        """Keep a row; the latest version of a row counts."""
        values = (row.column, row.kind, row.reason.replace("\0", ""), _json(row.values), row.origin, now())
        identity = (*self.scope, row.table, _digest(row.key))  # a key may be longer than an index takes
        self.put(
            "UPDATE database_migration.quarantine SET column_name = %s, kind = %s, reason = %s, row_values = %s,"
            " origin = %s, noted_at = %s WHERE migration = %s AND epoch = %s AND table_name = %s AND key_digest = %s",
            "INSERT INTO database_migration.quarantine (migration, epoch, table_name, key_digest, column_name, kind,"
            " reason, row_values, origin, noted_at, run_id, row_key)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (*values, *identity),
            (*identity, *values, self.run_id, _json(row.key)),
        )

    def release(self, table: str, keys: Sequence[RowKey]) -> int:
        """Forget rows that the target holds now, or that are gone; how many were here."""
        released = 0
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            digests = [_digest(key) for key in keys[start : start + _KEYS_AT_ONCE]]
            released += self.session.execute_count(
                "DELETE FROM database_migration.quarantine WHERE migration = %s AND epoch = %s AND table_name = %s"
                f" AND key_digest IN ({', '.join(['%s'] * len(digests))})",
                (*self.scope, table, *digests),
            )
        return released

    def release_table(self, table: str) -> int:
        """Forget all rows of a table, as a TRUNCATE of the source does."""
        return self.session.execute_count(
            "DELETE FROM database_migration.quarantine WHERE migration = %s AND epoch = %s AND table_name = %s",
            (*self.scope, table),
        )

    def is_there(self) -> bool:
        """Whether the control schema has the table: one that an earlier release made has it from the next run on."""
        return bool(
            self.session.execute(
                "SELECT 1 FROM information_schema.tables"
                " WHERE table_schema = 'database_migration' AND table_name = 'quarantine'"
            )
        )

    def counts(self) -> dict[str, int]:
        """Rows by source table; tables without any are not named."""
        rows = self.session.execute(
            "SELECT table_name, count(*) FROM database_migration.quarantine WHERE migration = %s AND epoch = %s"
            " GROUP BY table_name ORDER BY table_name",
            self.scope,
        )
        return {str(table): int(cast(int, count)) for table, count in rows}

    def kinds(self, table: str) -> dict[tuple[str, str | None], int]:
        """A table's rows by kind of value and column."""
        rows = self.session.execute(
            "SELECT kind, column_name, count(*) FROM database_migration.quarantine"
            " WHERE migration = %s AND epoch = %s AND table_name = %s"
            " GROUP BY kind, column_name ORDER BY kind, column_name",
            (*self.scope, table),
        )
        return {
            (str(kind), None if column is None else str(column)): int(cast(int, count)) for kind, column, count in rows
        }

    def keys(self, table: str) -> set[RowKey]:
        """The keys of a table's rows."""
        rows = self.session.execute(
            "SELECT row_key FROM database_migration.quarantine WHERE migration = %s AND epoch = %s AND table_name = %s",
            (*self.scope, table),
        )
        return {tuple(json.loads(str(key))) for (key,) in rows}

    def row(self, table: str, key: RowKey) -> QuarantinedRow | None:
        """One row as it was left out; None where it is not here."""
        rows = self.session.execute(
            f"SELECT {_COLUMNS} FROM database_migration.quarantine"
            " WHERE migration = %s AND epoch = %s AND table_name = %s AND key_digest = %s",
            (*self.scope, table, _digest(key)),
        )
        return _row(rows[0]) if rows else None

    def rows(self, table: str, *, at_most: int | None = None) -> Iterator[QuarantinedRow]:
        """A table's rows by key, the first ``at_most`` where given."""
        limit = "" if at_most is None else f" LIMIT {int(at_most)}"
        for found in self.session.execute(
            f"SELECT {_COLUMNS} FROM database_migration.quarantine"
            f" WHERE migration = %s AND epoch = %s AND table_name = %s ORDER BY row_key{limit}",
            (*self.scope, table),
        ):
            yield _row(found)


def _row(found: tuple[object, ...]) -> QuarantinedRow:
    table, key, column, kind, reason, values, origin, at = found
    return QuarantinedRow(
        str(table),
        tuple(json.loads(str(key))),
        None if column is None else str(column),
        str(kind),
        str(reason),
        json.loads(str(values)),
        str(origin),
        cast(datetime, at),
    )


def _json(value: object) -> str:
    """In ASCII: the texts hold what the target's own text may refuse (NUL, octets that are no characters)."""
    return json.dumps(value)


def _digest(key: RowKey) -> str:
    """Tells keys apart; rows without a key are all different."""
    text = _json(list(key)) if key else uuid.uuid4().hex
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


__all__ = ["Quarantine", "QuarantinedRow"]
