"""Nothing to hold: the applier's session_replication_role keeps the user's triggers from firing."""

from __future__ import annotations

from collections.abc import Sequence

from database_migration.engines.postgres.names import quote
from database_migration.engines.protocol import Session, TriggerSource


class PostgresTriggerHold:
    """Fulfils ``protocol.TriggerHold`` for an engine whose applier suppresses triggers by itself."""

    def needed(self, session: Session, schema: str, tables: Sequence[str]) -> list[TriggerSource]:
        """None."""
        return []

    def take_down(self, session: Session, schema: str, triggers: Sequence[TriggerSource]) -> None:
        """Drop triggers; their creation statements are with the caller."""
        for trigger in triggers:
            session.execute(f"DROP TRIGGER IF EXISTS {quote(trigger.name)} ON {quote(schema, trigger.table)}")

    def put_back(self, session: Session, schema: str, triggers: Sequence[TriggerSource]) -> None:
        """Create those that are missing."""
        for trigger in triggers:
            found = session.execute(
                "SELECT 1 FROM pg_trigger WHERE tgname = %s AND tgrelid = to_regclass(%s)",
                [trigger.name, quote(schema, trigger.table)],
            )
            if not found:
                session.execute(trigger.create)


__all__ = ["PostgresTriggerHold"]
