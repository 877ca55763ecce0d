"""A session on PostgreSQL over psycopg 3.

Settings of the role or the database that would change what we read or end our work are overruled at the
start: text forms (time zone, date style, float digits), timeouts, and ``row_security``, under which a
query would leave out rows without a word; off, it raises instead (manual, section 5.9).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import psycopg
from psycopg import pq
from psycopg.rows import TupleRow

from database_migration.engines.cut_socket import cut_socket
from database_migration.engines.postgres.names import literal, quote
from database_migration.engines.postgres.server_errors import as_connection_error, translated
from database_migration.engines.protocol import Endpoint, Parameter, Row, Session
from database_migration.errors import ConnectionRefused, Interrupted, NotPossible, Refused

MINIMUM_VERSION = 140000
_NEVER = 2**31
_PREPARED_PLANS = 1000
"""Statements of the applier that the server keeps planned, a few per table."""

SETTINGS = (
    ("TimeZone", "UTC"),
    ("client_encoding", "UTF8"),
    ("DateStyle", "ISO, YMD"),
    ("IntervalStyle", "postgres"),
    ("extra_float_digits", "1"),
    ("bytea_output", "hex"),
    ("standard_conforming_strings", "on"),
    ("xmlbinary", "base64"),
    ("lc_monetary", "C"),
    ("row_security", "off"),
    ("statement_timeout", "0"),
    ("lock_timeout", "0"),
    ("idle_in_transaction_session_timeout", "0"),
    ("default_transaction_isolation", "read committed"),
    ("default_transaction_deferrable", "off"),
)
"""What every session of ours needs so that texts are the same everywhere."""


def settings_statements(schema: str) -> list[str]:
    """What makes a session ours; unqualified names mean the migrated schema first."""
    path = "public" if schema == "public" else f"{quote(schema)}, public"
    return [*(f"SET {name} = {literal(value)}" for name, value in SETTINGS), f"SET search_path = {path}"]


def connect_to(endpoint: Endpoint, *, purpose: str, replication: bool = False) -> psycopg.Connection[TupleRow]:
    """An open driver connection with our settings; ``replication``: one that speaks the streaming protocol."""
    unknown = sorted(set(endpoint.options) - _known_options())
    if unknown:
        raise ConnectionRefused(
            f"The connection's extra holds {', '.join(unknown)}, which libpq does not know.",
            mend="remove it, or spell it as libpq does (manual, section 34.1.2).",
            subject=str(endpoint),
        )
    arguments: dict[str, str | int] = {
        "connect_timeout": 10,
        "keepalives_idle": 60,
        "application_name": purpose[:63],
        **endpoint.options,
        "host": endpoint.host,
        "port": endpoint.port,
        "user": endpoint.user,
        "dbname": endpoint.database,
        "client_encoding": "UTF8",
    }
    if endpoint.password:
        arguments["password"] = endpoint.password
    if replication:
        arguments["replication"] = "database"
    try:
        connection = psycopg.connect(
            **arguments,  # type: ignore[arg-type]  # libpq's keywords, checked above
            autocommit=True,
            # Plans are kept only where asked for (prepare=True), so that DDL beside us cannot outdate one.
            prepare_threshold=_NEVER,
        )
    except psycopg.Error as error:
        raise as_connection_error(error, str(endpoint), endpoint.password) from None
    connection.prepared_max = _PREPARED_PLANS
    try:
        if connection.info.server_version < MINIMUM_VERSION:
            raise ConnectionRefused(
                f"The server is PostgreSQL {connection.info.parameter_status('server_version')}.",
                mend="use PostgreSQL 14 or later.",
                subject=str(endpoint),
            )
        with translated(str(endpoint)):
            for statement in settings_statements(endpoint.schema):
                # A walsender runs one command at a time, and simple ones only.
                result = connection.pgconn.exec_(statement.encode())
                if result.status != pq.ExecStatus.COMMAND_OK:
                    raise psycopg.errors.error_from_result(result)
    except BaseException:
        connection.close()
        raise
    return connection


def _known_options() -> set[str]:
    return {option.keyword.decode() for option in pq.Conninfo.get_defaults()}


class PostgresSession:
    """One connection with our settings; fulfils ``protocol.Session``."""

    def __init__(self, connection: psycopg.Connection[TupleRow], address: str) -> None:
        self.connection = connection
        self.address = address
        self.suppresses_triggers: bool | None = None
        """Whether session_replication_role may be set; None: not yet tried."""
        self.marker: str | None = None
        """Set where writes are marked by a message in each transaction instead of a replication origin."""
        self.writers: dict[tuple[str, str], object] = {}
        """Of the change writer, by schema and table: the statements that it has made."""

    def execute(self, sql: str, parameters: Sequence[Parameter] = ()) -> list[Row]:
        """Rows of a query, [] of anything else."""
        with translated(), self.connection.cursor() as cursor:
            cursor.execute(query(sql), list(parameters) or None)
            while cursor.nextset():  # of several statements the last one's rows are the answer
                pass
            return cursor.fetchall() if cursor.description is not None else []

    def execute_count(self, sql: str, parameters: Sequence[Parameter] = ()) -> int:
        """Rows that a statement matched, inserted or deleted."""
        with translated(), self.connection.cursor() as cursor:
            cursor.execute(query(sql), list(parameters) or None)
            return max(cursor.rowcount, 0)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is executed inside commits at the end, or nothing of it; does not nest."""
        if self.in_transaction:
            raise NotPossible(
                "A transaction is open already and transactions do not nest.",
                mend="end it first; this is a mistake in the calling step.",
                subject=self.address,
            )
        with translated(), self.connection.transaction():
            if self.marker is not None:
                self.connection.execute("SELECT pg_logical_emit_message(true, 'database_migration', %s)", [self.marker])
            yield

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is executed inside is undone when it raises, and the transaction goes on."""
        if not self.in_transaction:
            raise NotPossible(
                "A savepoint stands inside a transaction only.",
                mend="open a transaction first; this is a mistake in the calling step.",
                subject=self.address,
            )
        with translated(), self.connection.transaction():
            yield

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, healthy or failed."""
        return self.connection.info.transaction_status in (
            pq.TransactionStatus.INTRANS,
            pq.TransactionStatus.INERROR,
        )

    def try_lock(self, name: str) -> bool:
        """Take the advisory lock of this name for as long as this session lives."""
        return bool(self.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])[0][0])

    def close(self) -> None:
        """End the connection; twice is once."""
        self.connection.close()

    def cut(self) -> None:
        """Break the connection at once, from any thread."""
        if not self.connection.closed:
            with suppress(psycopg.Error):
                cut_socket(self.connection.fileno())

    @property
    def server_session_id(self) -> int:
        """The backend's process id."""
        return self.connection.info.backend_pid


