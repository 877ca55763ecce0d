"""How far a replica is behind, as it says itself: its source does not know."""

from __future__ import annotations

import math

from database_migration.engines.mysql.connection import MySQLSession
from database_migration.errors import Refused

_MOST_CHANNELS = 1000
_COLUMNS = ("Seconds_Behind_Source", "Seconds_Behind_Master")


def replica_lag(session: MySQLSession) -> float | None:
    """The worst lag of its channels; NULL, which a replica says that has stopped, is infinity."""
    names, rows = _status(session)
    place = next((names.index(column) for column in _COLUMNS if column in names), None)
    if place is None or not rows:
        return None
    return max(math.inf if row[place] is None else float(str(row[place])) for row in rows)


def _status(session: MySQLSession) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    if session.is_mariadb:
        return session.execute_described("SHOW ALL REPLICAS STATUS", _MOST_CHANNELS)
    try:
        return session.execute_described("SHOW REPLICA STATUS", _MOST_CHANNELS)
    except Refused:  # before 8.0.22, where it has its old name only; without the privilege, this is refused too
        return session.execute_described("SHOW SLAVE STATUS", _MOST_CHANNELS)


__all__ = ["replica_lag"]
