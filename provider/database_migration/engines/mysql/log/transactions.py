"""Puts the log's events together to committed transactions.

The two flavours frame a transaction differently: MariaDB writes ``GTID … Xid``, MySQL ``GTID, BEGIN … Xid``; tables
without transactions end in ``COMMIT``; DDL stands alone behind its GTID. A position is handed out only
between transactions, because the log can be read again only from there with its table maps.

Ours, and left out: on MariaDB the events that carry the skip-replication flag, on MySQL the
transactions that write the marker row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

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
from pymysqlreplication.row_event import (
    DeleteRowsEvent,
    PartialUpdateRowsEvent,
    RowsEvent,
    UpdateRowsEvent,
    WriteRowsEvent,
)

from database_migration.engines.change_buffer import ChangeBuffer
from database_migration.engines.mysql.log.charsets import Charsets
from database_migration.engines.mysql.log.position import position
from database_migration.engines.mysql.log.row_image import TableDecoder
from database_migration.engines.mysql.log.statements import Meaning, read_statement
from database_migration.engines.mysql.names import MARKER_TABLE, OWN_DATABASE
from database_migration.errors import SourceChanged, ValueRefused
from database_migration.model.change import Change, ChangeTransaction, Operation
from database_migration.model.log_position import LogPosition
from database_migration.model.table_selection import FormedColumn

_SKIP_REPLICATION = 0x8000
_IGNORABLE = 0x80
_ANONYMOUS_GTID, _TAGGED_GTID = 34, 42
_COMPRESSED = frozenset({40, *range(165, 172)})
_HARMLESS = frozenset({1, 3, 5, 13, 14, 17, 29, 35, 36, 37, 41, 161, 163})


class TransactionAssembly:
    """Takes events one by one and gives a transaction when one ends."""

    def __init__(
        self,
        schema: str,
        tables: Mapping[str, Sequence[FormedColumn]],
        charsets: Charsets,
        start: LogPosition,
        *,
        tells_added: bool = False,
    ) -> None:
        self._schema = schema
        self._columns = tables
        self._names = frozenset(tables)
        self._charsets = charsets
        self._decoders: dict[int, tuple[object, TableDecoder]] = {}
        self._changes = ChangeBuffer()
        self._open = False
        self._ours = False
        self._tells_added = tells_added
        self.consumed = start
        """The furthest position between two transactions."""
        self.clock = datetime.now(UTC)
        """When the last transaction was committed, by the server's clock."""

    def take(self, event: Any, file: str) -> ChangeTransaction | None:
        """The transaction that this event ends, if it has changes of interest."""
        if isinstance(event, RowsEvent):
            self._rows(event)
            return None
        if isinstance(event, HeartbeatLogEvent):
            if not self._open and event.packet.log_pos:
                self._consume(event.ident, event.packet.log_pos, datetime.now(UTC))
            return None
        if isinstance(event, RotateEvent):
            if not self._open:
                self._consume(event.next_binlog, event.position, self.clock)
            self._decoders.clear()
            return None
        if isinstance(event, GtidEvent | MariadbGtidEvent):
            self._begin(event)
            return None
        if isinstance(event, XidEvent) or (isinstance(event, XAPrepareEvent) and event.one_phase):
            return self._commit(event, file)
        if isinstance(event, QueryEvent):
            return self._statement(event, file)
        self._other(event)
        return None

    def _begin(self, event: Any) -> None:
        self._open = True
        self._changes.clear()
        self._ours = bool(event.packet.flags & _SKIP_REPLICATION)

    def _commit(self, event: Any, file: str) -> ChangeTransaction | None:
        committed_at = datetime.fromtimestamp(event.timestamp, UTC)
        changes, octets = self._changes.take()
        if self._ours:
            changes = ()
        self._open = self._ours = False
        self._consume(file, event.packet.log_pos, committed_at)
        return ChangeTransaction(self.consumed, committed_at, changes, octets=octets) if changes else None

    def _consume(self, file: str, offset: int, at: datetime) -> None:
        reached = position(file, offset)
        if reached < self.consumed and reached.text.split(":")[0] == self.consumed.text.split(":")[0]:
            raise ValueRefused(
                f"The log file {file} is longer than 4 GiB, beyond which positions cannot be told.",
                mend="split the transaction that is larger than max_binlog_size and start the copy anew.",
                subject=file,
            )
        self.consumed, self.clock = max(reached, self.consumed), at

    def _statement(self, event: Any, file: str) -> ChangeTransaction | None:
        default = event.schema.decode() if isinstance(event.schema, bytes) else str(event.schema)
        statement = read_statement(event.query, default, self._schema, self._names)
        subject = ", ".join(f"{self._schema}.{table}" for table in statement.tables)
        ours = self._ours or bool(event.packet.flags & _SKIP_REPLICATION)
        match statement.meaning:
            case Meaning.BEGIN | Meaning.INSIDE:
                return None
            case Meaning.ROLLBACK_TO if self._changes:
                raise ValueRefused(
                    "A transaction mixes tables with and without transactions and was rolled back in part.",
                    mend="ALTER TABLE … ENGINE = InnoDB for all selected tables, then start the copy anew.",
                    subject=self._schema,
                )
            case Meaning.ROLLBACK:
                self._changes.clear()
                return self._commit(event, file)
            case Meaning.TRUNCATE:
                if not ours:
                    self._changes.extend((Change(Operation.TRUNCATE, table) for table in statement.tables), 0)
                return self._commit(event, file)
            case Meaning.SCHEMA_CHANGE if statement.added and self._tells_added and not ours:
                self._commit(event, file)
                added = tuple((statement.tables[0], column) for column in statement.added)
                return ChangeTransaction(self.consumed, self.clock, added=added)
            case Meaning.SCHEMA_CHANGE if not ours:
                raise SourceChanged(
                    f"The table was changed while the migration runs: {event.query[:200]}",
                    mend="trigger the migration's rollback, plan anew, and keep DDL away while it runs"
                    " (steps.replicate.ddl: additive carries new columns over).",
                    subject=subject,
                )
            case Meaning.ROWS if not ours:
                raise _as_statement(subject)
            case Meaning.ROWS | Meaning.ROLLBACK_TO:
                return None
        return self._commit(event, file)

    def _rows(self, event: Any) -> None:
        if event.schema == OWN_DATABASE and event.table == MARKER_TABLE:
            self._ours = True
            return
        if event.schema != self._schema or event.table not in self._columns:
            return
        if self._ours or event.packet.flags & _SKIP_REPLICATION:
            return
        subject = f"{event.schema}.{event.table}"
        if isinstance(event, PartialUpdateRowsEvent):
            raise ValueRefused(
                "The log holds JSON documents in part.",
                mend="SET GLOBAL binlog_row_value_options = '' (and end the sessions that set it), then start anew.",
                subject=subject,
            )
        decoder = self._decoder(event, subject)
        data = event.packet.read(event.event_size - event.packet.read_bytes)
        bitmaps, octets = [event.columns_present_bitmap], len(data)
        if isinstance(event, WriteRowsEvent):
            rows = decoder.rows(data, bitmaps)
            self._changes.extend((Change(Operation.INSERT, event.table, None, after) for (after,) in rows), octets)
        elif isinstance(event, DeleteRowsEvent):
            rows = decoder.rows(data, bitmaps)
            self._changes.extend((Change(Operation.DELETE, event.table, before) for (before,) in rows), octets)
        elif isinstance(event, UpdateRowsEvent):
            rows = decoder.rows(data, [*bitmaps, event.columns_present_bitmap2])
            updates = (Change(Operation.UPDATE, event.table, before, after) for before, after in rows)
            self._changes.extend(updates, octets)

    def _decoder(self, event: Any, subject: str) -> TableDecoder:
        known = self._decoders.get(event.table_id)
        # The library keeps one list of columns per table map, so that its identity tells a new map.
        if known is None or known[0] is not event.columns:
            made = TableDecoder(subject, event.columns, self._columns[event.table], self._charsets)
            known = self._decoders[event.table_id] = (event.columns, made)
        return known[1]

    def _other(self, event: Any) -> None:
        if isinstance(event, XAPrepareEvent):
            if self._changes and not self._ours:
                raise ValueRefused(
                    "A two-phase (XA) transaction changed selected tables; its commit may come much later.",
                    mend="keep XA transactions away from these tables while the migration runs, then start anew.",
                    subject=self._schema,
                )
            self._open = self._ours = False
        elif isinstance(event, ExecuteLoadQueryEvent):
            raise _as_statement(self._schema)
        elif isinstance(event, NotImplementedEvent):
            kind = event.event_type
            if kind in (_ANONYMOUS_GTID, _TAGGED_GTID):
                self._begin(event)
            elif kind in _COMPRESSED:
                raise ValueRefused(
                    "The log is compressed, which hides the rows.",
                    mend="SET GLOBAL binlog_transaction_compression = OFF (MySQL) or SET GLOBAL log_bin_compress = OFF "
                    "(MariaDB), end the sessions that set another, then start the copy anew.",
                    subject=f"log event {kind}",
                )
            elif kind not in _HARMLESS and not event.packet.flags & _IGNORABLE:
                raise ValueRefused(
                    f"The log holds an event of the unknown kind {kind}.",
                    mend="report it with the server's version.",
                    subject=f"log event {kind}",
                )


def _as_statement(subject: str) -> ValueRefused:
    return ValueRefused(
        "Rows were changed by a statement that the log holds as text.",
        mend="SET GLOBAL binlog_format = 'ROW' (and end the sessions that set another), then start the copy anew.",
        subject=subject,
    )


__all__ = ["TransactionAssembly"]
