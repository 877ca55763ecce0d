"""The server's binary log as events, read through mysql-replication.

What the library does by itself and must not do here:

* It reconnects for ever without a word; a second connection is refused, and the next try resumes.
* It parses the table map again before each row event, which costs more than all the rest. The connection below
  leaves out a table map that repeats the last one of its number, and the library goes on using that one.
* It fails on a statement with a status variable that it does not know (MySQL 9 has new ones). None of
  them matters here, so they are cut out of the packet.
* It drops the events that it does not know (compressed rows among them). They are delivered here, and refused.
* It waits for events of interest as long as it takes; ``Lull`` ends the waiting, between two packets.
"""

from __future__ import annotations

import secrets
import struct
import time
from collections.abc import Generator, Sequence
from typing import Any

import pymysql
from pymysql.connections import Connection
from pymysqlreplication import BinLogStreamReader
from pymysqlreplication.constants import BINLOG
from pymysqlreplication.event import (
    ExecuteLoadQueryEvent,
    GtidEvent,
    HeartbeatLogEvent,
    MariadbGtidEvent,
    NotImplementedEvent,
    QueryEvent,
    RotateEvent,
    XAPrepareEvent,
    XidEvent,
)
from pymysqlreplication.exceptions import BinLogNotEnabled, MalformedBinLogEvent, StatusVariableMismatch
from pymysqlreplication.row_event import (
    DeleteRowsEvent,
    PartialUpdateRowsEvent,
    UpdateRowsEvent,
    WriteRowsEvent,
)

from database_migration.engines.mysql.connection import tls_options
from database_migration.engines.mysql.server_errors import POSITION_PURGED, translate, words
from database_migration.engines.protocol import Endpoint
from database_migration.errors import Interrupted, MigrationError, PositionLost, ValueRefused

_EVENTS = (
    *(QueryEvent, XidEvent, XAPrepareEvent, GtidEvent, MariadbGtidEvent, RotateEvent, HeartbeatLogEvent),
    *(WriteRowsEvent, UpdateRowsEvent, DeleteRowsEvent, PartialUpdateRowsEvent),
    *(ExecuteLoadQueryEvent, NotImplementedEvent),
)
# What the library's parser raises on an event that it does not understand.
_UNREADABLE = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError, TypeError, ValueError),
    *(struct.error, MalformedBinLogEvent, StatusVariableMismatch),
)
LOG_LOST = (
    "before the cutover, clear the tasks start_capture and reach_copy_end (and what follows it): capture starts anew,"
    " the tables are compared, and only rows that differ are written again. Else roll back and start a new run."
    " Raise binlog_expire_logs_seconds beyond a migration's duration."
)
_HEAD = 20
_SIZE_AT = 10
_CHECKSUM = 4
_FIRST_OWN_SERVER_ID = 1 << 31
_SECONDS_WITHOUT_HEARTBEAT = 60


class Lull(Exception):
    """Nothing of interest came in time."""


class _LogConnection(Connection):  # type: ignore[misc]
    """The connection of the stream: leaves out repeated table maps and knows a deadline."""

    deadline: float | None = None

    def __init__(self, **settings: Any) -> None:
        self._maps: dict[bytes, bytes] = {}
        super().__init__(**settings)

    def _read_packet(self, *arguments: Any, **keywords: Any) -> Any:
        while True:
            if self.deadline is not None and time.monotonic() > self.deadline:
                raise Lull
            packet = super()._read_packet(*arguments, **keywords)
            data = packet.get_all_data()
            if self.deadline is None or len(data) < _HEAD:
                return packet
            kind = data[5]
            if kind in (BINLOG.ROTATE_EVENT, BINLOG.FORMAT_DESCRIPTION_EVENT):
                self._maps.clear()  # the numbers begin anew, and so does the library
            elif kind == BINLOG.TABLE_MAP_EVENT:
                number, body = data[_HEAD : _HEAD + 6], data[_HEAD:-_CHECKSUM]
                if self._maps.get(number) == body:
                    continue
                self._maps[number] = body
            elif kind == BINLOG.QUERY_EVENT:
                return type(packet)(without_status(data), self.encoding)
            return packet


def without_status(data: bytes) -> bytes:
    """A statement's packet without its status variables, its lengths set right.

    Behind the head: thread (4 octets), duration (4), length of the schema's name (1), error (2), length of the
    status variables (2), then those.
    """
    length_at = _HEAD + 11
    status_at = length_at + 2
    (length,) = struct.unpack_from("<H", data, length_at)
    (size,) = struct.unpack_from("<I", data, _SIZE_AT)
    head = data[:_SIZE_AT] + struct.pack("<I", size - length) + data[_SIZE_AT + 4 : length_at]
    return head + b"\0\0" + data[status_at + length :]


