"""PostgreSQL's change log: a publication, a logical replication slot, and a stream of its transactions.

Why nothing is lost. The publication is made before the slot, as the plugin looks it up with the catalog of the
moment that it decodes. The slot keeps the log from its consistent point on: every transaction that commits
later is in it, whole. The server forgets only what was confirmed, and only positions that the caller
stored are confirmed; a reader that comes back with an older position than the slot's would be moved
forward by the server in silence, so that is checked and refused. A position is where the log goes on after a
commit: reading from there gives every transaction that commits later, also one that had begun before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime

from database_migration.engines.postgres.connection import PostgresSession, connect_to
from database_migration.engines.postgres.log import slot
from database_migration.engines.postgres.log.replication_stream import Block, Keepalive, ReplicationStream
from database_migration.engines.postgres.log.table_shapes import TableShapes
from database_migration.engines.postgres.log.transaction_assembly import ColumnsAdded, TransactionAssembly, position
from database_migration.engines.postgres.log.visibility import PostgresVisibility
from database_migration.engines.postgres.names import object_name, slot_name
from database_migration.engines.postgres.server_errors import translated
from database_migration.engines.protocol import Endpoint
from database_migration.errors import Interrupted, PositionLost, Refused
from database_migration.model.change import ChangeTransaction
from database_migration.model.log_position import LogPosition
from database_migration.model.table_selection import FormedColumn

_SLOT_BUSY_SECONDS = 15.0
_SHAPES_CHECK_SECONDS = 5.0


class PostgresChangeLog:
    """Fulfils ``protocol.ChangeLog`` for the server at one endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._streams: dict[str, ReplicationStream] = {}

    def _session(self) -> closing[PostgresSession]:
        connection = connect_to(self._endpoint, purpose="database_migration log")
        return closing(PostgresSession(connection, str(self._endpoint)))

    def _slot(self, name: str) -> str:
        return slot_name(name, self._endpoint.database)

    def start(self, name: str, schema: str, tables: Sequence[str]) -> LogPosition:
        """Make the log readable from now on and return that position."""
        with self._session() as session:
            if slot.publish(session, object_name(name), schema, tables):
                TableShapes(session, object_name(name), schema).remember()
            created = slot.create(session, self._slot(name))
            if created is not None:
                return position(created)
        return self.end()

    def end(self) -> LogPosition:
        """The log's end; a record of ours follows it, so that a reader surely gets beyond."""
        with self._session() as session:
            return position(slot.log_end(session))

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
        """Committed transactions after a position, in commit order, until columns are added."""
        with self._session() as session:
            slot.check_reaches(session, self._slot(name), after.ordinal)
            shapes = TableShapes(session, object_name(name), schema)
            columns = {table: [formed.name for formed in known] for table, known in tables.items()}
            oids = shapes.check(columns)
            stream = self._open_stream(name, after.ordinal)
            self._streams[name] = stream
            try:
                assembly = TransactionAssembly(schema, tables, oids, passed_over=passed_over)
                checked = time.monotonic()
                consumed = _Consumed(after.ordinal, lambda: slot.log_now(session))
                for transaction in _transactions(stream, assembly, consumed, idle_seconds):
                    yield transaction
                    if time.monotonic() - checked > _SHAPES_CHECK_SECONDS:
                        shapes.check(columns)
                        checked = time.monotonic()
            finally:
                if self._streams.get(name) is stream:
                    del self._streams[name]
                stream.close()

    def _open_stream(self, name: str, after: int) -> ReplicationStream:
        deadline = time.monotonic() + _SLOT_BUSY_SECONDS
        while True:
            connection = connect_to(self._endpoint, purpose="database_migration stream", replication=True)
            try:
                with translated(str(self._endpoint)):
                    return ReplicationStream(connection, self._slot(name), object_name(name), after)
            except Interrupted:
                # A reader that was killed holds the slot until the server notices.
                connection.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            except BaseException:
                connection.close()
                raise

    def reaches(self, name: str, after: LogPosition) -> bool:
        """Whether the slot still holds all that was committed after a position."""
        with self._session() as session:
            try:
                slot.check_reaches(session, self._slot(name), after.ordinal)
            except PositionLost:
                return False
            return True

    @contextmanager
    def visibility(self, name: str) -> Iterator[PostgresVisibility]:
        """A watch over what reads see."""
        with self._session() as session:
            yield PostgresVisibility(session)

    def confirm(self, name: str, position: LogPosition) -> None:
        """Let the server forget what lies before a position that is safely stored elsewhere."""
        stream = self._streams.get(name)
        if stream is not None and not stream.closed:
            stream.confirm(position.ordinal)
            return
        with self._session() as session:
            slot.advance(session, self._slot(name), position.ordinal)

    def stop(self, name: str) -> None:
        """Drop slot, publication and the origins that our appliers used here."""
        stream = self._streams.pop(name, None)
        if stream is not None:
            stream.close()
        with self._session() as session:
            slot.drop(session, self._slot(name))
            slot.drop_publication(session, object_name(name))
            with suppress(Refused):  # without the right to drop origins there was none to create them either
                slot.drop_origins(session, name)

    def retained_bytes(self, name: str, after: LogPosition) -> int:
        """Bytes of log that the server keeps for the slot or behind the position, whichever is more."""
        with self._session() as session:
            return slot.retained_bytes(session, self._slot(name), after.ordinal)


