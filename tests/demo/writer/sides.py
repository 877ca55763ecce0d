"""The two databases as the application sees them: the same statements on both, errors sorted by what to do next."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import MySQLdb
import psycopg

from demo.writer.configuration import Address

Result = TypeVar("Result")

FENCE_MESSAGE = "database_migration write fence"
FENCE_SQLSTATE = "DM001"


class TryAgain(Exception):
    """The transaction left nothing behind and may be tried again."""


class Fenced(TryAgain):
    """The migration's write fence refused the write."""


class MaybeFenced(TryAgain):
    """Refused in a way that a fence may cause (read only, no privilege): believed when the endpoint moves soon."""


class Conflict(TryAgain):
    """A deadlock or lock timeout."""


class Lost(TryAgain):
    """The connection broke before the commit was sent."""


class Unclear(Exception):
    """The connection broke while the commit was under way: only the token can tell."""


class Cursor(Protocol):
    """What the shop's statements need of either driver's cursor."""

    rowcount: int

    def execute(self, sql: Any, parameters: Any = None) -> Any: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> Any: ...


class Side:
    """One connection to one of the two databases, opened when needed and again after it broke."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._connection: Any = None

    def run(self, work: Callable[[Side, Cursor], Result]) -> Result:
        """One transaction around ``work``; raises ``TryAgain``, ``Unclear`` or the driver's own error."""
        try:
            if self._connection is None:
                self._connection = self._connect()
            with self._connection.cursor() as cursor:
                result = work(self, cursor)
        except self.driver_errors() as error:
            self._forget_transaction()
            sorted_error = self.sort(error)
            if sorted_error is None:
                raise
            raise sorted_error(f"{self.address.engine}: {error}") from error
        except BaseException:
            self._forget_transaction()
            raise
        try:
            self._connection.commit()
        except self.driver_errors() as error:
            self._forget_transaction()
            sorted_error = self.sort(error)
            if sorted_error is Lost:
                raise Unclear(f"{self.address.engine}: {error}") from error
            if sorted_error is None:
                raise
            raise sorted_error(f"{self.address.engine}: {error}") from error
        return result

    def close(self) -> None:
        """Ends the connection."""
        if self._connection is not None:
            with contextlib.suppress(*self.driver_errors()):
                self._connection.close()
            self._connection = None

    def _forget_transaction(self) -> None:
        try:
            if self._connection is not None:
                self._connection.rollback()
        except self.driver_errors():
            self.close()

    # --- what differs between the engines -----------------------------------------------------------------

    def driver_errors(self) -> tuple[type[Exception], ...]:
        raise NotImplementedError

    def sort(self, error: Exception) -> type[TryAgain] | None:
        """What kind of trying again the driver's error asks for; None when it is a real error."""
        raise NotImplementedError

    def _connect(self) -> Any:
        raise NotImplementedError

    def insert(self, cursor: Cursor, table: str, **values: Any) -> None:
        """Inserts one row; table and columns are the program's own words."""
        columns, places = ", ".join(values), ", ".join(["%s"] * len(values))
        cursor.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})", list(values.values()))

    def insert_numbered(self, cursor: Cursor, table: str, **values: Any) -> int:
        """Inserts one row and gives the ``id`` that the database chose."""
        raise NotImplementedError

    def boolean(self, value: bool) -> Any:
        """A truth value as the side's column holds it."""
        raise NotImplementedError


class MySQLSide(Side):
    """MariaDB or MySQL."""

    #: SIGNAL: the only one that the shop itself never raises.
    FENCED = frozenset({1644})
    READ_ONLY_OR_REVOKED = frozenset({1044, 1045, 1142, 1143, 1290, 1836, 3118, 3989, 4151})
    CONFLICTS = frozenset({1020, 1205, 1213})
    LOST = frozenset({0, 1053, 1152, 1158, 1159, 1160, 1161, 1317, 1927, 2002, 2003, 2006, 2013, 2026, 2055})

    def driver_errors(self) -> tuple[type[Exception], ...]:
        return (MySQLdb.Error,)

    def sort(self, error: Exception) -> type[TryAgain] | None:
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        for numbers, kind in (
            (self.FENCED, Fenced),
            (self.READ_ONLY_OR_REVOKED, MaybeFenced),
            (self.CONFLICTS, Conflict),
            (self.LOST, Lost),
        ):
            if number in numbers:
                return kind
        return None

    def _connect(self) -> Any:
        return MySQLdb.connect(
            host=self.address.host,
            port=self.address.port,
            user=self.address.user,
            password=self.address.password,
            database=self.address.database,
            charset="utf8mb4",
            autocommit=False,
            connect_timeout=5,
            read_timeout=60,
            init_command="SET time_zone = '+00:00', innodb_lock_wait_timeout = 10",
        )

    def insert_numbered(self, cursor: Cursor, table: str, **values: Any) -> int:
        self.insert(cursor, table, **values)
        return cursor.lastrowid  # type: ignore[attr-defined, no-any-return]

    def boolean(self, value: bool) -> Any:
        return int(value)


class PostgresSide(Side):
    """PostgreSQL."""

    def driver_errors(self) -> tuple[type[Exception], ...]:
        return (psycopg.Error,)

    def sort(self, error: Exception) -> type[TryAgain] | None:
        state = getattr(error, "sqlstate", None) or ""
        if state == FENCE_SQLSTATE or FENCE_MESSAGE in str(error):
            return Fenced
        if state in {"25006", "42501", "28000", "55000"}:
            return MaybeFenced
        if state in {"40001", "40P01", "55P03"}:
            return Conflict
        if state[:2] in {"08", "57", "58"} or (not state and isinstance(error, psycopg.OperationalError)):
            return Lost
        return None

    def _connect(self) -> Any:
        return psycopg.connect(
            host=self.address.host,
            port=self.address.port,
            user=self.address.user,
            password=self.address.password,
            dbname=self.address.database,
            connect_timeout=5,
            options=f"-c search_path={self.address.schema} -c timezone=UTC -c lock_timeout=10s",
        )

    def insert_numbered(self, cursor: Cursor, table: str, **values: Any) -> int:
        columns, places = ", ".join(values), ", ".join(["%s"] * len(values))
        cursor.execute(
            f"INSERT INTO {table} ({columns}) VALUES ({places}) RETURNING id",
            list(values.values()),
        )
        return int(cursor.fetchone()[0])

    def boolean(self, value: bool) -> Any:
        return value


SIDES: dict[str, type[Side]] = {"mysql": MySQLSide, "postgres": PostgresSide}


def open_side(address: Address) -> Side:
    """The side for an address; nothing is connected yet."""
    return SIDES[address.engine](address)
