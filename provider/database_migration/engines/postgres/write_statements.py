"""The statements that write captured changes of one table; each is idempotent by row key.

Neighbours of one kind share a statement as long as each row is touched once, in their order: the server
works through the rows of a statement one after another and checks unique keys at each, as it would have done singly.
Many rows go as one array for each column (``row_arrays``), which costs the driver and the server a fraction of as many
parameters as there are values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any

from database_migration.engines.postgres.column_types import parameter_type
from database_migration.engines.postgres.names import quote
from database_migration.engines.postgres.row_arrays import array_text, fits_an_array
from database_migration.engines.postgres.row_sql.folded_keys import FoldedKey
from database_migration.engines.postgres.row_sql.values import is_sent_as_it_is, parameter
from database_migration.errors import NotPossible, SourceChanged
from database_migration.model.change import UNCHANGED, Change, Operation, RowImage, Value
from database_migration.model.table_selection import ColumnPair, FormedColumn, TablePair

_ROWS_AT_ONCE = (64, 16, 4, 1)
"""Few sizes, so that the server keeps few plans."""
_MARK = "\0"
"""Stands for a parameter until the statement is whole; no name can contain it."""


@dataclass(frozen=True, slots=True)
class Write:
    """A statement with PostgreSQL's own parameters ($1, $2, …) and its values."""

    sql: str
    values: Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Writes:
    """Statements that belong together; ``partial``: the change, if one of them has to find a row for it."""

    statements: tuple[Write, ...]
    partial: Change | None = None
    must_put: bool = False
    """The statement writes its row, or the target's collation takes the key for another row's."""


_Values = tuple[str | None, ...]
_Step = tuple[bool, _Values, _Values]
"""Whether a row is put (or deleted), its key, the transfer texts that the statement takes of it."""


@dataclass(slots=True)
class _Run:
    """Neighbours of one kind that no row occurs in twice."""

    puts: bool
    rows: list[_Values] = field(default_factory=list)
    keys: set[_Values] = field(default_factory=set)


