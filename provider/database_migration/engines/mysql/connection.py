"""Sessions on mysqlclient: utf8mb4, UTC, strict, each statement committing by itself.

Three driver habits are avoided here. ``autocommit`` is set once, and a transaction is an explicit START
TRANSACTION, so that nothing hangs open between two calls. ``FOUND_ROWS`` makes an UPDATE count the rows that it
found, even where they were equal already. And results that are larger than memory are read with ``stream``,
as the raw bytes that the server sent: the driver's own conversion turns zero dates into None.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import cached_property
from itertools import chain
from typing import Any

import MySQLdb
import MySQLdb.cursors
from MySQLdb.constants import CLIENT

from database_migration.engines.cut_socket import cut_socket
from database_migration.engines.mysql.server_errors import CANNOT_DROP, NO_SUCH_TABLE, number, translate, without_values
from database_migration.engines.protocol import Endpoint, Parameter, Row
from database_migration.errors import Interrupted, NotPossible, Refused, ValueRefused

IF_EXISTS = "/* if exists */"
"""At the end of a statement: a missing object is no error. MySQL has no DROP INDEX IF EXISTS."""

SQL_MODE = ",".join(
    (
        "STRICT_TRANS_TABLES",
        "STRICT_ALL_TABLES",
        "ERROR_FOR_DIVISION_BY_ZERO",
        "NO_ENGINE_SUBSTITUTION",
        "NO_AUTO_VALUE_ON_ZERO",  # a copied identity of 0 stays 0
        "NO_ZERO_DATE",
        "NO_ZERO_IN_DATE",
    )
)
"""What every session of ours runs under."""
_STREAMED_ROWS = 1000
_STREAMED_BYTES = 512 * 1024
_FIRST_ROWS = 16
_SECONDS_TO_CONNECT = 10

# A reader waits while the other side writes, and DDL must not wait for ever behind an open transaction.
_SETTINGS: Mapping[str, str] = {
    "time_zone": "'+00:00'",
    "sql_mode": f"'{SQL_MODE}'",
    "net_write_timeout": "3600",
    "net_read_timeout": "3600",
    "wait_timeout": "28800",
    "lock_wait_timeout": "300",
    "group_concat_max_len": "1048576",
}
_MARIADB_SETTINGS: Mapping[str, str] = {"max_statement_time": "0"}
_MYSQL_SETTINGS: Mapping[str, str] = {"max_execution_time": "0", "information_schema_stats_expiry": "0"}


def driver_options(endpoint: Endpoint) -> dict[str, Any]:
    """mysqlclient's TLS and timeout arguments out of the connection's options."""
    options: dict[str, Any] = {"connect_timeout": int(endpoint.options.get("connect_timeout", _SECONDS_TO_CONNECT))}
    tls = tls_options(endpoint)
    if tls:
        options["ssl"] = tls
    if "ssl_mode" in endpoint.options:
        options["ssl_mode"] = endpoint.options["ssl_mode"]
    if "unix_socket" in endpoint.options:
        options["unix_socket"] = endpoint.options["unix_socket"]
    return options


def tls_options(endpoint: Endpoint) -> dict[str, str]:
    """``ca``, ``cert``, ``key`` … as both drivers name them."""
    names = ("ca", "cert", "key", "capath", "cipher")
    return {name: endpoint.options[f"ssl_{name}"] for name in names if f"ssl_{name}" in endpoint.options}


class MySQLSession:
    """One connection to MySQL or MariaDB; see ``engines.protocol.Session`` for its promises."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.address = str(endpoint)
        self._in_transaction = False
        self._closed = False
        self._savepoints = 0
        self.mark: Callable[[], None] | None = None
        """Called first in every transaction once ``ChangeWriter.prepare`` has set it."""
        try:
            self._connection = MySQLdb.connect(
                host=endpoint.host,
                port=endpoint.port,
                user=endpoint.user,
                password=endpoint.password,
                database=endpoint.database,
                charset="utf8mb4",
                autocommit=True,
                local_infile=1,
                multi_statements=False,
                client_flag=CLIENT.FOUND_ROWS,
                **driver_options(endpoint),
            )
        except MySQLdb.Error as error:
            raise translate(error, subject=self.address, connecting=True) from None
        self.version_text = str(self._connection.get_server_info())
        self.is_mariadb = "mariadb" in self.version_text.lower()
        settings = {**_SETTINGS, **(_MARIADB_SETTINGS if self.is_mariadb else _MYSQL_SETTINGS)}
        self.execute("SET SESSION " + ", ".join(f"{name} = {value}" for name, value in settings.items()))
        self.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")

    @property
    def server_session_id(self) -> int:
        return int(self._connection.thread_id())

    def execute(self, sql: str, parameters: Sequence[Parameter] = ()) -> list[Row]:
        with self._translated(sql):
            with self._connection.cursor() as cursor:
                cursor.execute(sql, tuple(parameters) or None)
                return list(cursor.fetchall()) if cursor.description else []
        return []

    def execute_count(self, sql: str, parameters: Sequence[Parameter] = ()) -> int:
        with self._translated(sql):
            with self._connection.cursor() as cursor:
                cursor.execute(sql, tuple(parameters) or None)
                return int(cursor.rowcount)
        return 0

    def execute_count_beside(self, sql: str) -> int:
        """Like ``execute_count``, on a thread beside: a signal reaches the caller while a long statement lasts.

        Whatever the signal raises cuts the connection, and the session counts as closed: the thread may still hold it,
        waiting for what a file or pipe brings, and dies with the process.
        """
        outcome: Future[int] = Future()

        def work() -> None:
            try:
                outcome.set_result(self.execute_count(sql))
            except BaseException as error:  # noqa: BLE001  raised by whoever waits
                outcome.set_exception(error)

        thread = threading.Thread(target=work, name="statement", daemon=True)
        thread.start()
        try:
            return outcome.result()
        except BaseException:
            if not outcome.done():
                self.cut()
                self._closed = True
            raise

    def execute_described(self, sql: str, max_rows: int) -> tuple[tuple[str, ...], list[Row]]:
        """Column names and at most ``max_rows`` rows of a query; the rest is left on the server."""
        with self._translated(sql):
            cursor = self._connection.cursor(MySQLdb.cursors.SSCursor)
            try:
                cursor.execute(sql)
                names = tuple(str(column[0]) for column in cursor.description or ())
                rows = list(cursor.fetchmany(max_rows)) if names else []
                while cursor.fetchmany(_STREAMED_ROWS):
                    pass
            finally:
                cursor.close()
            return names, rows
        return (), []

    def stream(
        self, sql: str, *, most_rows: int = _STREAMED_ROWS, octets: int = _STREAMED_BYTES
    ) -> Generator[Sequence[tuple[bytes | None, ...]], None, None]:
        """Batches of a query's rows as the server's own bytes, unbuffered; each of about so many octets.

        The session serves nothing else until the iterator ends or is closed.
        """
        with self._translated(sql):
            converter, self._connection.converter = self._connection.converter, {}
            try:
                self._connection.query(sql.encode())
                result = self._connection.use_result()
            finally:
                self._connection.converter = converter
            finished = False
            try:
                rows = _FIRST_ROWS
                while batch := result.fetch_row(maxrows=rows, how=0):
                    yield batch
                    size = sum(map(len, filter(None, chain.from_iterable(batch))))
                    rows = max(1, min(most_rows, len(batch) * octets // max(size, 1)))
                finished = True
            finally:
                if not finished:
                    self._drain(result)

    def _drain(self, result: Any) -> None:
        # The rest has to be read, else the connection answers the next statement with these rows.
        with suppress(MySQLdb.Error):
            while result.fetch_row(maxrows=_STREAMED_ROWS, how=0):
                pass

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._in_transaction:
            raise NotPossible(
                "A transaction is open already on this session.",
                mend="report this as a defect, transactions do not nest.",
                subject=self.address,
            )
        self.execute("START TRANSACTION")
        self._in_transaction = True
        try:
            if self.mark is not None:
                self.mark()
            yield
            self._in_transaction = False
            self.execute("COMMIT")
        except BaseException:
            self._in_transaction = False
            # A rollback that fails means that the connection is gone, which rolls back as well.
            with suppress(Interrupted, Refused):
                self.execute("ROLLBACK")
            raise

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        self._savepoints += 1
        name = f"database_migration_{self._savepoints}"
        try:
            self.execute(f"SAVEPOINT {name}")
            yield
            self.execute(f"RELEASE SAVEPOINT {name}")
        except BaseException:
            # One that fails means that the connection is gone, or the transaction; the caller hears why.
            with suppress(Interrupted, Refused):
                self.execute(f"ROLLBACK TO SAVEPOINT {name}")
            raise
        finally:
            self._savepoints -= 1

    @property
    def in_transaction(self) -> bool:
        """Whether a ``transaction`` block is open."""
        return self._in_transaction

    def try_lock(self, name: str) -> bool:
        # Lock names are limited to 64 characters and shared by all databases of the server.
        short = name if len(name) <= 64 else name[:23] + "_" + hashlib.sha256(name.encode()).hexdigest()[:40]
        return self.execute("SELECT GET_LOCK(%s, 0)", (short,)) == [(1,)]

    def warnings(self) -> list[tuple[str, int, str]]:
        """(level, number, words) of the last statement's warnings, at most 64."""
        rows = self.execute("SHOW WARNINGS")
        return [(str(level), int(str(code)), without_values(str(text))) for level, code, text in rows]

    @cached_property
    def has_md5(self) -> bool:
        """Whether MD5() can be called: MySQL 9.6 moved it into a component that is not installed by itself."""
        if self.is_mariadb:
            return True
        try:
            return self.execute("SELECT MD5('')") == [("d41d8cd98f00b204e9800998ecf8427e",)]
        except Refused:
            return False

    @property
    def warning_count(self) -> int:
        """How many warnings the last statement gave."""
        return int(self._connection.warning_count())

    @property
    def info(self) -> str:
        """The server's summary of the last bulk statement (``Records: 3  Deleted: 0 …``)."""
        return str(self._connection.info() or "")

    def literal(self, value: Parameter) -> str:
        """A value as an SQL literal of this connection."""
        try:
            text: bytes = self._connection.literal(value)
        except UnicodeEncodeError:
            raise ValueRefused(
                "A text holds octets that are no characters.", mend="correct the row on the other side."
            ) from None
        return text.decode()

    def cut(self) -> None:
        if not self._closed:
            with suppress(MySQLdb.Error):
                cut_socket(self._connection.fileno())

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            with suppress(MySQLdb.Error):
                self._connection.close()

    @contextmanager
    def _translated(self, sql: str) -> Iterator[None]:
        if self._closed:
            raise Interrupted("The session is closed.", mend="nothing: the next try opens one.", subject=self.address)
        try:
            yield
        except MySQLdb.Error as error:
            if number(error) in (CANNOT_DROP, NO_SUCH_TABLE) and sql.endswith(IF_EXISTS):
                return
            raise translate(error, subject=self.address) from None


def own_session(session: object) -> MySQLSession:
    """The session as this engine opened it; a session of another engine is a programming error."""
    if not isinstance(session, MySQLSession):
        raise TypeError(f"a MySQL session is needed, not {type(session).__name__}")
    return session


def quote(*names: str) -> str:
    """A quoted, dotted name."""
    return ".".join("`" + name.replace("`", "``") + "`" for name in names)
