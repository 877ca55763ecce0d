"""The streaming replication protocol over libpq (manual, section 55.4).

psycopg 3 has no replication API, its libpq layer has all that is needed: START_REPLICATION turns the
connection into a two-way copy, in which the server sends blocks of the log and keepalives, and we
tell how far the log may be forgotten. We confirm what the caller has stored and nothing else; whatever we
read, a new stream starts from there.
"""

from __future__ import annotations

import select
import struct
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from psycopg import pq
from psycopg.rows import TupleRow

from database_migration.engines.postgres.names import literal, quote
from database_migration.engines.postgres.server_errors import translated
from database_migration.errors import Interrupted

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_DATA = struct.Struct("!QQq")
_KEEPALIVE = struct.Struct("!QqB")
_STATUS = struct.Struct("!cQQQqB")
_SENDER_TIMEOUT = "10min"
"""How long the server waits for us while the caller applies a large transaction."""


@dataclass(frozen=True, slots=True)
class Block:
    """One message of the output plugin."""

    data: bytes
    server_end: int


@dataclass(frozen=True, slots=True)
class Keepalive:
    """Everything before ``server_end`` was decoded, and sent if it was of interest."""

    server_end: int


def parse_lsn(text: str) -> int:
    """``0/16B3748`` as a number."""
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def format_lsn(lsn: int) -> str:
    """A number as ``0/16B3748``."""
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"


class ReplicationStream:
    """An open stream of one slot."""

    def __init__(self, connection: psycopg.Connection[TupleRow], slot: str, publication: str, after: int) -> None:
        self._connection = connection
        self._libpq = connection.pgconn
        self._received = after
        self._confirmed = 0  # says nothing until the caller confirms
        self._slot = slot
        self._exec(f"SET wal_sender_timeout = {literal(_SENDER_TIMEOUT)}", pq.ExecStatus.COMMAND_OK)
        self._exec(
            f"START_REPLICATION SLOT {quote(slot)} LOGICAL {format_lsn(after)}"
            f" (proto_version '1', publication_names {literal(quote(publication))}, messages 'true')",
            pq.ExecStatus.COPY_BOTH,
        )

    def _exec(self, command: str, expected: int) -> None:
        result = self._libpq.exec_(command.encode())
        if result.status != expected:
            raise psycopg.errors.error_from_result(result)

    def next(self, timeout: float) -> Block | Keepalive | None:
        """The next block or keepalive, None when nothing came for ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        while True:
            with translated(self._slot):
                size, data = self._libpq.get_copy_data(1)
            if size > 0:
                found = self._message(bytes(data))
                if found is not None:
                    return found
                continue
            if size == -1:
                self._raise_end()
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            select.select([self._libpq.socket], [], [], left)
            with translated(self._slot):
                self._libpq.consume_input()

    def _message(self, data: bytes) -> Block | Keepalive | None:
        if data[:1] == b"w":
            start, _, _ = _DATA.unpack_from(data, 1)
            self._received = max(self._received, start)
            return Block(data[1 + _DATA.size :], start)
        if data[:1] == b"k":
            end, _, reply_wanted = _KEEPALIVE.unpack_from(data, 1)
            self._received = max(self._received, end)
            if reply_wanted:
                self.report()
            return Keepalive(end)
        return None

    def _raise_end(self) -> None:
        result = self._libpq.get_result()
        with translated(self._slot):
            if result is not None and result.status == pq.ExecStatus.FATAL_ERROR:
                raise psycopg.errors.error_from_result(result)
        raise Interrupted(
            "The server ended the replication stream.", mend="see that it runs and try again.", subject=self._slot
        )

    def confirm(self, lsn: int) -> None:
        """Let the server forget what lies before a position."""
        if lsn > self._confirmed:
            self._confirmed = lsn
            self.report()

    def report(self, *, want_reply: bool = False) -> None:
        """Tell the server how far we have read and what it may forget; it answers with a keepalive if asked."""
        now = int((datetime.now(UTC) - _EPOCH).total_seconds() * 1_000_000)
        received = max(self._received, self._confirmed)
        status = _STATUS.pack(b"r", received, self._confirmed, self._confirmed, now, want_reply)
        with translated(self._slot):
            self._libpq.put_copy_data(status)
            while self._libpq.flush():
                select.select([], [self._libpq.socket], [], 1.0)

    @property
    def closed(self) -> bool:
        """Whether the connection is gone."""
        return self._connection.closed

    def close(self) -> None:
        """End the stream with its connection; twice is once."""
        self._connection.close()


__all__ = ["Block", "Keepalive", "ReplicationStream", "format_lsn", "parse_lsn"]
