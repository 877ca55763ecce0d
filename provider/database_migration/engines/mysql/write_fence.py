"""A write fence of row triggers.

A trigger binds every account, privileged ones and sessions that are open already included (READ ONLY
and revoked grants do not on MariaDB), and is still there when we are not. Our own applier passes by a
session variable. The tables are locked together first, which waits for the transactions that have written to
them, so that no transaction finds one table open and the next one fenced.

What a trigger cannot stop: TRUNCATE and DDL by others, and rows that a foreign key's action reaches (whose
parent's change is stopped instead).
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from database_migration.engines.mysql.connection import IF_EXISTS, MySQLSession, own_session, quote
from database_migration.engines.mysql.names import fence_name
from database_migration.engines.protocol import FenceOutcome, Session
from database_migration.errors import Interrupted, MigrationError

PASS_VARIABLE = "@database_migration_pass"
"""Set in sessions that may write through the fence."""
_EVENTS = ("INSERT", "UPDATE", "DELETE")
_MESSAGE = "database_migration write fence: this table has moved or is moving"


class MySQLWriteFence:
    """Fulfils ``protocol.WriteFence``; the session must not be in a transaction, DDL would commit it."""

    def raise_(self, session: Session, schema: str, tables: Sequence[str], *, timeout: float) -> FenceOutcome:
        """All tables or none; open transactions are waited for, then Interrupted."""
        began = time.monotonic()
        mysql = own_session(session)
        if not self.is_up(session, schema, tables):
            (before,) = mysql.execute("SELECT @@session.lock_wait_timeout")[0]
            # Whole seconds are all that the server knows.
            mysql.execute(f"SET SESSION lock_wait_timeout = {max(1, int(timeout))}")
            try:
                self._put_up(mysql, schema, tables)
            except MigrationError as error:
                self.lower(session, schema, tables)
                raise Interrupted(
                    f"the tables could not be fenced within {timeout:.0f} s ({error.problem})",
                    mend="end the transactions that hold them (SHOW PROCESSLIST), or allow a longer pause; then retry.",
                    subject=schema,
                ) from error
            finally:
                mysql.execute(f"SET SESSION lock_wait_timeout = {int(str(before))}")
        return FenceOutcome(len(tables), 0, time.monotonic() - began)

    def lower(self, session: Session, schema: str, tables: Sequence[str]) -> None:
        """Let everybody write again; twice is once."""
        mysql = own_session(session)
        present = _present(mysql, schema)
        for table in tables:
            for event in _EVENTS:
                if fence_name(table, event) in present:
                    mysql.execute(f"DROP TRIGGER IF EXISTS {quote(schema, fence_name(table, event))} {IF_EXISTS}")

    def is_up(self, session: Session, schema: str, tables: Sequence[str]) -> bool:
        """Whether every one of the tables is fenced against every kind of write."""
        wanted = {fence_name(table, event) for table in tables for event in _EVENTS}
        return wanted <= _present(own_session(session), schema)

    def _put_up(self, mysql: MySQLSession, schema: str, tables: Sequence[str]) -> None:
        present = _present(mysql, schema)
        mysql.execute("LOCK TABLES " + ", ".join(f"{quote(schema, table)} WRITE" for table in tables))
        try:
            for table in tables:
                for event in _EVENTS:
                    if fence_name(table, event) not in present:
                        mysql.execute(_creation(schema, table, event))
        finally:
            mysql.execute("UNLOCK TABLES")


def _creation(schema: str, table: str, event: str) -> str:
    return (
        f"CREATE TRIGGER {quote(schema, fence_name(table, event))} BEFORE {event} ON {quote(schema, table)}"
        f" FOR EACH ROW IF {PASS_VARIABLE} IS NULL THEN"
        f" SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{_MESSAGE}'; END IF"
    )


def _present(mysql: MySQLSession, schema: str) -> set[str]:
    rows = mysql.execute(
        "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = %s AND trigger_name LIKE %s",
        (schema, "database\\_migration\\_fence%"),
    )
    return {str(name) for (name,) in rows}


__all__ = ["PASS_VARIABLE", "MySQLWriteFence"]