class TableWriter:
    """Makes the statements for one table pair; equal shapes give equal texts, which the server plans once."""

    def __init__(self, schema: str, pair: TablePair, *, key_is_unique: bool) -> None:
        self.pair = pair
        self.key_is_unique = key_is_unique
        self._schema = schema
        self._table = quote(schema, pair.target.name)
        self._key_names = {column.target.name for column in pair.row_key}
        self._all = _read(pair.columns)
        self._key = _read(pair.row_key)
        self._rest = _read(
            [one for one in pair.columns if one.target.name not in self._key_names and not one.insert_only]
        )
        self._kept = frozenset(one.source.name for one in pair.columns if one.insert_only)
        self._folded = FoldedKey.of(pair)
        self._insert_head = self._head()
        self._put_one = "" if not pair.row_key or key_is_unique else self._update_or_insert()
        self._pick_all, self._pick_key = _picker(self._all), _picker(self._key)
        self._pick_key_of_row = _picked([list(pair.columns).index(one) for one in pair.row_key])
        self._upsert_arrays = self._upsert_of_arrays()
        self._delete_arrays = self._delete_of_arrays()

    def writes(self, changes: Sequence[Change]) -> list[Writes]:
        """The statements of changes, in order."""
        found: list[Writes] = []
        run = _Run(puts=True)
        for change in changes:
            for step in self._steps(change):
                if isinstance(step, Writes):
                    found += [*self._of_run(run), step]
                    run = _Run(puts=True)
                    continue
                puts, key, values = step
                if puts != run.puts or key in run.keys:
                    found += self._of_run(run)
                    run = _Run(puts)
                run.rows.append(values)
                run.keys.add(key)
        return [*found, *self._of_run(run)]

    def _steps(self, change: Change) -> list[_Step | Writes]:
        if change.operation is Operation.TRUNCATE:
            # DELETE, as TRUNCATE is refused while a foreign key points here, even of an empty table.
            return [Writes((Write(f"DELETE FROM {self._table}", []),))]
        if not self._key:
            if change.operation is Operation.INSERT and change.after is not None:
                insert = f"{self._insert_head} VALUES {_marks(len(self._all))}"
                return [Writes((Write(_numbered(insert), self._values(self._all, change.after)),))]
            raise NotPossible(
                "The table has no key by which a changed row could be found.",
                mend="give the table a primary key, or exclude it from the migration.",
                subject=self.pair.source.name,
            )
        if change.operation is Operation.DELETE or change.after is None:
            return [self._delete(change.before or {})]
        moved = change.before is not None and self._key_changed(change.before, change.after)
        if UNCHANGED in change.after.values():
            # What stands under the old key may be another row already, whose values are not this one's.
            return [Writes((), change) if moved else self._update(change, change.after)]
        put = self._put(change.after)
        return [self._delete(change.before or {}), put] if moved else [put]

    def _of_run(self, run: _Run) -> list[Writes]:
        columns, arrays = (self._all, self._upsert_arrays) if run.puts else (self._key, self._delete_arrays)
        if len(run.rows) > 1 and arrays:
            texts = [
                array_text(_received(one, values))
                for one, values in zip(columns, zip(*run.rows, strict=True), strict=True)
            ]
            return [Writes((Write(arrays, texts),))]
        found, start = [], 0
        while start < len(run.rows):
            size = next(size for size in _ROWS_AT_ONCE if size <= len(run.rows) - start)
            rows = run.rows[start : start + size]
            statement = self._upsert(size) if run.puts else self._delete_rows(size)
            values = [value for row in rows for value in map(_as_parameter, columns, row)]
            found.append(Writes((Write(_numbered(statement), values),)))
            start += size
        return found

    def _key_changed(self, before: RowImage, after: RowImage) -> bool:
        try:
            old, new = self._pick_key(before), self._pick_key(after)
        except KeyError:  # it tells only what changed
            pass
        else:
            if UNCHANGED not in new:
                return old != new
        return any(
            one.source in before and after.get(one.source) is not UNCHANGED and before[one.source] != after[one.source]
            for one in self._key
        )

    def _put(self, after: RowImage) -> _Step | Writes:
        row = self._texts(self._all, self._pick_all, after)
        if self.key_is_unique and self._folded is None:
            return True, self._pick_key_of_row(row), row
        values = [_as_parameter(one, value) for one, value in zip(self._all, row, strict=True)]
        if self.key_is_unique and self._folded is not None:
            names = [one.name for one in self._key], [one.name for one in self._rest]
            put = f"{self._insert_head} VALUES {_marks(len(self._all))} {self._folded.on_conflict(*names)}"
            return Writes((Write(_numbered(put), values),), must_put=True)
        key = self._key_values(after)
        return Writes((Write(_numbered(self._put_one), [*self._values(self._rest, after), *key, *values]),))

    def _head(self) -> str:
        names = ", ".join(one.name for one in self._all)
        # OVERRIDING: identity columns take the source's values, as GENERATED ALWAYS would refuse.
        return f"INSERT INTO {self._table} AS t ({names}) OVERRIDING SYSTEM VALUE"

    def _upsert(self, rows: int) -> str:
        marks = ", ".join([_marks(len(self._all))] * rows)
        return f"{self._insert_head} VALUES {marks} {self._on_conflict()}"

    def _upsert_of_arrays(self) -> str:
        """The same with a parameter for each column, an array of any number of values; "" where that cannot be."""
        if not self._key or not all(fits_an_array(one.formed.column) for one in self._all):
            return ""
        arrays = ", ".join(f"{_MARK}::{self._type(one)}[]" for one in self._all)
        return _numbered(f"{self._insert_head} SELECT * FROM unnest({arrays}) {self._on_conflict()}")

    def _delete_of_arrays(self) -> str:
        """Of a key of several columns the server could not be sure to use the index."""
        if len(self._key) != 1 or self._folded is not None or not fits_an_array(self._key[0].formed.column):
            return ""
        (key,) = self._key
        return _numbered(f"DELETE FROM {self._table} WHERE {key.name} = ANY ({_MARK}::{self._type(key)}[])")

    def _on_conflict(self) -> str:
        key = ", ".join(one.name for one in self._key)
        sets = ", ".join(f"{one.name} = EXCLUDED.{one.name}" for one in self._rest)
        return f"ON CONFLICT ({key}) " + (f"DO UPDATE SET {sets}" if sets else "DO NOTHING")

    def _type(self, column: _Column) -> str:
        return parameter_type(column.formed.column.type, self._schema)

    def _update_or_insert(self) -> str:
        """For a key that no unique index guards (yet): there is one applier, so nobody comes between."""
        marks = ", ".join(f"{_MARK}::{self._type(one)}" for one in self._all)
        found = f"SELECT 1 FROM {self._table} WHERE {self._is_key()}"
        if self._rest:
            found = f"UPDATE {self._table} SET {_equal(self._rest, ', ')} WHERE {self._is_key()} RETURNING 1"
        return f"WITH found AS ({found}) {self._insert_head} SELECT {marks} WHERE NOT EXISTS (SELECT FROM found)"

    def _update(self, change: Change, after: RowImage) -> Writes:
        """An update that leaves some values as they are."""
        changed = [
            one
            for one in self._all
            if after.get(one.source, UNCHANGED) is not UNCHANGED and one.source not in self._kept
        ]
        update = f"UPDATE {self._table} SET {_equal(changed, ', ')} WHERE {self._is_key()}"
        values = [*self._values(changed, after), *self._key_values(after)]
        return Writes((Write(_numbered(update), values),), change)

    def _delete(self, before: RowImage) -> _Step | Writes:
        if self._folded is not None:
            return Writes((Write(_numbered(self._delete_rows(1)), self._key_values(before)),))
        key = self._texts(self._key, self._pick_key, before)
        return False, key, key

    def _is_key(self) -> str:
        """The condition on one row's key, whose marks take ``_key_values``."""
        exact = "" if self._folded is None else self._folded.exactly(_MARK)
        return _equal(self._key) + exact

    def _key_values(self, image: RowImage) -> list[str | None]:
        """The key's values, and those of its folding columns a second time."""
        values = self._values(self._key, image)
        if self._folded is None:
            return values
        return values + [value for one, value in zip(self._key, values, strict=True) if one.name in self._folded.names]

    def _delete_rows(self, rows: int) -> str:
        if rows == 1:
            return f"DELETE FROM {self._table} WHERE {self._is_key()}"
        key = ", ".join(one.name for one in self._key)
        return f"DELETE FROM {self._table} WHERE ({key}) IN ({', '.join([_marks(len(self._key))] * rows)})"

    def _values(self, columns: Sequence[_Column], image: RowImage) -> list[str | None]:
        """Parameters of some columns."""
        return [_as_parameter(one, self._text(one, image.get(one.source, UNCHANGED))) for one in columns]

    def _texts(self, columns: Sequence[_Column], pick: _Picker, image: RowImage) -> _Values:
        """Transfer texts of some columns, which the image has to tell."""
        try:
            values = pick(image)
        except KeyError:
            values = (UNCHANGED,)
        if UNCHANGED in values:
            return tuple(self._text(one, image.get(one.source, UNCHANGED)) for one in columns)
        return values  # type: ignore[return-value]  # none of them is UNCHANGED

    def _text(self, column: _Column, value: Value) -> str | None:
        if value is None or isinstance(value, str):
            return value
        raise SourceChanged(
            f"The log does not tell the value of the column {column.source}.",
            mend="log whole rows (binlog_row_image=FULL, or a replica identity that holds the key);"
            " if the table's columns changed, plan the migration anew.",
            subject=self.pair.source.name,
        )


