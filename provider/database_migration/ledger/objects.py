"""What we created, so that abandoning a run drops that and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from database_migration.engines.protocol import Row, Statement
from database_migration.ledger._table import LedgerPart, now
from database_migration.model.migration_state import Side


@dataclass(frozen=True, slots=True)
class CreatedObject:
    """An object of ours; ``made`` is False between the intent and the deed."""

    side: Side
    kind: str
    subject: str
    undo: str
    made: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Objects(LedgerPart):
    """The objects that one run created, in order."""

    def intend(self, statement: Statement, side: Side = Side.TARGET) -> bool:
        """Record an object and its undo before it is made; False when it is recorded as made already."""
        known = self.find(statement.kind, statement.subject, side)
        if known is not None:
            return not known.made
        rows = self.session.execute(
            "SELECT COALESCE(MAX(ordinal), 0) + 1 FROM database_migration.created_object"
            " WHERE migration = %s AND epoch = %s",
            self.scope,
        )
        self.session.execute(
            "INSERT INTO database_migration.created_object"
            " (migration, epoch, ordinal, side, kind, subject, undo_sql, state, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, 'intended', %s)",
            (
                *self.scope,
                cast(int, rows[0][0]),
                side.value,
                statement.kind,
                statement.subject,
                statement.undo,
                now(),
            ),
        )
        return True

    def made(self, statement: Statement, side: Side = Side.TARGET, *, seconds: float = 0.0) -> None:
        """Record that an intended object now exists."""
        self._set_state("made", statement.kind, statement.subject, side, seconds)

    def forget(self, kind: str, subject: str, side: Side = Side.TARGET) -> None:
        """Drop a line: the object was taken back, or never came to be."""
        self.session.execute(
            "DELETE FROM database_migration.created_object"
            " WHERE migration = %s AND epoch = %s AND side = %s AND kind = %s AND subject = %s",
            (*self.scope, side.value, kind, subject),
        )

    def find(self, kind: str, subject: str, side: Side = Side.TARGET) -> CreatedObject | None:
        """The line of one object."""
        rows = self.session.execute(
            "SELECT side, kind, subject, undo_sql, state, seconds FROM database_migration.created_object"
            " WHERE migration = %s AND epoch = %s AND side = %s AND kind = %s AND subject = %s",
            (*self.scope, side.value, kind, subject),
        )
        return _line(rows[0]) if rows else None

    def all(self) -> list[CreatedObject]:
        """Every object in the order of creation; undo them in the reverse order."""
        rows = self.session.execute(
            "SELECT side, kind, subject, undo_sql, state, seconds FROM database_migration.created_object"
            " WHERE migration = %s AND epoch = %s ORDER BY ordinal",
            self.scope,
        )
        return [_line(row) for row in rows]

    def after(self, number: int) -> list[CreatedObject]:
        """The objects that were created behind one, in order."""
        rows = self.session.execute(
            "SELECT side, kind, subject, undo_sql, state, seconds FROM database_migration.created_object"
            " WHERE migration = %s AND epoch = %s AND ordinal > %s ORDER BY ordinal",
            (*self.scope, number),
        )
        return [_line(row) for row in rows]

    def of_earlier_runs(self) -> list[tuple[int, CreatedObject]]:
        """(epoch, object) of this migration's ended runs that were never taken back, the latest first."""
        rows = self.session.execute(
            "SELECT epoch, side, kind, subject, undo_sql, state, seconds FROM database_migration.created_object"
            " WHERE migration = %s AND epoch < %s ORDER BY epoch DESC, ordinal DESC",
            self.scope,
        )
        return [(int(cast(int, row[0])), _line(row[1:])) for row in rows]

    def at_epoch(self, epoch: int) -> Objects:
        """The same part, for the objects of an earlier run."""
        return Objects(self.session, self.migration, epoch)

    def _set_state(self, state: str, kind: str, subject: str, side: Side, seconds: float) -> None:
        self.session.execute(
            "UPDATE database_migration.created_object SET state = %s, seconds = %s"
            " WHERE migration = %s AND epoch = %s AND side = %s AND kind = %s AND subject = %s",
            (state, seconds, *self.scope, side.value, kind, subject),
        )


def _line(row: Row) -> CreatedObject:
    side, kind, subject, undo, state, seconds = row
    return CreatedObject(
        Side(str(side)), str(kind), str(subject), str(undo), state == "made", float(cast(float, seconds))
    )


__all__ = ["CreatedObject", "Objects"]
