"""The server's and the driver's errors in the words of ``database_migration.errors``.

What decides is what a person or a retry has to do next, which the SQLSTATE tells (manual, appendix A).
The server's DETAIL line is left out where it repeats a whole row: messages end in logs and reports.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from database_migration.errors import ConnectionRefused, Interrupted, MigrationError, Refused, ValueRefused

FENCE_STATE = "DM001"

_PASSING = ("08", "40", "53", "57", "58")
"""SQLSTATE classes that another try may get over: connection, conflict, resources, operator, system."""
_PASSING_STATES = ("55P03", "55006", "25P03", "25P04")
_LOGIN = ("28", "3D")
_VALUES = ("22", "23", "44")
_WORDS_OF_LOGIN = ("password", "SSL", "certificate", "invalid connection option", "invalid value")
"""What libpq itself says before the server does."""
_WORDS_OF_WAITING = (
    "starting up",
    "shutting down",
    "in recovery",
    "not yet accepting",
    "too many",
    "remaining connection slots",
    "terminating connection",
)

NOT_MAPPED = "a value is not in"
"""Stands in the expression that fails at a value which the spec does not map, and so in the server's message."""


@contextmanager
def translated(subject: str | None = None) -> Iterator[None]:
    """Turn what the driver raises inside into a MigrationError about ``subject``."""
    try:
        yield
    except psycopg.Error as error:
        mapped = as_migration_error(error, subject)
        if isinstance(mapped, ValueRefused):
            raise mapped from None  # the original's text holds the whole row
        raise mapped from error


def as_migration_error(error: psycopg.Error, subject: str | None = None) -> MigrationError:
    """The MigrationError that says what to do about a driver's error."""
    state = error.sqlstate or ""
    words = server_words(error)
    if state == FENCE_STATE:
        return Refused(words, mend="lower the write fence first, or write through the applier.", subject=subject)
    # A binary stream's field of the wrong size breaks the protocol in the server's eyes.
    bad_field = state == "08P01" and (error.diag.context or "").startswith("COPY")
    if bad_field or state.startswith(_VALUES) or (not state and isinstance(error, psycopg.DataError)):
        return ValueRefused(
            words, mend="change the value on the other side, or widen the column on this one.", subject=subject
        )
    if state.startswith(_LOGIN):
        return ConnectionRefused(words, mend="correct the login of the Airflow connection.", subject=subject)
    if state == "42501":
        return Refused(words, mend="grant the privilege to the connection's user.", subject=subject)
    if NOT_MAPPED in words:
        return ValueRefused(
            f"A row holds a value that the spec does not map. {words}",
            mend="name it in the column's map, or add it to the table that is looked up in; or say otherwise.",
            subject=subject,
        )
    if state.startswith(_PASSING) or state in _PASSING_STATES:
        return Interrupted(words, mend="try again; the work resumes where it stands.", subject=subject)
    # libpq makes a result of its own, without a state, when the connection breaks under a statement.
    broken = (
        isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) or type(error) is psycopg.DatabaseError
    )
    if not state and broken:
        return Interrupted(
            f"The connection to PostgreSQL was lost: {words}",
            mend="see that the server runs and try again; the work resumes where it stands.",
            subject=subject,
        )
    return Refused(words, mend="mend what the server complains about, then clear the task.", subject=subject)


def as_connection_error(error: psycopg.Error, address: str, password: str) -> MigrationError:
    """The error of a connection that did not come about.

    libpq gives no SQLSTATE for it, only words, and those of the FATAL message are the server's.
    """
    words = " ".join(str(error).split())
    if password:
        words = words.replace(password, "***")
    refused = "FATAL" in words or any(word in words for word in _WORDS_OF_LOGIN)
    if any(word in words for word in _WORDS_OF_WAITING):
        refused = False
    if refused:
        return ConnectionRefused(
            words, mend="correct user, password, database or options of the Airflow connection.", subject=address
        )
    return Interrupted(
        words, mend="see that the server runs and can be reached from the worker, then try again.", subject=address
    )


def server_words(error: psycopg.Error) -> str:
    """What the server said, with the place, without row contents."""
    diagnosis = error.diag
    primary = diagnosis.message_primary
    if primary is None:
        return " ".join(str(error).split()) or type(error).__name__
    parts = [primary]
    detail = diagnosis.message_detail or ""
    if detail and not detail.startswith("Failing row contains"):
        parts.append(detail)
    if diagnosis.message_hint:
        parts.append(diagnosis.message_hint)
    place = _place(error)
    if place:
        parts.append(f"({place})")
    return " ".join(part if part.endswith((".", ")", "!")) else part + "." for part in parts)


def _place(error: psycopg.Error) -> str:
    diagnosis = error.diag
    named = [
        f"{word} {name}"
        for word, name in (
            ("table", diagnosis.table_name),
            ("column", diagnosis.column_name),
            ("constraint", diagnosis.constraint_name),
        )
        if name
    ]
    # COPY tells where it stopped in CONTEXT: "COPY orders, line 3, column total: "abc"".
    copy = re.search(r"^COPY (.+?), line (\d+)(?:, column (.+?)(?=:|$))?", diagnosis.context or "", re.MULTILINE)
    if copy:
        named = [f"table {copy[1]}", f"line {copy[2]} of the stream"]
        named += [f"column {copy[3]}"] if copy[3] else []
    return ", ".join(named)


__all__ = ["FENCE_STATE", "as_connection_error", "as_migration_error", "server_words", "translated"]
