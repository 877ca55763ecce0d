"""Takes the user's triggers down while changes are applied: MySQL has no way to keep them from firing."""

from __future__ import annotations

from collections.abc import Sequence

from database_migration.engines.mysql.connection import own_session, quote
from database_migration.engines.mysql.names import is_own
from database_migration.engines.mysql.sql_modes import usable_modes
from database_migration.engines.protocol import Session, TriggerSource

_OF_TABLES = """
SELECT trigger_name, event_object_table FROM information_schema.triggers
WHERE trigger_schema = %s ORDER BY event_object_table, action_timing, event_manipulation, action_order
"""


class MySQLTriggerHold:
    """Fulfils ``protocol.TriggerHold``. A trigger comes back with its definer, body and SQL mode."""

    def needed(self, session: Session, schema: str, tables: Sequence[str]) -> list[TriggerSource]:
        """The user's triggers on the tables, in the order in which they fire; our fence is none of them."""
        wanted = set(tables)
        return [
            TriggerSource(str(name), str(table), _creation(session, schema, str(name)))
            for name, table in session.execute(_OF_TABLES, (schema,))
            if str(table) in wanted and not is_own(str(name))
        ]

    def take_down(self, session: Session, schema: str, triggers: Sequence[TriggerSource]) -> None:
        """Drop them; the caller has stored them first. Twice is once."""
        for trigger in triggers:
            session.execute(f"DROP TRIGGER IF EXISTS {quote(schema, trigger.name)}")

    def put_back(self, session: Session, schema: str, triggers: Sequence[TriggerSource]) -> None:
        """Create those that are missing, in the order in which they fired."""
        present = {str(name) for name, _ in session.execute(_OF_TABLES, (schema,))}
        mysql = own_session(session)
        for trigger in triggers:
            if trigger.name in present:
                continue
            mode, _, create = trigger.create.partition("\n")
            (before,) = session.execute("SELECT @@sql_mode")[0]
            ((modes,),) = mysql.execute(f"SELECT {mode}")
            mysql.execute("SET SESSION sql_mode = %s", (usable_modes(mysql, str(modes)),))
            try:
                # CREATE TRIGGER has no place for a schema that SHOW CREATE left out.
                (default,) = session.execute("SELECT DATABASE()")[0]
                if default != schema:
                    mysql.execute(f"USE {quote(schema)}")
                mysql.execute(create)
            finally:
                mysql.execute("SET SESSION sql_mode = %s", (str(before),))


def _creation(session: Session, schema: str, name: str) -> str:
    """The SQL mode as a literal on the first line, the statement after it."""
    _, mode, create, *_ = session.execute(f"SHOW CREATE TRIGGER {quote(schema, name)}")[0]
    return f"{own_session(session).literal(str(mode))}\n{create}"


__all__ = ["MySQLTriggerHold"]
