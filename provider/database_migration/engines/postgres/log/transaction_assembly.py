"""Messages of pgoutput put together to the source's transactions, values as transfer text.

What an applier of ours wrote is recognised by its replication origin, or by the marker message that
sessions without the right to use origins put first, and left out. (The plugin's own filter, ``origin none``, would
also leave out what a subscription of the user brings, so it is not used.)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from database_migration.engines.change_buffer import ChangeBuffer
from database_migration.engines.postgres.column_types import KIND_OF_OID
from database_migration.engines.postgres.log import pgoutput
from database_migration.engines.postgres.log.replication_stream import format_lsn
from database_migration.engines.postgres.row_sql.values import decoder
from database_migration.errors import SourceChanged, ValueRefused
from database_migration.model.change import UNCHANGED, Change, ChangeTransaction, Operation, Value
from database_migration.model.column_type import Kind
from database_migration.model.log_position import LogPosition
from database_migration.model.table_selection import FormedColumn
from database_migration.model.unfit_value import substituted

MARKER_PREFIX = "database_migration"
_REPLAN = "compare the schemas and plan the migration anew."


_Conversion = Callable[[str], str | None]


class ColumnsAdded(Exception):
    """A table has got columns, and whoever reads wants to be told of it."""

    def __init__(self, table: str, columns: Sequence[str]) -> None:
        self.added = tuple((table, column) for column in columns)
        super().__init__(self.added)


@dataclass(frozen=True, slots=True)
class _TableShape:
    """How the cells of one relation's tuples become values."""

    table: str
    names: tuple[str, ...]
    """Of the columns, in the tuples' order."""
    conversions: tuple[tuple[str, _Conversion], ...]
    """Columns whose values the log shows otherwise than they cross."""
    key: tuple[str, ...]
    """Columns of the identity."""
    left_out: tuple[str, ...]
    """Columns that are not copied."""

    def image(self, cells: pgoutput.Cells, *, key_only: bool = False) -> dict[str, Value]:
        """The columns of a tuple; ``key_only``: of a tuple that holds the identity and nothing else."""
        image = dict(zip(self.names, cells, strict=True))
        for name in self.left_out:
            del image[name]
        for name, convert in self.conversions:
            text = image[name]
            if isinstance(text, str):
                image[name] = convert(text)
        return {name: image[name] for name in self.key} if key_only else image


