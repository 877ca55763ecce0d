"""How often each index was read, as far as the server counts it."""

from __future__ import annotations

from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.protocol import IndexUse
from database_migration.errors import Refused

_PERFORMANCE_SCHEMA = (
    "SELECT object_name, index_name, count_read FROM performance_schema.table_io_waits_summary_by_index_usage"
    " WHERE object_schema = %s AND index_name IS NOT NULL"
)
_USERSTAT = "SELECT table_name, index_name, rows_read FROM information_schema.index_statistics WHERE table_schema = %s"


def index_use(session: MySQLSession, schema: str) -> IndexUse:
    """See ``protocol.Inspection.index_use``: performance_schema, or MariaDB's userstat."""
    settings = {
        str(name): str(value)
        for name, value in session.execute(
            "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('performance_schema', 'userstat')"
        )
    }
    if settings.get("userstat") == "ON":
        question, missing = _USERSTAT, "FLUSH INDEX_STATISTICS; begins anew"
    elif settings.get("performance_schema") == "ON":
        question, missing = _PERFORMANCE_SCHEMA, "GRANT SELECT ON performance_schema.* TO the account."
    elif session.is_mariadb:
        return IndexUse(None, "", "SET GLOBAL userstat = ON; and compare again after a typical week.")
    else:
        return IndexUse(
            None, "", "put performance_schema = ON under [mysqld], restart, and compare again after a week."
        )
    try:
        rows = session.execute(question, (schema,))
        uptime = int(str(session.execute("SHOW GLOBAL STATUS LIKE 'Uptime'")[0][1]))
    except Refused:
        return IndexUse(None, "", missing)
    reads = {(str(table), str(index)): int(str(count)) for table, index, count in rows}
    return IndexUse(reads, f"the server's start {_spoken(uptime)} ago at the earliest", "")


def _spoken(seconds: int) -> str:
    return f"{seconds / 86400:.1f} days" if seconds > 86400 else f"{seconds / 3600:.1f} h"


__all__ = ["index_use"]
