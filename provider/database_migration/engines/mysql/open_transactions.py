"""How long transactions have been open, as far as the account may see."""

from __future__ import annotations

from database_migration.engines.mysql.connection import MySQLSession
from database_migration.errors import Refused


def oldest_transaction_seconds(session: MySQLSession) -> float | None:
    """Age of the oldest open transaction of others; None without the PROCESS privilege."""
    try:
        # trx_started is in the server's own zone, our session is in UTC.
        rows = session.execute(
            "SELECT TIMESTAMPDIFF(SECOND, MIN(trx_started), CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM')) "
            "FROM information_schema.innodb_trx WHERE trx_mysql_thread_id <> CONNECTION_ID()"
        )
    except Refused:
        return None
    return max(0.0, float(str(rows[0][0] or 0)))


__all__ = ["oldest_transaction_seconds"]
