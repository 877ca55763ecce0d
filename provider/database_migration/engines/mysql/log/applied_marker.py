"""The row that marks a transaction as ours where the server has no flag for it (MySQL).

Each session writes a row of its own, so that appliers do not wait for each other.
"""

from __future__ import annotations

from database_migration.engines.mysql.connection import MySQLSession, quote
from database_migration.engines.mysql.names import MARKER_TABLE, OWN_DATABASE
from database_migration.errors import Refused

_TABLE = quote(OWN_DATABASE, MARKER_TABLE)


def ensure_marker(session: MySQLSession) -> None:
    """Creates the marker's table unless it is there; Refused with the grant that is missing."""
    known = session.execute(
        "SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_name = %s",
        (OWN_DATABASE, MARKER_TABLE),
    )
    if known:
        return
    try:
        session.execute(f"CREATE DATABASE IF NOT EXISTS {quote(OWN_DATABASE)}")
        session.execute(
            f"CREATE TABLE IF NOT EXISTS {_TABLE} (origin varchar(255) NOT NULL, session bigint unsigned NOT NULL, "
            "writes bigint unsigned NOT NULL, PRIMARY KEY (origin, session)) ENGINE=InnoDB"
        )
    except Refused as error:
        raise Refused(
            f"The table {_TABLE} cannot be made ({error.problem})",
            mend=f"GRANT CREATE, SELECT, INSERT, UPDATE, DELETE ON {quote(OWN_DATABASE)}.* TO the account.",
            subject=session.address,
        ) from None


def write_marker(session: MySQLSession, origin: str) -> None:
    """Marks the open transaction, or makes one of its own."""
    session.execute(
        f"INSERT INTO {_TABLE} (origin, session, writes) VALUES (%s, %s, 1) "
        "ON DUPLICATE KEY UPDATE writes = writes + 1",
        (origin[:255], session.server_session_id),
    )


def forget_markers(session: MySQLSession, origin: str) -> None:
    """Removes the rows of one origin, where the table exists."""
    known = session.execute(
        "SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_name = %s",
        (OWN_DATABASE, MARKER_TABLE),
    )
    if known:
        session.execute(f"DELETE FROM {_TABLE} WHERE origin = %s", (origin[:255],))


__all__ = ["ensure_marker", "forget_markers", "write_marker"]
