"""Transactions of others that have been open for long, as far as the account may see."""

from __future__ import annotations

from dataclasses import dataclass

from database_migration.engines.mysql.connection import MySQLSession
from database_migration.errors import Refused

# trx_started is in the server's own zone, our session is in UTC.
_AGE = "TIMESTAMPDIFF(SECOND, t.trx_started, CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM'))"


@dataclass(frozen=True, slots=True)
class OpenTransaction:
    """A transaction that something may have to wait for; never with its statement, which may hold secrets."""

    session: int
    user: str
    seconds: float

    def __str__(self) -> str:
        return f"session {self.session} of {self.user}, {self.seconds:.0f} s"


def open_transactions(session: MySQLSession) -> list[OpenTransaction] | None:
    """Open transactions of others, the oldest first; None without the PROCESS privilege."""
    try:
        rows = session.execute(
            f"SELECT t.trx_mysql_thread_id, COALESCE(p.user, 'an ended session'), {_AGE}"
            " FROM information_schema.innodb_trx AS t"
            " LEFT JOIN information_schema.processlist AS p ON p.id = t.trx_mysql_thread_id"
            " WHERE t.trx_mysql_thread_id <> CONNECTION_ID() ORDER BY t.trx_started"
        )
    except Refused:
        return None
    return [OpenTransaction(int(str(number)), str(user), max(0.0, float(str(age or 0)))) for number, user, age in rows]


def oldest_transaction_seconds(session: MySQLSession) -> float | None:
    """Age of the oldest open transaction of others; None without the PROCESS privilege."""
    found = open_transactions(session)
    return None if found is None else max((one.seconds for one in found), default=0.0)


__all__ = ["OpenTransaction", "oldest_transaction_seconds", "open_transactions"]
