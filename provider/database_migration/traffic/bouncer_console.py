"""PgBouncer's admin console: simple queries only, each over a connection of its own."""

from __future__ import annotations

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import pq
from psycopg.pq.abc import PGresult

from database_migration.engines.protocol import Endpoint
from database_migration.errors import ConnectionRefused, Interrupted, Refused


@dataclass(frozen=True, slots=True)
class BouncerConsole:
    """The console at an endpoint; ``answer_within`` seconds are given to all commands but PAUSE."""

    endpoint: Endpoint
    answer_within: float

    def __str__(self) -> str:
        return f"PgBouncer {self.endpoint.host}:{self.endpoint.port}"

    def tell(self, command: str) -> list[dict[str, Any]]:
        """Run a command; its rows by column name, digits as numbers.

        :raises Interrupted: no answer in time. :raises Refused: the console's complaint.
        """
        with self._connect() as connection:
            result = _run(connection, command, self.answer_within)
            if result is None:
                raise Interrupted(
                    f"the admin console did not answer {command.split()[0]} within {self.answer_within:.0f} s.",
                    mend="see whether PgBouncer is alive and not overloaded; the task tries again.",
                    subject=str(self),
                )
            names = [(result.fname(column) or b"").decode() for column in range(result.nfields)]
            return [
                {name: _value(result.get_value(line, column)) for column, name in enumerate(names)}
                for line in range(result.ntuples)
            ]

    def finishes(self, command: str, timeout: float) -> bool:
        """Whether a command that waits for clients came back in time; when not, it is still in force."""
        with self._connect() as connection:
            return _run(connection, command, timeout) is not None

    @contextmanager
    def _connect(self) -> Iterator[psycopg.Connection[Any]]:
        try:
            connection = psycopg.connect(
                host=self.endpoint.host,
                port=self.endpoint.port,
                user=self.endpoint.user,
                password=self.endpoint.password,
                dbname="pgbouncer",
                connect_timeout=max(2, int(self.answer_within)),
                autocommit=True,
            )
        except psycopg.OperationalError as error:
            raise _connection_error(error, str(self)) from error
        try:
            yield connection
        except psycopg.OperationalError as error:
            raise Interrupted(
                f"the admin console's connection broke: {str(error).strip()}.",
                mend="see whether PgBouncer is alive; the task tries again.",
                subject=str(self),
            ) from error
        except psycopg.Error as error:
            raise Refused(
                f"the admin console refuses: {str(error).strip()}.",
                mend="give the connection's user a place in PgBouncer's admin_users.",
                subject=str(self),
            ) from error
        finally:
            connection.close()


def _run(connection: psycopg.Connection[Any], command: str, timeout: float) -> PGresult | None:
    """Send one simple query; None when no answer came in time. The console knows no other protocol."""
    raw = connection.pgconn
    raw.send_query(command.encode())
    deadline = time.monotonic() + timeout
    while raw.flush() or raw.is_busy():
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([raw.socket], [], [], left)[0]:
            return None
        raw.consume_input()
    result = raw.get_result()
    if result is None or result.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
        detail = (result.error_message if result is not None else raw.error_message) or b"no answer"
        raise psycopg.ProgrammingError(detail.decode(errors="replace").strip())
    return result


def _value(value: bytes | None) -> Any:
    text = None if value is None else value.decode()
    return int(text) if text is not None and text.isdigit() else text


def _connection_error(error: psycopg.OperationalError, subject: str) -> Refused | Interrupted:
    text = str(error).strip()
    if any(word in text for word in ("authentication failed", "no such user", "not allowed", "password")):
        return ConnectionRefused(
            f"the admin console rejects the login: {text}.",
            mend="correct the connection's login and password; the user must be one of admin_users.",
            subject=subject,
        )
    return Interrupted(
        f"the admin console cannot be reached: {text}.",
        mend="see whether PgBouncer runs there; the task tries again.",
        subject=subject,
    )


__all__ = ["BouncerConsole"]
