"""SQL modes between MySQL and MariaDB: each refuses words that only the other knows."""

from __future__ import annotations

from database_migration.engines.mysql.connection import MySQLSession

_ONLY_MARIADB = frozenset(
    {"NO_AUTO_CREATE_USER", "EMPTY_STRING_IS_NULL", "SIMULTANEOUS_ASSIGNMENT", "TIME_ROUND_FRACTIONAL"}
    | {"IGNORE_BAD_TABLE_OPTIONS", "NO_FIELD_OPTIONS", "NO_KEY_OPTIONS", "NO_TABLE_OPTIONS"}
)
_ONLY_MYSQL = frozenset({"TIME_TRUNCATE_FRACTIONAL"})


def usable_modes(session: MySQLSession, modes: str) -> str:
    """The modes without the words that this server does not know and that change nothing in stored code."""
    unknown = _ONLY_MYSQL if session.is_mariadb else _ONLY_MARIADB
    return ",".join(mode for mode in modes.split(",") if mode not in unknown)


__all__ = ["usable_modes"]