@dataclass(frozen=True, slots=True)
class _Column:
    source: str
    name: str
    """Quoted, on the target."""
    formed: FormedColumn
    as_it_is: bool


def _read(pairs: Sequence[ColumnPair]) -> tuple[_Column, ...]:
    return tuple(
        _Column(one.source.name, quote(one.target.name), one.on_target, is_sent_as_it_is(one.on_target))
        for one in pairs
    )


_Picker = Callable[[RowImage], tuple[Value, ...]]


def _picker(columns: Sequence[_Column]) -> _Picker:
    """Takes the values of some columns out of a row image; KeyError where it lacks one."""
    return _picked([one.source for one in columns])


def _picked(places: Sequence[Any]) -> Callable[[Any], Any]:
    if not places:
        return lambda _: ()
    if len(places) == 1:
        (only,) = places
        return lambda values: (values[only],)
    return itemgetter(*places)


def _as_parameter(column: _Column, value: str | None) -> str | None:
    return value if column.as_it_is else parameter(column.formed, value)


def _received(column: _Column, values: Sequence[str | None]) -> Sequence[str | None]:
    """One column of many rows, as parameters."""
    return values if column.as_it_is else [parameter(column.formed, value) for value in values]


@lru_cache(maxsize=1000)
def _numbered(statement: str) -> str:
    """The statement with its marks as $1, $2, …: the driver need not look through it for placeholders."""
    first, *rest = statement.split(_MARK)
    return first + "".join(f"${number}{text}" for number, text in enumerate(rest, 1))


def _marks(count: int) -> str:
    return "(" + ", ".join([_MARK] * count) + ")"


def _equal(columns: Sequence[_Column], between: str = " AND ") -> str:
    return between.join(f"{one.name} = {_MARK}" for one in columns)


def equals_sql(formed: FormedColumn, value: Value) -> str:
    """A condition on one column that an index can answer (IS NOT DISTINCT FROM cannot); takes no parameter for NULL."""
    name = f"t.{_name(formed.name)}"
    return f"{name} IS NULL" if value is None else f"{name} = %s"


def _name(*names: str) -> str:
    """A quoted name in a statement with parameters, where a percent sign is doubled."""
    return quote(*names).replace("%", "%%")


__all__ = ["TableWriter", "Write", "Writes", "equals_sql"]