class TransactionAssembly:
    """Takes messages one by one and gives a transaction at each commit.

    ``oids`` are the object ids of the selected tables when reading began: a table that was renamed, or another
    one that took its name, is a change of the schema and not to be passed over.
    """

    def __init__(
        self,
        schema: str,
        tables: Mapping[str, Sequence[FormedColumn]],
        oids: Mapping[str, int],
        *,
        passed_over: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self._passed_over = passed_over
        self._schema = schema
        self._tables = tables
        self._oids = oids
        self._names = {oid: name for name, oid in oids.items()}
        self._shapes: dict[int, _TableShape | None] = {}
        self._changes = ChangeBuffer()
        self._ours = False
        self._number = 0
        self.open = False
        """Whether a transaction has begun and not ended."""

    def take(self, data: bytes) -> ChangeTransaction | None:
        """Take a message; the transaction that it ends, without changes where none was of interest.

        :raises ColumnsAdded: where columns may be passed over, and these are not to be.
        """
        try:
            message = pgoutput.decode(data)
        except ValueError as error:
            raise ValueRefused(
                f"The change log holds something that cannot be read: {error}.",
                mend="report this with the server's version; the migration cannot follow this log.",
                subject=self._schema,
            ) from error
        if isinstance(message, pgoutput.Begin):
            self._changes.clear()
            self._ours, self.open = False, True
            self._number = message.number
        elif isinstance(message, pgoutput.Commit):
            return self._commit(message)
        elif isinstance(message, pgoutput.Origin):
            self._ours = self._ours or message.name.startswith(MARKER_PREFIX)
        elif isinstance(message, pgoutput.LogicalMessage):
            self._ours = self._ours or (message.transactional and message.prefix == MARKER_PREFIX)
        elif isinstance(message, pgoutput.Relation):
            self._shapes[message.oid] = self._shape(message)
        elif message is not None and not self._ours:
            for change in self._of_row(message):
                self._changes.add(change, len(data))
        return None

    def _commit(self, message: pgoutput.Commit) -> ChangeTransaction:
        changes, octets = self._changes.take()
        if self._ours:
            changes = ()
        self.open = False
        return ChangeTransaction(position(message.end_lsn), message.committed_at, changes, str(self._number), octets)

    def _of_row(self, message: pgoutput.Insert | pgoutput.Update | pgoutput.Delete | pgoutput.Truncate) -> list[Change]:
        if isinstance(message, pgoutput.Truncate):
            shapes = [self._shapes.get(oid) for oid in message.relations]
            return [Change(Operation.TRUNCATE, shape.table) for shape in shapes if shape is not None]
        shape = self._shapes.get(message.relation)
        if shape is None:
            return []
        if isinstance(message, pgoutput.Insert):
            return [Change(Operation.INSERT, shape.table, after=shape.image(message.new))]
        if isinstance(message, pgoutput.Delete):
            before = shape.image(message.old, key_only=message.old_is_key)
            return [Change(Operation.DELETE, shape.table, before=before)]
        return [_update(shape, message)]

    def _shape(self, relation: pgoutput.Relation) -> _TableShape | None:
        known_as = self._names.get(relation.oid)
        if relation.schema != self._schema or relation.name not in self._tables:
            if known_as is not None:
                raise SourceChanged(
                    f"The table was renamed to {relation.schema}.{relation.name}.", mend=_REPLAN, subject=known_as
                )
            return None
        if known_as is None:
            raise SourceChanged("Another table took this name.", mend=_REPLAN, subject=relation.name)
        formed = {column.name: column for column in self._tables[relation.name]}
        present = {column.name for column in relation.columns}
        added = [column.name for column in relation.columns if column.name not in formed]
        if self._passed_over is not None and present >= set(formed):
            told = [name for name in added if name not in self._passed_over.get(relation.name, ())]
            if told:
                raise ColumnsAdded(relation.name, told)
        elif present != set(formed):
            gone = ", ".join(sorted(set(formed) - present)) or "none"
            new = ", ".join(added) or "none"
            raise SourceChanged(
                f"The table's columns changed (gone: {gone}; new: {new}).", mend=_REPLAN, subject=relation.name
            )
        for column in relation.columns:
            if column.name in formed:
                _check_type(relation.name, column, formed[column.name])
        copied = [column for column in relation.columns if column.name in formed]
        conversions = ((column.name, _conversion(formed[column.name])) for column in copied)
        return _TableShape(
            relation.name,
            tuple(column.name for column in relation.columns),
            tuple((name, convert) for name, convert in conversions if convert is not None),
            tuple(column.name for column in copied if column.in_identity),
            tuple(added),
        )


def _update(shape: _TableShape, message: pgoutput.Update) -> Change:
    after = shape.image(message.new)
    if message.old is None:
        before: dict[str, Value] = {name: after[name] for name in shape.key}
    else:
        before = shape.image(message.old, key_only=message.old_is_key)
        for name, value in after.items():
            if value is UNCHANGED and before.get(name, UNCHANGED) is not UNCHANGED:
                after[name] = before[name]  # a full identity shows what the new tuple leaves out
    return Change(Operation.UPDATE, shape.table, before=before, after=after)


def _conversion(formed: FormedColumn) -> _Conversion | None:
    decode = decoder(formed)
    if not formed.substitutes:
        return decode
    if decode is None:
        return lambda text: substituted(formed.substitutes, formed.form, text)
    return lambda text: substituted(formed.substitutes, formed.form, decode(text))


_ALIKE = {Kind.TEXT: {Kind.TEXT, Kind.CHAR}}
"""bpchar without a length is read as text."""


def _check_type(table: str, column: pgoutput.RelationColumn, formed: FormedColumn) -> None:
    planned = formed.column.type.kind
    found = KIND_OF_OID.get(column.type_oid)
    if planned is Kind.OTHER or found is None or found in _ALIKE.get(planned, {planned}):
        return
    raise SourceChanged(
        f"The column's type changed from {planned} to {found}.", mend=_REPLAN, subject=f"{table}.{column.name}"
    )


def position(lsn: int) -> LogPosition:
    """A log position at an LSN."""
    return LogPosition(lsn, format_lsn(lsn))


__all__ = ["MARKER_PREFIX", "ColumnsAdded", "TransactionAssembly", "position"]