def connection_of(session: Session) -> psycopg.Connection[TupleRow]:
    """The driver connection behind a session of this engine."""
    return postgres_session(session).connection


def postgres_session(session: Session) -> PostgresSession:
    """The session as this engine's own; TypeError for another engine's."""
    if not isinstance(session, PostgresSession):
        raise TypeError(f"a PostgreSQL session was expected, not {type(session).__name__}")
    return session


def query(text: str) -> bytes:
    """SQL built by this engine: identifiers in it went through ``quote``, values are bound."""
    return text.encode()


def suppress_triggers(session: Session, *, for_transaction: bool) -> bool:
    """Keep triggers and foreign keys from firing on our writes; False where the role is not allowed to.

    The attempt runs in a savepoint: a refusal must not spoil the caller's transaction.
    """
    own = postgres_session(session)
    if own.suppresses_triggers is False:
        return False
    scope = "LOCAL" if for_transaction else "SESSION"
    try:
        with translated(), own.connection.transaction():
            own.connection.execute(query(f"SET {scope} session_replication_role = replica"))
            own.connection.execute(query(f"SET {scope} database_migration.applier = 'on'"))
    except Interrupted:
        raise
    except Refused:
        own.suppresses_triggers = False  # the caller decides whether that is an error
        return False
    own.suppresses_triggers = True
    return True


def server_version(session: Session) -> int:
    """The server's version as a number: 150018 for 15.18."""
    return connection_of(session).info.server_version


def release_of(text: str) -> str:
    """``15.18`` out of what the server says of itself: ``15.18 (Debian 15.18-0+deb12u1)``."""
    found = re.match(r"[\w.]+", text)
    return found[0] if found else text


__all__ = [
    "MINIMUM_VERSION",
    "SETTINGS",
    "PostgresSession",
    "connect_to",
    "connection_of",
    "postgres_session",
    "query",
    "release_of",
    "server_version",
    "settings_statements",
    "suppress_triggers",
]
