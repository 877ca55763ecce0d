"""The rows that foreign keys change by themselves, for logs that do not tell of them.

Where a log leaves out what ON DELETE and ON UPDATE actions did, the applier finds those rows on the
written side: it holds the read side's state just before the change, so the children that match the parent's old
values there are the children that the action reached. Their changes are applied together with the parent's.

Until the copy's end the written side may hold rows that are newer than the change, and lack others, so too much
or too little is found: the tables are noted and compared at the end (``cascaded``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass

from database_migration.errors import ValueRefused
from database_migration.model.change import Change, Operation, RowImage, Value
from database_migration.model.schema import ForeignKey
from database_migration.model.table_selection import TablePair

FindRows = Callable[[str, Mapping[str, Value]], Sequence[RowImage]]
"""(table, column → value) → matching rows of the written side, under the read side's names."""

_ACTING = frozenset({"CASCADE", "SET NULL"})


@dataclass(frozen=True, slots=True)
class _Rule:
    child: str
    key: ForeignKey
    row_key: tuple[str, ...]


class Cascades:
    """The acting foreign keys between a set of tables; ``pairs`` are keyed by the read side's table names."""

    def __init__(self, pairs: Mapping[str, TablePair]) -> None:
        self._rules: dict[str, list[_Rule]] = defaultdict(list)
        for name, pair in pairs.items():
            row_key = tuple(column.source.name for column in pair.row_key)
            for key in pair.source.foreign_keys:
                if key.parent_table in pairs and {key.on_delete, key.on_update} & _ACTING:
                    self._rules[key.parent_table].append(_Rule(name, key, row_key))
        self._below = {table: self._reached(table) for table in list(self._rules)}

    def __bool__(self) -> bool:
        return bool(self._rules)

    def below(self, table: str) -> Set[str]:
        """Tables whose rows a change of this one may reach: what is looked up on the written side."""
        return self._below.get(table, frozenset())

    def _reached(self, table: str) -> Set[str]:
        found: set[str] = set()
        waiting = [table]
        while waiting:
            children = {rule.child for rule in self._rules.get(waiting.pop(), ())} - found
            found |= children
            waiting += children
        return found

    def reached_by(self, change: Change) -> bool:
        """Whether a change may have made a foreign key act."""
        rules = self._rules.get(change.table, ())
        if change.operation is Operation.DELETE:
            return not change.still_there and any(rule.key.on_delete in _ACTING for rule in rules)
        return change.operation is Operation.UPDATE and any(
            rule.key.on_update in _ACTING and _moved(rule, change.before or {}, change.after or {}) for rule in rules
        )

    def of(self, change: Change, find: FindRows) -> list[Change]:
        """What foreign keys did because of a change, in an order that can be applied before it."""
        return _Expansion(self._rules, find).of(change)


class _Expansion:
    """One change's consequences; remembers what it has decided already, so that cycles end."""

    def __init__(self, rules: Mapping[str, list[_Rule]], find: FindRows) -> None:
        self._rules = rules
        self._find = find
        self._rows: dict[tuple[str, tuple[Value, ...]], RowImage | None] = {}
        self._changes: list[Change] = []

    def of(self, change: Change) -> list[Change]:
        before = change.before or {}
        if change.operation is Operation.DELETE:
            self._deleted(change.table, before)
        elif change.operation is Operation.UPDATE and change.after is not None:
            self._updated(change.table, before, change.after)
        return self._changes

    def _deleted(self, table: str, before: RowImage) -> None:
        for rule in self._rules.get(table, ()):
            if rule.key.on_delete not in _ACTING:
                continue
            for key, row in self._children(rule, _values(rule, before)):
                if rule.key.on_delete == "CASCADE":
                    self._rows[key] = None
                    self._changes.append(Change(Operation.DELETE, rule.child, before=row))
                    self._deleted(rule.child, row)
                else:
                    self._rewrite(rule, key, row, dict.fromkeys(rule.key.columns))

    def _updated(self, table: str, before: RowImage, after: RowImage) -> None:
        for rule in self._rules.get(table, ()):
            if rule.key.on_update not in _ACTING or not _moved(rule, before, after):
                continue
            new: Mapping[str, Value] = dict.fromkeys(rule.key.columns)
            if rule.key.on_update == "CASCADE":
                new = dict(zip(rule.key.columns, _values(rule, after), strict=True))
            for key, row in self._children(rule, _values(rule, before)):
                self._rewrite(rule, key, row, new)

    def _rewrite(
        self, rule: _Rule, key: tuple[str, tuple[Value, ...]], row: RowImage, new: Mapping[str, Value]
    ) -> None:
        after = {**row, **new}
        self._rows[key] = after
        self._changes.append(Change(Operation.UPDATE, rule.child, before=row, after=after))
        self._updated(rule.child, row, after)

    def _children(self, rule: _Rule, parent: tuple[Value, ...]) -> list[tuple[tuple[str, tuple[Value, ...]], RowImage]]:
        if None in parent:
            return []
        where = dict(zip(rule.key.columns, parent, strict=True))
        children = []
        for found in self._find(rule.child, where):
            key = (rule.child, tuple(found[name] for name in rule.row_key))
            row = self._rows.get(key, found)
            if row is not None and all(row[name] == found[name] for name in where):
                children.append((key, row))
        return children


def _values(rule: _Rule, image: RowImage) -> tuple[Value, ...]:
    try:
        return tuple(image[name] for name in rule.key.parent_columns)
    except KeyError as error:
        raise ValueRefused(
            f"the log does not tell the old value of {error.args[0]}, by which rows of {rule.child} have to be found.",
            mend="let the server log whole row images, roll back and start a new run.",
            subject=rule.key.parent_table,
        ) from error


def _moved(rule: _Rule, before: RowImage, after: RowImage) -> bool:
    return any(name in before and before[name] != after.get(name) for name in rule.key.parent_columns)


__all__ = ["Cascades", "FindRows"]
