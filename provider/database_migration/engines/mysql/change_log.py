"""Captures committed changes from the binary log.

Why nothing is lost at the start. ``start`` has to return a position P such that what is not visible to a later
read lies behind P. The log's end alone would not do (see ``log.visibility``): a transaction before it may become
visible a moment after a chunk was read, and neither the chunk nor the log from there would have it.

Positions are those between transactions. The server holds nothing for us: what keeps the log is its own
expiry, which preflight compares with a migration's duration and ``retained_bytes`` watches.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.mysql.log.applied_marker import forget_markers
from database_migration.engines.mysql.log.binlog_stream import LOG_LOST, BinlogStream, events
from database_migration.engines.mysql.log.charsets import Charsets
from database_migration.engines.mysql.log.position import file_and_offset, position
from database_migration.engines.mysql.log.transactions import TransactionAssembly
from database_migration.engines.mysql.log.visibility import MySQLVisibility, log_end, visible_position
from database_migration.engines.mysql.names import MARKER_TABLE, OWN_DATABASE
from database_migration.engines.protocol import Endpoint
from database_migration.errors import Interrupted, NotPossible, PositionLost, Refused
from database_migration.model.change import ChangeTransaction
from database_migration.model.log_position import LogPosition
from database_migration.model.table_selection import FormedColumn

_SHORTEST_BEAT = 0.05
_PREPARED_WITHIN = 30.0
_LOOK_AGAIN = 0.1


class MySQLChangeLog:
    """See ``engines.protocol.ChangeLog``."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def start(self, name: str, schema: str, tables: Sequence[str]) -> LogPosition:
        with closing(MySQLSession(self._endpoint)) as session:
            _let_prepared_end(session)
            return visible_position(session, name)

    def end(self) -> LogPosition:
        with closing(MySQLSession(self._endpoint)) as session:
            return log_end(session)

    def read(
        self,
        name: str,
        tables: Mapping[str, Sequence[FormedColumn]],
        schema: str,
        after: LogPosition,
        *,
        idle_seconds: float,
        passed_over: Mapping[str, Collection[str]] | None = None,
    ) -> Iterator[ChangeTransaction]:
        if schema == OWN_DATABASE:
            raise NotPossible(
                "The migrations' own database is never captured.", mend="choose another schema.", subject=schema
            )
        file, offset = file_and_offset(after)
        with closing(MySQLSession(self._endpoint)) as session:
            if file not in _log_files(session):
                raise PositionLost(
                    f"The server no longer has the log file {file}.",
                    mend=LOG_LOST,
                    subject=str(self._endpoint),
                )
            assembly = TransactionAssembly(
                schema, tables, Charsets(session), after, tells_added=passed_over is not None
            )
            stream = BinlogStream(
                self._endpoint,
                file,
                offset,
                schemas=[schema, OWN_DATABASE],
                tables=[*tables, MARKER_TABLE],
                beat=max(idle_seconds / 2, _SHORTEST_BEAT),
            )
            with closing(events(stream, idle_seconds)) as incoming:
                yield from _transactions(incoming, stream, assembly, idle_seconds)

    def reaches(self, name: str, after: LogPosition) -> bool:
        file, _ = file_and_offset(after)
        with closing(MySQLSession(self._endpoint)) as session:
            return file in _log_files(session)

    @contextmanager
    def visibility(self, name: str) -> Iterator[MySQLVisibility]:
        with closing(MySQLSession(self._endpoint)) as session:
            yield MySQLVisibility(session, name)

    def confirm(self, name: str, position: LogPosition) -> None:
        """The server expires its log by itself."""

    def stop(self, name: str) -> None:
        with closing(MySQLSession(self._endpoint)) as session:
            forget_markers(session, f"start {name}")

    def retained_bytes(self, name: str, after: LogPosition) -> int:
        file, offset = file_and_offset(after)
        with closing(MySQLSession(self._endpoint)) as session:
            sizes = _log_files(session)
        behind = sum(size for other, size in sizes.items() if position(other, 0) >= position(file, 0))
        return max(behind - offset, 0)


def _transactions(
    incoming: Iterator[object | None], stream: BinlogStream, assembly: TransactionAssembly, idle_seconds: float
) -> Iterator[ChangeTransaction]:
    told = time.monotonic()
    for event in incoming:
        transaction = None if event is None else assembly.take(event, stream.file)
        if transaction is None and time.monotonic() - told < idle_seconds:
            continue
        yield transaction or ChangeTransaction(assembly.consumed, assembly.clock)
        if transaction is not None and transaction.added:
            return
        told = time.monotonic()


def _let_prepared_end(session: MySQLSession) -> None:
    """Wait for XA transactions that are prepared now: their rows lie before the position, their commit behind it.

    :raises Interrupted: they do not end.
    """
    deadline = time.monotonic() + _PREPARED_WITHIN
    waiting = _prepared(session)
    while waiting:
        if time.monotonic() >= deadline:
            raise Interrupted(
                f"{len(waiting)} prepared XA transactions do not end, and the log would tell of their commit only.",
                mend="XA RECOVER lists them: XA COMMIT or XA ROLLBACK each, then clear the task.",
                subject=session.address,
            )
        time.sleep(_LOOK_AGAIN)
        waiting &= _prepared(session)


def _prepared(session: MySQLSession) -> set[tuple[object, ...]]:
    try:
        return {tuple(row) for row in session.execute("XA RECOVER")}
    except Refused:
        return set()  # MySQL shows them to XA_RECOVER_ADMIN only


def _log_files(session: MySQLSession) -> dict[str, int]:
    return {str(row[0]): int(str(row[1])) for row in session.execute("SHOW BINARY LOGS")}


__all__ = ["MySQLChangeLog"]