class _Consumed:
    """How far the log is consumed, and as of when: a silent stream may be an idle server, or one that is still
    decoding what lies long before the log's end.

    A mark is a place that the log had reached at a moment; once it is consumed, so is all that was committed by
    then. One mark is waited for at a time.
    """

    def __init__(self, after: int, log_now: Callable[[], tuple[int, datetime]]) -> None:
        self.lsn = after
        self.as_of = datetime.fromtimestamp(0, UTC)  # unknown: as old as can be, so that no lag is understated
        self._log_now = log_now
        self._mark: tuple[int, datetime] | None = None

    def set_mark(self) -> None:
        """Note where the log ends now, unless an earlier mark is still waited for."""
        if self._mark is None:
            self._mark = self._log_now()

    def reach(self, lsn: int, committed_at: datetime | None = None) -> None:
        """All before ``lsn`` is consumed."""
        self.lsn = max(self.lsn, lsn)
        if committed_at is not None:
            self.as_of = max(self.as_of, committed_at)
        if self._mark is not None and self.lsn >= self._mark[0]:
            self.as_of = max(self.as_of, self._mark[1])
            self._mark = None


def _transactions(
    stream: ReplicationStream, assembly: TransactionAssembly, consumed: _Consumed, idle_seconds: float
) -> Iterator[ChangeTransaction]:
    """Transactions with changes as they come, and a heartbeat whenever nothing was said for ``idle_seconds``."""
    spoke = time.monotonic()
    asked = False
    consumed.set_mark()
    stream.report(want_reply=True)
    while True:
        left = spoke + idle_seconds - time.monotonic()
        if left <= 0:
            yield ChangeTransaction(position(consumed.lsn), consumed.as_of)
            spoke, asked = time.monotonic(), False
            continue
        if left < idle_seconds / 2 and not asked:
            consumed.set_mark()
            stream.report(want_reply=True)  # the answer tells how far the server has read
            asked = True
        found = stream.next(min(left, idle_seconds / 2))
        if isinstance(found, Block):
            try:
                transaction = assembly.take(found.data)
            except ColumnsAdded as told:
                # The transaction that shows them is read again, from before its beginning.
                yield ChangeTransaction(position(consumed.lsn), consumed.as_of, added=told.added)
                return
            if transaction is None:
                continue
            consumed.reach(transaction.position.ordinal, transaction.committed_at)
            if transaction.changes:
                yield transaction
                spoke = time.monotonic()
        elif isinstance(found, Keepalive) and not assembly.open:
            consumed.reach(found.server_end)


__all__ = ["PostgresChangeLog"]
