"""What a person or a retry has to do about an error of PostgreSQL's driver."""

from __future__ import annotations

import psycopg
import pytest

from database_migration.engines.postgres.server_errors import as_migration_error
from database_migration.errors import Interrupted, Refused, ValueRefused


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (psycopg.DatabaseError("server closed the connection unexpectedly"), Interrupted),
        (psycopg.OperationalError("consuming input failed"), Interrupted),
        (psycopg.errors.AdminShutdown("terminating connection"), Interrupted),
        (psycopg.errors.DeadlockDetected("deadlock detected"), Interrupted),
        (psycopg.errors.UndefinedTable("no such table"), Refused),
        (psycopg.ProgrammingError("the query has 1 placeholder but 2 parameters were passed"), Refused),
        (psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"), ValueRefused),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.__name__,
)
def test_only_what_another_try_may_get_over_is_interrupted(error: psycopg.Error, expected: type[Exception]) -> None:
    assert type(as_migration_error(error)) is expected
