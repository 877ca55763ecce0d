"""What the server's error numbers mean to a migration."""

from __future__ import annotations

import re

from database_migration.errors import ConnectionRefused, Interrupted, MigrationError, Refused, ValueRefused

LOCK_TIMEOUT = 1205
DUPLICATE_KEY = 1062
NO_SUCH_TABLE = 1146
OUT_OF_RANGE = 1690
NOT_MAPPED = "a value is not in"
"""Stands in the expression that fails at a value which the spec does not map, and so in the server's message."""
CANNOT_DROP = 1091
POSITION_PURGED = 1236

_LOST = frozenset(
    {2001, 2002, 2003, 2005, 2006, 2013, 2014, 2055, 1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 4031}
)
_BUSY = {
    LOCK_TIMEOUT: "another session holds a lock for longer than the wait limit",
    1213: "the statement was chosen as a deadlock's victim",
    1020: "the row changed since the snapshot was taken",
    1040: "the server has no free connection",
    1203: "the account has no free connection",
    1226: "the account's resource limit is reached",
    1317: "the statement was interrupted",
    1021: "the server's disk is full",
    1114: "the table's space is full",
    1206: "the lock table is full",
    1969: "the statement took longer than the server allows",
    3024: "the statement took longer than the server allows",
    3101: "the replication group rolled the transaction back",
    1637: "the server has too many concurrent transactions",
}
_LOGIN = frozenset(
    {1044, 1045, 1049, 1129, 1130, 1131, 1251, 1275, 1698, 1820, 1862, 2026, 2059, 2061, 3118, 3955, 4151}
)
_PRIVILEGE = frozenset({1044, 1142, 1143, 1227, 1370, 1410, 1419})
_VALUE = frozenset(
    {1048, 1062, 1138, 1153, 1216, 1217, 1261, 1262, 1263, 1264, 1265, 1292, 1300, 1301, 1364, 1366, 1367, 1406}
    | {1411, 1416, 1441, 1451, 1452, 1525, 1557, 1586, 1644, 1690, 1761, 1762, 3140, 3141, 3143, 3156, 3617, 3643}
    | {3819, 3854, 3903, 4025, 4038, 6125}
)
_QUOTED_VALUE = re.compile(
    r"(?i)\b((?:truncated )?incorrect [\w ]+ value: |duplicate entry |data: )'.*?'(?= for | at row|$)", re.DOTALL
)


def words(error: BaseException) -> str:
    """The server's own words, without the values that they quote (key values of duplicates stay)."""
    return without_values(str(error.args[1]) if len(error.args) > 1 else str(error))


def without_values(text: str) -> str:
    """A server's message with its quoted data left out."""
    return _QUOTED_VALUE.sub(r"\1(not shown)", text).strip()


def number(error: BaseException) -> int:
    """The error's number, 0 where it has none."""
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


def translate(error: BaseException, *, subject: str, connecting: bool = False) -> MigrationError:
    """The migration error that a driver's error stands for; ``subject`` is the server's address."""
    code, said = number(error), words(error)
    if code in _LOST or (code == 0 and "clos" in said):
        return Interrupted(
            f"The server cannot be reached or dropped the connection ({said}).",
            mend="check that it runs and is reachable from the workers; the next try resumes.",
            subject=subject,
        )
    if code in _BUSY:
        return Interrupted(
            f"The server could not finish a statement: {_BUSY[code]} ({said}).",
            mend="nothing if it passes by itself: the next try resumes; else look at the server's process list.",
            subject=subject,
        )
    if connecting and code in _LOGIN:
        return ConnectionRefused(
            f"The server rejects the login ({said}).",
            mend="correct user, password, database or TLS settings of the Airflow connection.",
            subject=subject,
        )
    if code in _PRIVILEGE:
        return Refused(
            f"The account lacks a privilege ({said}).",
            mend="grant what the message names; preflight lists every grant that a migration needs.",
            subject=subject,
        )
    if code == OUT_OF_RANGE and NOT_MAPPED in said:
        return ValueRefused(
            f"A row holds a value that the spec does not map ({said}).",
            mend="name it in the column's map, or add it to the table that is looked up in; or say otherwise.",
            subject=subject,
        )
    if code in _VALUE:
        return ValueRefused(
            f"The server cannot hold a value exactly ({code}: {said}).",
            mend="correct the row on the other side, or widen the column, then clear the task.",
            subject=subject,
        )
    return Refused(
        f"The server refuses a statement ({code}: {said}).",
        mend="compare the server's version and settings with what preflight asks for; the number is in its manual.",
        subject=subject,
    )
