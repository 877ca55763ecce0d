"""Up to which place of the log reads see everything.

The log is written before the storage engine commits, so an event may arrive before its row can be read. On MariaDB
a consistent snapshot carries its own exact position. On MySQL we take the log's end and then commit a marker
row: commits become visible in the log's order (binlog_order_commits, on by default), so that once ours is done, all
before it are.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.mysql.log.applied_marker import ensure_marker, write_marker
from database_migration.engines.mysql.log.position import position
from database_migration.errors import Interrupted, Refused
from database_migration.model.change import ChangeTransaction
from database_migration.model.log_position import LogPosition

_LOOK_AGAIN = 0.005


class MySQLVisibility:
    """See ``engines.protocol.Visibility``."""

    def __init__(self, session: MySQLSession, name: str) -> None:
        self._session = session
        self._name = name
        self._visible: LogPosition | None = None

    def wait(self, transactions: Sequence[ChangeTransaction], *, timeout: float) -> None:
        wanted = max((transaction.position for transaction in transactions), default=None)
        deadline = time.monotonic() + timeout
        while wanted is not None and (self._visible is None or self._visible < wanted):
            self._visible = visible_position(self._session, self._name)
            if self._visible < wanted:
                if time.monotonic() >= deadline:
                    raise Interrupted(
                        f"What the log told of at {wanted} was not visible within {timeout:g} s.",
                        mend="see whether a semi-synchronous replica of the server does not answer; the next try"
                        " resumes.",
                        subject=self._session.address,
                    )
                time.sleep(_LOOK_AGAIN)


def visible_position(session: MySQLSession, name: str) -> LogPosition:
    """A place of the log such that every read that begins from now on sees all that lies before it."""
    if session.is_mariadb:
        return _snapshot_position(session)
    ensure_marker(session)
    found = log_end(session)
    write_marker(session, f"start {name}")
    return found


def log_end(session: MySQLSession) -> LogPosition:
    """The end of the binary log; what lies before it may not be visible yet."""
    words = ("SHOW MASTER STATUS",) if session.is_mariadb else ("SHOW BINARY LOG STATUS", "SHOW MASTER STATUS")
    for number, word in enumerate(words, 1):
        try:
            rows = session.execute(word)
        except Refused:
            # MySQL 8.0 knows the old words only, MySQL 8.4 the new ones only.
            if number == len(words):
                raise
            continue
        if rows:
            return position(str(rows[0][0]), int(str(rows[0][1])))
        break
    raise Refused(
        "The server keeps no binary log.",
        mend="set log_bin, server_id and binlog_format = ROW in its configuration and restart it.",
        subject=session.address,
    )


def _snapshot_position(session: MySQLSession) -> LogPosition:
    session.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    session.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
    status = {str(name).lower(): str(value) for name, value in session.execute("SHOW STATUS LIKE 'binlog_snapshot%'")}
    session.execute("COMMIT")
    if not status.get("binlog_snapshot_file"):
        return log_end(session)
    return position(status["binlog_snapshot_file"], int(status["binlog_snapshot_position"]))


__all__ = ["MySQLVisibility", "log_end", "visible_position"]
