"""The statements that write one captured change; each is idempotent by row key."""

from __future__ import annotations

from dataclasses import dataclass

from database_migration.engines.postgres.codec import parameter
from database_migration.engines.postgres.column_types import parameter_type
from database_migration.engines.postgres.names import quote
from database_migration.errors import NotPossible, SourceChanged
from database_migration.model.change import UNCHANGED, Change, Operation, RowImage
from database_migration.model.table_selection import ColumnPair, FormedColumn, TablePair


@dataclass(frozen=True, slots=True)
class Write:
    """A statement with its values; ``must_match``: it finds exactly one row or the change cannot be applied."""

    sql: str
    values: list[str | None]
    must_match: bool = False


class TableWriter:
    """Makes the statements for one table pair; equal shapes give equal texts, which the server plans once."""

    def __init__(self, schema: str, pair: TablePair, *, key_is_unique: bool) -> None:
        self._pair = pair
        self._schema = schema
        self._table = _name(schema, pair.target.name)
        self._key_is_unique = key_is_unique
        self._key_names = {column.target.name for column in pair.row_key}
        self._upserts: dict[frozenset[str], str] = {}

    def writes(self, change: Change) -> list[Write]:
        """The statements of a change, in order."""
        if change.operation is Operation.TRUNCATE:
            # DELETE, as TRUNCATE is refused while a foreign key points here, even of an empty table.
            return [Write(f"DELETE FROM {self._table}", [])]
        if not self._pair.row_key:
            if change.operation is Operation.INSERT and change.after is not None:
                return [self._plain_insert(change.after)]
            raise NotPossible(
                "The table has no key by which a changed row could be found.",
                mend="give the table a primary key, or exclude it from the migration.",
                subject=self._pair.source.name,
            )
        if change.operation is Operation.DELETE or change.after is None:
            return [self._delete(change.before)]
        if change.before is None or not self._key_changed(change.before, change.after):
            return [self._put(change.after)]
        return self._move(change.before, change.after)

    def _key_changed(self, before: RowImage, after: RowImage) -> bool:
        return any(
            after.get(pair.source.name) is not UNCHANGED
            and pair.source.name in before
            and before[pair.source.name] != after.get(pair.source.name)
            for pair in self._pair.row_key
        )

    def _move(self, before: RowImage, after: RowImage) -> list[Write]:
        """A row whose key changed: found by its old key if it is still there, else put under the new one."""
        if any(value is UNCHANGED for value in after.values()):
            return [self._update(after, before, must_match=True)]
        return [self._delete(before), self._put(after)]

    def _put(self, after: RowImage) -> Write:
        if any(value is UNCHANGED for value in after.values()):
            return self._update(after, after, must_match=True)
        given = frozenset(pair.source.name for pair in self._pair.columns if pair.source.name in after)
        missing = [pair.source.name for pair in self._pair.columns if pair.source.name not in after]
        if missing:
            raise SourceChanged(
                f"The change lacks the column {', '.join(missing)}.",
                mend="compare the schemas again and plan anew.",
                subject=self._pair.source.name,
            )
        if given not in self._upserts:
            self._upserts[given] = self._on_conflict() if self._key_is_unique else self._update_or_insert()
        values = [self._value(pair, after) for pair in self._pair.columns]
        if not self._key_is_unique:
            key = [self._value(pair, after) for pair in self._pair.row_key]
            values = [*self._rest_values(after), *key, *values]
        return Write(self._upserts[given], values)

    def _rest(self) -> list[ColumnPair]:
        return [pair for pair in self._pair.columns if pair.target.name not in self._key_names]

    def _rest_values(self, after: RowImage) -> list[str | None]:
        return [self._value(pair, after) for pair in self._rest()]

    def _insert_head(self) -> str:
        names = ", ".join(_name(pair.target.name) for pair in self._pair.columns)
        # OVERRIDING: identity columns take the source's values, as GENERATED ALWAYS would refuse.
        return f"INSERT INTO {self._table} ({names}) OVERRIDING SYSTEM VALUE"

    def _on_conflict(self) -> str:
        marks = ", ".join("%s" for _ in self._pair.columns)
        key = ", ".join(_name(pair.target.name) for pair in self._pair.row_key)
        sets = ", ".join(f"{name} = EXCLUDED.{name}" for name in (_name(one.target.name) for one in self._rest()))
        action = f"DO UPDATE SET {sets}" if sets else "DO NOTHING"
        return f"{self._insert_head()} VALUES ({marks}) ON CONFLICT ({key}) {action}"

    def _update_or_insert(self) -> str:
        """For a key that no unique index guards (yet): there is one applier, so nobody comes between."""
        rest = self._rest()
        sets = ", ".join(f"{_name(pair.target.name)} = %s" for pair in rest)
        key = " AND ".join(f"{_name(pair.target.name)} = %s" for pair in self._pair.row_key)
        marks = ", ".join(f"%s::{parameter_type(pair.target.type, self._schema)}" for pair in self._pair.columns)
        if not rest:
            found = f"SELECT 1 FROM {self._table} WHERE {key}"
        else:
            found = f"UPDATE {self._table} SET {sets} WHERE {key} RETURNING 1"
        return f"WITH found AS ({found}) {self._insert_head()} SELECT {marks} WHERE NOT EXISTS (SELECT FROM found)"

    def _plain_insert(self, after: RowImage) -> Write:
        marks = ", ".join("%s" for _ in self._pair.columns)
        values = [self._value(pair, after) for pair in self._pair.columns]
        return Write(f"{self._insert_head()} VALUES ({marks})", values)

    def _update(self, after: RowImage, key: RowImage, *, must_match: bool) -> Write:
        changed = [pair for pair in self._pair.columns if after.get(pair.source.name, UNCHANGED) is not UNCHANGED]
        sets = ", ".join(f"{_name(pair.target.name)} = %s" for pair in changed)
        where = " AND ".join(f"{_name(pair.target.name)} = %s" for pair in self._pair.row_key)
        values = [self._value(pair, after) for pair in changed]
        values += [self._key_value(pair, key) for pair in self._pair.row_key]
        return Write(f"UPDATE {self._table} SET {sets} WHERE {where}", values, must_match)

    def _delete(self, before: RowImage | None) -> Write:
        where = " AND ".join(f"{_name(pair.target.name)} = %s" for pair in self._pair.row_key)
        values = [self._key_value(pair, before or {}) for pair in self._pair.row_key]
        return Write(f"DELETE FROM {self._table} WHERE {where}", values)

    def _key_value(self, pair: ColumnPair, image: RowImage) -> str | None:
        if pair.source.name not in image:
            raise SourceChanged(
                f"The log does not tell the old value of the key column {pair.source.name}.",
                mend="log whole rows (binlog_row_image=FULL, or a replica identity that holds the key).",
                subject=self._pair.source.name,
            )
        return self._value(pair, image)

    def _value(self, pair: ColumnPair, image: RowImage) -> str | None:
        value = image[pair.source.name]
        if value is None or isinstance(value, str):
            return parameter(pair.on_target, value)
        raise SourceChanged(
            f"The log does not tell the value of the key column {pair.source.name}.",
            mend="set the table's replica identity to its primary key or to FULL.",
            subject=self._pair.source.name,
        )


def equals_sql(formed: FormedColumn) -> str:
    """A condition on one column with a parameter of the column's own type; NULL equals NULL."""
    return f"t.{_name(formed.name)} IS NOT DISTINCT FROM %s"


def _name(*names: str) -> str:
    """A quoted name in a statement with parameters, where a percent sign is doubled."""
    return quote(*names).replace("%", "%%")


__all__ = ["TableWriter", "Write", "equals_sql"]
