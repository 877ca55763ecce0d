"""What every part of the ledger stands on: a session, a migration, and portable SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from database_migration.engines.protocol import Parameter, Session


def now() -> datetime:
    """The present in UTC without a zone, as the ledger stores times."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class LedgerPart:
    """A session on the ledger's database, the migration, and the epoch that lines are written under."""

    session: Session
    migration: str
    epoch: int

    @property
    def scope(self) -> tuple[str, int]:
        """Values for ``WHERE migration = %s AND epoch = %s``."""
        return (self.migration, self.epoch)

    def put(
        self, update: str, insert: str, update_with: tuple[Parameter, ...], insert_with: tuple[Parameter, ...]
    ) -> None:
        """Update a line, or insert it where there is none; neither dialect's upsert is needed.

        Two sessions that insert the same line at once: the second fails on the key and its step is tried again.
        """
        if self.session.execute_count(update, update_with) == 0:
            self.session.execute(insert, insert_with)
