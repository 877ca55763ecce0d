"""Applied positions: stored in the database that is written to, in the transaction that writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import cast

from database_migration.engines.protocol import Session
from database_migration.ledger._table import LedgerPart, now
from database_migration.model.log_position import LogPosition
from database_migration.model.migration_state import AppliedPosition, Direction


@dataclass(frozen=True, slots=True)
class Positions(LedgerPart):
    """How far each direction of a run is applied. For REVERSE, the session is one on the source."""

    def begin(self, direction: Direction, position: LogPosition) -> AppliedPosition:
        """Store where a direction starts; returns what is stored already when it had begun.

        ``committed_at`` begins as the present: all that was committed before lies before the position.
        """
        moment = now()
        with self.session.transaction():
            stored = self.get(direction)
            if stored is not None:
                return stored
            self.session.execute(
                "INSERT INTO database_migration.applied (migration, epoch, direction, ordinal, position,"
                " committed_at, transactions, changes, updated_at) VALUES (%s, %s, %s, %s, %s, %s, 0, 0, %s)",
                (*self.scope, direction.value, str(position.ordinal), position.text, moment, moment),
            )
        return AppliedPosition(position, moment, 0, 0)

    def restart(self, direction: Direction, position: LogPosition) -> None:
        """Go on from another position than the one that was reached; what lies between is not applied."""
        self.session.execute(
            "UPDATE database_migration.applied SET ordinal = %s, position = %s, committed_at = %s, updated_at = %s"
            " WHERE migration = %s AND epoch = %s AND direction = %s",
            (str(position.ordinal), position.text, now(), now(), *self.scope, direction.value),
        )

    def get(self, direction: Direction) -> AppliedPosition | None:
        """How far a direction is applied; None before it has begun."""
        rows = self.session.execute(
            "SELECT ordinal, position, committed_at, transactions, changes FROM database_migration.applied"
            " WHERE migration = %s AND epoch = %s AND direction = %s",
            (*self.scope, direction.value),
        )
        if not rows:
            return None
        ordinal, text, committed_at, transactions, changes = rows[0]
        return AppliedPosition(
            LogPosition(int(cast(Decimal, ordinal)), str(text)),
            cast("datetime | None", committed_at),
            int(cast(int, transactions)),
            int(cast(int, changes)),
        )

    def move(
        self,
        direction: Direction,
        position: LogPosition,
        *,
        committed_at: datetime | None,
        transactions: int,
        changes: int,
    ) -> None:
        """Move a direction forward, in the transaction that applied the changes; counts are added."""
        self.session.execute(
            "UPDATE database_migration.applied SET ordinal = %s, position = %s,"
            " committed_at = COALESCE(%s, committed_at),"
            " transactions = transactions + %s, changes = changes + %s, updated_at = %s"
            " WHERE migration = %s AND epoch = %s AND direction = %s",
            (
                str(position.ordinal),
                position.text,
                committed_at,
                transactions,
                changes,
                now(),
                *self.scope,
                direction.value,
            ),
        )

    @staticmethod
    def forget(session: Session, migration: str) -> None:
        """Delete a migration's positions of all its runs from the database of a session."""
        session.execute("DELETE FROM database_migration.applied WHERE migration = %s", (migration,))

    @staticmethod
    def ever_reversed(session: Session, migration: str) -> bool:
        """Whether reverse replication was ever made ready, by the source's copy of the control schema."""
        return bool(
            session.execute(
                "SELECT 1 FROM database_migration.applied WHERE migration = %s AND direction = %s LIMIT 1",
                (migration, Direction.REVERSE.value),
            )
        )


__all__ = ["Positions"]