class BinlogStream:
    """Events after a position; call ``next_event`` again and again."""

    def __init__(
        self, endpoint: Endpoint, file: str, offset: int, *, schemas: Sequence[str], tables: Sequence[str], beat: float
    ) -> None:
        self._address = str(endpoint)
        self._stream_connection: _LogConnection | None = None
        settings: dict[str, Any] = {
            "host": endpoint.host,
            "port": endpoint.port,
            "user": endpoint.user,
            "passwd": endpoint.password,
            "charset": "utf8mb4",
            "connect_timeout": int(endpoint.options.get("connect_timeout", 10)),
            "read_timeout": _SECONDS_WITHOUT_HEARTBEAT,
            # The server waits while what it sent is being applied.
            "init_command": "SET SESSION net_write_timeout = 3600",
        }
        if tls := tls_options(endpoint):
            settings["ssl"] = tls
        if "unix_socket" in endpoint.options:
            settings["unix_socket"] = endpoint.options["unix_socket"]
        self._reader = BinLogStreamReader(
            connection_settings=settings,
            server_id=_FIRST_OWN_SERVER_ID + secrets.randbelow(_FIRST_OWN_SERVER_ID - 1),
            log_file=file,
            log_pos=offset,
            resume_stream=True,
            blocking=True,
            only_events=list(_EVENTS),
            filter_non_implemented_events=False,
            only_schemas=list(schemas),
            only_tables=list(tables),
            slave_heartbeat=beat,
            pymysql_wrapper=self._connect,
            enable_logging=False,
        )

    def _connect(self, **settings: Any) -> Any:
        if settings.get("db") == "information_schema":
            return pymysql.connect(**settings)
        if self._stream_connection is not None:
            raise Interrupted(
                "The connection that reads the log was lost.",
                mend="nothing if the server is there: the next try resumes.",
                subject=self._address,
            )
        self._stream_connection = _LogConnection(**settings)
        return self._stream_connection

    @property
    def file(self) -> str:
        """The log file of the last event."""
        return str(self._reader.log_file)

    def next_event(self, seconds: float) -> Any | None:
        """The next event, or None when nothing came within ``seconds``."""
        until = time.monotonic() + seconds
        try:
            if self._stream_connection is not None:
                self._stream_connection.deadline = until
            event = self._reader.fetchone()
        except Lull:
            return None
        except MigrationError:
            raise
        except pymysql.err.MySQLError as error:
            raise self._refusal(error) from None
        except (OSError, TimeoutError) as error:
            raise translate(pymysql.err.OperationalError(2013, str(error)), subject=self._address) from None
        except BinLogNotEnabled:
            raise PositionLost(
                "The server keeps no binary log.", mend="set log_bin in its configuration.", subject=self._address
            ) from None
        except _UNREADABLE as error:
            raise self._unreadable(error) from error
        if event is None:
            raise Interrupted(
                "The server ended the log's stream.", mend="nothing: the next try resumes.", subject=self._address
            )
        return event

    def _refusal(self, error: BaseException) -> MigrationError:
        said = words(error)
        if "same server_id" in said or "same server_uuid" in said:  # 1236 or, on MariaDB, 4052
            return Interrupted(
                f"Another reader uses our server id ({said}).",
                mend="nothing: the next try takes another id.",
                subject=self._address,
            )
        if error.args and error.args[0] == POSITION_PURGED:
            return PositionLost(
                f"The log does not reach back to where the run stands ({said}).",
                mend=LOG_LOST,
                subject=self._address,
            )
        return translate(error, subject=self._address)

    def _unreadable(self, error: BaseException) -> ValueRefused:
        return ValueRefused(
            f"An event near {self._reader.log_file}:{self._reader.log_pos} cannot be read "
            f"({type(error).__name__}: {error}).",
            mend="exclude tables with COMPRESSED or VECTOR columns; else report it with the server's version.",
            subject=self._address,
        )

    def close(self) -> None:
        """Ends both connections; twice is once."""
        self._reader.close()
        if self._stream_connection is not None and self._stream_connection.open:
            self._stream_connection.close()


def events(stream: BinlogStream, seconds: float) -> Generator[Any | None, None, None]:
    """Events for ever; None each time that nothing came for ``seconds``."""
    try:
        while True:
            yield stream.next_event(seconds)
    finally:
        stream.close()


__all__ = ["LOG_LOST", "BinlogStream", "events"]
