"""Changes of tables whose rows or columns the spec maps, as they look to the target.

The log tells rows as the source stores them. Their images are put into a temporary table on the source and read out
of it by the very SQL that the copy and the checksums read the table by, so there is one place that knows what a mapped
value is: the source's server. An update whose row ceases to obey the table's condition becomes a deletion, one whose
row comes to obey it an update that finds no row, which writes it. Images before a change are asked for their keys only,
and those are not mapped.

PostgreSQL's log leaves out large values that an update did not touch. Where an expression may speak of one, the row is
read again first (see ``reread``, where it is told why that converges); elsewhere the value stays left out.

What comes back from the target goes the other way, see ``turned_back``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain
from typing import cast

from database_migration.engines.protocol import IMAGE_NUMBER, Session
from database_migration.errors import ValueRefused
from database_migration.model.change import (
    UNCHANGED,
    Change,
    ChangeTransaction,
    LargeChanges,
    Operation,
    RowImage,
    Value,
)
from database_migration.model.column_type import ColumnType, Form, Kind, form_between
from database_migration.model.key_range import KeyRange
from database_migration.model.schema import Column
from database_migration.model.table_selection import ColumnPair, FormedColumn, TablePair
from database_migration.steps.mapped_schema import mentions
from database_migration.steps.replicate.reread import VISIBLE_WITHIN, completed, row_key
from database_migration.steps.replicate.turned_back import turned_back
from database_migration.steps.run import Database, MigrationRun
from database_migration.steps.validate.row_values import key_of, read_rows

_NUMBER = FormedColumn(Column(IMAGE_NUMBER, ColumnType(Kind.INTEGER, bits=64), nullable=False), Form.INTEGER)


class MappedLog:
    """Maps what a log tells; a context manager over sessions that are opened when first needed.

    :param reread: told when rows were read again.
    """

    def __init__(
        self, run: MigrationRun, read: Database, pairs: Mapping[str, TablePair], reread: Callable[[], None]
    ) -> None:
        self._run = run
        self._read = read
        self._tables = {name: MappedTable(pair) for name, pair in pairs.items() if needs_server(pair)}
        self._shaped = {name: pair for name, pair in pairs.items() if name not in self._tables and is_reshaped(pair)}
        self._reread = reread
        self._stack = ExitStack()
        self._session: Session | None = None

    def __bool__(self) -> bool:
        return bool(self._tables or self._shaped)

    def close(self) -> None:
        """End the sessions."""
        self._stack.close()

    def logged_columns(self, name: str, pair: TablePair) -> Sequence[FormedColumn]:
        """What has to be read out of the log of a table: all that the server has of it."""
        if name in self._tables:
            return self._tables[name].logged
        return (*pair.source_columns, *_others(pair)) if name in self._shaped else pair.source_columns

    def mapped(self, batch: Sequence[ChangeTransaction]) -> list[ChangeTransaction]:
        """The transactions with their changes as the written side is to see them; large ones when they are read."""
        small = [one for one in batch if not isinstance(one.changes, LargeChanges)]
        groups = iter(self.map([tuple(one.changes) for one in small], batch))
        return [
            replace(one, changes=MappedLargeChanges(self, one))
            if isinstance(one.changes, LargeChanges)
            else replace(one, changes=tuple(next(groups)))
            for one in batch
        ]

    def map(self, groups: Sequence[Sequence[Change]], transactions: Sequence[ChangeTransaction]) -> list[list[Change]]:
        """Groups of changes, which belong to ``transactions``, all of them mapped at once."""
        whole = [self._whole(group, transactions) for group in groups]
        images: dict[str, list[RowImage]] = defaultdict(list)
        for change in chain.from_iterable(whole):
            if change.table in self._tables and change.after is not None:
                images[change.table].append(change.after)
        results = {
            table: iter(self._tables[table].read(self._read, self._open(), some)) for table, some in images.items()
        }
        mapped = []
        for group in whole:
            found: list[Change] = []
            for change in group:
                if change.table in self._tables and change.after is not None:
                    found += self._tables[change.table].change(change, next(results[change.table]))
                else:
                    found += self._plain(change, transactions)
            mapped.append(found)
        return mapped

    def _open(self) -> Session:
        if self._session is None:
            self._session = self._stack.enter_context(self._read.connect("map"))
        return self._session

    def _plain(self, change: Change, transactions: Sequence[ChangeTransaction]) -> list[Change]:
        """A change that the server is not asked about."""
        if change.table in self._tables:
            return [replace(change, before=self._tables[change.table].before(change.before))]
        if change.table not in self._shaped:
            return [change]
        pair = self._shaped[change.table]
        # Of a row before a change only the key is asked for, and that is not mapped.
        before, after = _of_pair(pair, change.before), _of_pair(pair, change.after)
        try:
            return [replace(change, before=before, after=turned_back(pair, after))]
        except ValueRefused:
            # The row may have been corrected since. That converges as rows that are read again do, see ``reread``.
            with self._read.change_log.visibility(self._run.log_name) as visibility:
                visibility.wait(transactions, timeout=VISIBLE_WITHIN)
            found = self._as_it_is(change)
            self._reread()
            return found

    def _as_it_is(self, change: Change) -> list[Change]:
        pair, after = self._shaped[change.table], change.after or {}
        key = row_key(pair, after)
        row = read_rows(self._read, self._open(), pair, [key]).get(key_of(pair, key))
        before = _of_pair(pair, change.before)
        if row is None:
            moved = before is not None and row_key(pair, {**after, **before}) != key
            return [Change(Operation.DELETE, change.table, before=before)] if moved else []
        names = [column.source.name for column in pair.columns]
        read: dict[str, Value] = dict(zip(names, row.texts, strict=True))
        return [replace(change, before=before, after=turned_back(pair, read))]

    def _whole(self, changes: Sequence[Change], transactions: Sequence[ChangeTransaction]) -> Sequence[Change]:
        """The changes, with rows read again of which the log leaves out what an expression speaks of."""
        missing = [
            change for change in changes if change.table in self._tables and self._tables[change.table].lacks(change)
        ]
        if not missing:
            return changes
        stored = {name: table.stored for name, table in self._tables.items()}
        with self._read.change_log.visibility(self._run.log_name) as visibility:
            whole = completed(self._read, self._open(), visibility, stored, changes, missing, transactions)
        self._reread()
        return whole


class MappedLargeChanges(LargeChanges):
    """The changes of a transaction that is too large for memory, mapped as they are gone through."""

    def __init__(self, log: MappedLog, transaction: ChangeTransaction) -> None:
        self._log = log
        self._transaction = transaction

    def parts(self) -> Iterator[Sequence[Change]]:
        """The parts as they were put aside."""
        told = self._transaction.changes
        for part in told.parts() if isinstance(told, LargeChanges) else ():
            yield self._log.map([part], [self._transaction])[0]

    def __iter__(self) -> Iterator[Change]:
        return chain.from_iterable(self.parts())

    def __len__(self) -> int:
        """Of the changes that the log told: not all of them need take part."""
        return len(self._transaction.changes)

    def __contains__(self, change: object) -> bool:
        return any(one == change for one in self)


class MappedTable:
    """One table whose images the source's server maps."""

    def __init__(self, pair: TablePair) -> None:
        table = pair.source.as_stored
        plain = {one.source.name: one for one in pair.columns if one.source.derived is None}
        columns = [
            ColumnPair(column, column, plain[column.name].form)
            if column.name in plain
            else ColumnPair(column, column, form_between(column.type, column.type))
            for column in table.copied_columns
        ]
        by_name = {one.source.name: one for one in columns}
        self._pair = pair
        self._plain = frozenset(plain)
        self._names = [one.source.name for one in pair.columns]
        self.stored = TablePair(
            table, table, tuple(columns), tuple(by_name[one.source.name] for one in pair.row_key), None
        )
        self.logged: tuple[FormedColumn, ...] = self.stored.source_columns
        spoken = {name for one in pair.columns if one.source.derived for name in one.source.derived.uses}
        self._used = spoken | {name for name in by_name if mentions(pair.source.where, {name})}

    def lacks(self, change: Change) -> bool:
        """Whether the log leaves out of a change what an expression may speak of."""
        after = change.after or {}
        return any(after.get(name) is UNCHANGED for name in self._used)

    def before(self, image: RowImage | None) -> RowImage | None:
        """An image before a change: the columns that arrive as they are, its key among them."""
        return None if image is None else {name: value for name, value in image.items() if name in self._plain}

    def read(self, database: Database, session: Session, images: Sequence[RowImage]) -> list[RowImage | None]:
        """The images as the target is to have them; None for those that do not take part."""
        texts = [[_text(image.get(formed.name)) for formed in self.logged] for image in images]
        schema, name = database.engine.mapping.hold_images(
            session, database.schema, self._pair.source.as_stored, self.logged, texts
        )
        held = replace(self._pair.source, name=name)
        columns = (_NUMBER, *self._pair.source_columns)
        found: list[RowImage | None] = [None] * len(images)
        for number, *values in database.engine.rows.fetch(session, schema, held, columns, KeyRange.everything()):
            image = images[int(str(number))]
            found[int(str(number))] = {
                name: UNCHANGED if name in self._plain and image.get(name) is UNCHANGED else value
                for name, value in zip(self._names, values, strict=True)
            }
        return found

    def change(self, change: Change, after: RowImage | None) -> list[Change]:
        """What a change of the stored row is to the target; ``after`` is the image mapped, None where it left."""
        before = self.before(change.before)
        if after is not None:
            return [replace(change, before=before, after=after)]
        if change.operation is Operation.INSERT:
            return []
        if before is None:
            image = change.after or {}
            before = {one.source.name: image[one.source.name] for one in self._pair.row_key}
        return [Change(Operation.DELETE, change.table, before=before, still_there=True)]


def needs_server(pair: TablePair) -> bool:
    """Whether the images of a table are mapped by the server that has it."""
    return bool(pair.source.where) or any(one.source.derived is not None for one in pair.columns)


def is_reshaped(pair: TablePair) -> bool:
    """Whether images only have to lose columns, or to have values turned back."""
    return bool(_others(pair)) or any(one.undone is not None for one in pair.columns)


def _others(pair: TablePair) -> list[FormedColumn]:
    """The columns that the log tells and the other side does not get."""
    known = {one.source.name for one in pair.columns}
    return [
        FormedColumn(column, form_between(column.type, column.type))
        for column in pair.source.as_stored.copied_columns
        if column.name not in known
    ]


def _of_pair(pair: TablePair, image: RowImage | None) -> RowImage | None:
    names = {one.source.name for one in pair.columns}
    return None if image is None else {name: value for name, value in image.items() if name in names}


def _text(value: Value) -> str | None:
    return None if value is UNCHANGED else cast("str | None", value)


__all__ = ["MappedLargeChanges", "MappedLog", "MappedTable", "needs_server"]
