"""Applies captured changes as idempotent writes by row key.

REPLACE is not used, and INSERT … ON DUPLICATE KEY UPDATE not as it is: with a second unique key they delete or change
a row that the change is not about. Neighbours that put whole rows go as one INSERT … ON DUPLICATE KEY UPDATE that fails
as a whole when a row it meets has another key than the one that is put. Then, and for a change that moves a key or
leaves values out, each row goes by itself: an insert looks whether its key exists and updates that row; an update that
finds nothing becomes an insert; a delete may find nothing. So applying a change twice is the same as applying it once,
and a conflict on another unique key is an error that somebody sees.

Keys are compared by their exact characters, whatever the column's collation: 'a' never overwrites 'A' where the side
that the change comes from knows both. Where it takes them for one row too, as after a key's change from 'a' to 'A'
that the copy has seen already, the row is found by the collation and gets the change's text.

What one transaction does to different tables may be done in any order, as neither foreign keys nor triggers of the user
are at work; the changes of one table keep theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial

from database_migration.engines.mysql.bulk import read as bulk_read
from database_migration.engines.mysql.connection import MySQLSession, own_session, quote
from database_migration.engines.mysql.log.applied_marker import ensure_marker, write_marker
from database_migration.engines.mysql.row_sql.literals import any_of, equals_as_a_key, literals
from database_migration.engines.mysql.server_errors import DUPLICATE_KEY
from database_migration.engines.protocol import Session
from database_migration.errors import Refused, SourceChanged, ValueRefused, ValuesMissing
from database_migration.model.change import UNCHANGED, Change, Operation, RowImage, Value
from database_migration.model.column_type import form_between
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn, TablePair
from database_migration.model.text_comparison import comparison_of, differ_by_letter_case

_BATCH_ROWS = 500
_BATCH_CHARACTERS = 1 << 20

Key = tuple[str | None, ...]


class MySQLChangeWriter:
    """See ``engines.protocol.ChangeWriter``."""

    def prepare(self, session: Session, origin: str) -> None:
        """On MariaDB the session's writes carry a flag in the log; on MySQL each ``transaction`` of the
        session begins with the marker row. Foreign keys neither check nor act."""
        own = own_session(session)
        own.execute("SET @database_migration_pass = 1, SESSION foreign_key_checks = 0")
        if own.is_mariadb:
            own.execute("SET SESSION skip_replication = 1")
        else:
            ensure_marker(own)
            own.mark = partial(write_marker, own, origin)

    def apply(self, session: Session, schema: str, pairs: Mapping[str, TablePair], changes: Sequence[Change]) -> int:
        own = own_session(session)
        written = 0
        missing: list[Change] = []
        by_table: dict[str, list[Change]] = {}
        for change in changes:
            by_table.setdefault(change.table, []).append(change)
        for table, own_changes in by_table.items():
            writer = _TableWriter(own, schema, pairs[table], missing)
            written += sum(writer.write(batch) for batch in _batches(own_changes, pairs[table]))
        if missing:
            raise ValuesMissing(
                "An update that leaves large values out found no row to change.",
                mend="let replication go on: it reads the row again.",
                subject=missing[0].table,
                changes=tuple(missing),
            )
        return written

    def matching(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        where: Mapping[str, Value],
    ) -> list[tuple[str | None, ...]]:
        own = own_session(session)
        known = {formed.name: formed for formed in columns}
        conditions = [
            (known.get(name) or _own_form(table, name), _text(table.name, name, value)) for name, value in where.items()
        ]
        condition = f"WHERE {equals_as_a_key(own, conditions)}" if conditions else ""
        return list(bulk_read.texts(own, schema, table, columns, condition))


def _own_form(table: Table, name: str) -> FormedColumn:
    column = table.column(name)
    return FormedColumn(column, form_between(column.type, column.type))


def _batches(changes: Sequence[Change], pair: TablePair) -> Iterator[list[Change]]:
    """Runs that put whole rows, or delete rows, in which no row key comes twice; everything else by itself."""
    batch: list[Change] = []
    keys: set[Key] = set()
    size = 0
    before: Operation | None = None
    for change in changes:
        kind, key = _kind_and_key(change, pair)
        together = (
            kind is not None
            and kind is before
            and key not in keys
            and len(batch) < _BATCH_ROWS
            and size < _BATCH_CHARACTERS
        )
        if batch and not together:
            yield batch
            batch, keys, size = [], set(), 0
        batch.append(change)
        keys.add(key)
        before = kind
        if kind is Operation.INSERT:
            size += sum(len(value) for value in (change.after or {}).values() if isinstance(value, str))
    if batch:
        yield batch


def _kind_and_key(change: Change, pair: TablePair) -> tuple[Operation | None, Key]:
    """INSERT for what puts a whole row under the key that it has, DELETE; None: neither."""
    if change.operation is Operation.TRUNCATE:
        return None, ()
    if change.operation is Operation.DELETE or change.after is None:
        return Operation.DELETE, _key(pair, change.before or {})
    key = _key(pair, change.after)
    if change.operation is Operation.UPDATE and (
        UNCHANGED in change.after.values() or (change.before and _key(pair, change.before) != key)
    ):
        return None, key
    return Operation.INSERT, key


def _text(table: str, name: str, value: Value) -> str | None:
    if value is UNCHANGED or not (value is None or isinstance(value, str)):
        raise SourceChanged(
            f"The log does not tell the value of {name}.",
            mend="take the table's copy anew: the row that it belongs to is missing on this side.",
            subject=table,
        )
    return value


def _key(pair: TablePair, image: RowImage) -> Key:
    if not pair.row_key:
        raise Refused(
            "Changes cannot be applied to a table without a primary or unique key.",
            mend=f"ALTER TABLE {quote(pair.source.name)} ADD a primary key, or exclude the table.",
            subject=pair.source.name,
        )
    return tuple(_text(pair.source.name, part.source.name, image[part.source.name]) for part in pair.row_key)


class _TableWriter:
    """Writes to the target of one pair; updates that leave values out and find no row are added to ``missing``."""

    def __init__(self, session: MySQLSession, schema: str, pair: TablePair, missing: list[Change]) -> None:
        self._session = session
        self._missing = missing
        self._pair = pair
        self._keys = [part.on_target for part in pair.row_key]
        self._columns = [(part.source.name, part.on_target) for part in pair.columns]
        self._kept = frozenset(part.source.name for part in pair.columns if part.insert_only)
        self._schema = schema
        rules = [(comparison_of(part.source), comparison_of(part.target)) for part in pair.row_key]
        self._folding = any(target.folds for _, target in rules) and all(
            source.case for source, target in rules if target.folds
        )
        self._same_rules = all(source.rules == target.rules for source, target in rules)
        self._name = quote(schema, pair.target.name)
        self._literals = {name: literals(session, formed) for name, formed in self._columns}
        self._subject = f"{schema}.{pair.target.name}"

    def write(self, batch: Sequence[Change]) -> int:
        operation = batch[0].operation
        if operation is Operation.TRUNCATE:
            # TRUNCATE would commit the caller's transaction.
            return self._session.execute_count(f"DELETE FROM {self._name}")
        if operation is Operation.DELETE:
            keys = [_key(self._pair, change.before or {}) for change in batch]
            return self._run(f"DELETE FROM {self._name} WHERE {any_of(self._session, self._keys, keys)}", keys)
        if len(batch) > 1:
            try:
                return self._put([change.after or {} for change in batch])
            except ValueRefused:
                pass  # the server took the statement back; row by row it is found out which one it is, and why
        return sum(self._write_one(change) for change in batch)

    def _write_one(self, change: Change) -> int:
        return self._upsert([change.after or {}]) if change.operation is Operation.INSERT else self._update(change)

    def _put(self, images: Sequence[RowImage]) -> int:
        """Insert rows or write over those with their keys, all or none."""
        head, tail = self._put_words
        # The savepoint takes back what the server only warned of.
        with self._session.savepoint():
            self._run(f"{head}{', '.join(map(self._row, images))}{tail}", [_key(self._pair, image) for image in images])
        return len(images)

    @cached_property
    def _put_words(self) -> tuple[str, str]:
        """What stands before and behind the rows of ``_put``."""
        alias, new = ("", "VALUES({})") if self._session.is_mariadb else (" AS new", "new.{}")
        keys = {formed.name for formed in self._keys}
        octets = "CAST({} AS BINARY)"
        same = " AND ".join(
            f"{octets.format(f'{self._name}.{quote(name)}')} = {octets.format(new.format(quote(name)))}"
            for name in sorted(keys)
        )
        names = [quote(formed.name) for _, formed in self._columns]
        sets = [
            # Another row's key becomes NULL, which no key column takes: two keys are never taken for one.
            f"{quote(formed.name)} = IF({same}, {self._name}.{quote(formed.name)}, NULL)"
            if formed.name in keys
            else f"{quote(formed.name)} = {new.format(quote(formed.name))}"
            for source, formed in self._columns
            if source not in self._kept
        ]
        return (
            f"INSERT INTO {self._name} ({', '.join(names)}) VALUES ",
            f"{alias} ON DUPLICATE KEY UPDATE {', '.join(sets)}",
        )

    def _run(self, sql: str, keys: Sequence[Key]) -> int:
        """Executes a write; what the server would adjust is refused, with the row's key."""
        try:
            written = self._session.execute_count(sql)
        except ValueRefused as error:
            raise self._refusal(keys, error.problem) from None
        if self._session.warning_count and not sql.startswith("DELETE"):
            said = "; ".join(f"{code}: {text}" for _, code, text in self._session.warnings()[:3])
            raise self._refusal(keys, f"The server would change a value ({said}).")
        return written

    def _refusal(self, keys: Sequence[Key], problem: str) -> ValueRefused:
        names = ", ".join(formed.name for formed in self._keys)
        rows = ", ".join("/".join(str(part) for part in key) for key in keys[:3])
        more = f" or one of {len(keys) - 3} others" if len(keys) > 3 else ""
        return ValueRefused(
            f"A change to the row with {names} = {rows}{more} cannot be applied. {problem}{self._folds(problem)}",
            mend="correct the row or the target's column, then let replication go on: it resumes at this transaction.",
            subject=self._subject,
        )

    def _folds(self, problem: str) -> str:
        """What explains a duplicate where nobody sees one: columns whose collation takes different texts for one."""
        if str(DUPLICATE_KEY) not in problem:
            return ""
        target = self._pair.target
        names = {*target.primary_key, *(name for index in target.indexes if index.unique for name in index.columns)}
        said = [
            f"{column.name} ignores {ignored} ({column.collation})"
            for column in target.columns
            if column.name in names and (ignored := comparison_of(column).spelled) != "nothing"
        ]
        return f" Unique keys take texts for one that the other side may tell apart: {', '.join(said)}." if said else ""

    def _present(self, keys: Sequence[Key]) -> set[Key]:
        names = ", ".join(quote(formed.name) for formed in self._keys)
        found = self._session.execute(
            f"SELECT {names} FROM {self._name} WHERE {any_of(self._session, self._keys, keys)} LIMIT 1 FOR UPDATE"
        )
        if not found:
            return set()
        return {key for key in keys if self._exists(key)}

    def _exists(self, key: Key) -> bool:
        condition = any_of(self._session, self._keys, [key])
        return bool(self._session.execute(f"SELECT 1 FROM {self._name} WHERE {condition} FOR UPDATE"))

    def _same_row(self, key: Key) -> Key | None:
        """The key, as it stands here, of a row that both sides take for the one with this key.

        Rules of different names are trusted with letter case only: MySQL's weights are not those of other servers.
        """
        if not self._folding:
            return None
        condition = equals_as_a_key(self._session, zip(self._keys, key, strict=True))
        where = f"WHERE {condition} FOR UPDATE"
        for stored in list(bulk_read.texts(self._session, self._schema, self._pair.target, self._keys, where)):
            parts = zip(stored, key, strict=True)
            if self._same_rules or all(differ_by_letter_case(one or "", other or "") for one, other in parts):
                return stored
        return None

    def _upsert(self, images: Sequence[RowImage]) -> int:
        keys = [_key(self._pair, image) for image in images]
        present = self._present(keys)
        written = 0
        missing = []
        for key, image in zip(keys, images, strict=True):
            stored = key if key in present else self._same_row(key)
            if stored is not None:
                written += self._set(stored, image)
            else:
                missing.append((key, image))
        return written + (self._insert(missing) if missing else 0)

    def _insert(self, rows: Sequence[tuple[Key, RowImage]]) -> int:
        names = ", ".join(quote(formed.name) for _, formed in self._columns)
        values = ", ".join(self._row(image) for _, image in rows)
        sql = f"INSERT INTO {self._name} ({names}) VALUES {values}"
        try:
            return self._run(sql, [key for key, _ in rows])
        except ValueRefused:
            if len(rows) == 1:
                raise
        # One by one, so that the error names its row.
        return sum(self._insert([row]) for row in rows)

    def _row(self, image: RowImage) -> str:
        values = [write(_text(self._subject, name, image[name])) for name, write in self._literals.items()]
        return f"({', '.join(values)})"

    def _update(self, change: Change) -> int:
        before, after = change.before or {}, change.after or {}
        new = _key(self._pair, after)
        old = _key(self._pair, before) if before else new
        after = {name: before.get(name, UNCHANGED) if value is UNCHANGED else value for name, value in after.items()}
        partial = any(value is UNCHANGED for value in after.values())
        if partial and old != new:
            # What stands under the old key may be another row already, whose values are not this one's.
            self._missing.append(change)
            return 0
        if old != new and self._exists(new):
            # Copied already under its new key: the old one is left over.
            sql = f"DELETE FROM {self._name} WHERE {any_of(self._session, self._keys, [old])}"
            return self._run(sql, [old]) + self._set(new, after)
        if self._set(old, after):
            return 1
        if partial:
            self._missing.append(change)
            return 0
        return self._upsert([after])

    def _set(self, key: Key, image: RowImage) -> int:
        values = [
            f"{quote(formed.name)} = {self._literals[name](_text(self._subject, name, image[name]))}"
            for name, formed in self._columns
            if image[name] is not UNCHANGED and name not in self._kept
        ]
        condition = any_of(self._session, self._keys, [key])
        return self._run(f"UPDATE {self._name} SET {', '.join(values)} WHERE {condition}", [key])


__all__ = ["MySQLChangeWriter"]
