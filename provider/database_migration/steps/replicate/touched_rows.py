"""The rows that applied changes touched, so that a last check need not look at the others."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from database_migration.model.change import Change, Value
from database_migration.model.table_selection import TablePair

RowKey = tuple[str, ...]
"""Transfer texts of a row key's columns, in the order of ``TablePair.row_key``."""


@dataclass(slots=True)
class TouchedRows:
    """Keys by the table's name on the side that is read; safe to use from several threads."""

    keys: dict[str, set[RowKey]] = field(default_factory=dict)
    whole_tables: set[str] = field(default_factory=set)
    """Tables that were truncated, or whose rows have no key: nothing smaller can be named."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, pair: TablePair, changes: Iterable[Change]) -> None:
        """Remember the rows that changes of one table touched, under their old and new keys."""
        names = tuple(column.source.name for column in pair.row_key)
        with self._lock:
            keys = self.keys.setdefault(pair.source.name, set())
            for change in changes:
                images = [image for image in (change.before, change.after) if image is not None]
                found = [_key([image.get(name) for name in names]) for image in images]
                if not images or not names or None in found:
                    self.whole_tables.add(pair.source.name)
                keys.update(key for key in found if key is not None)

    def give_back(self, taken: TouchedRows) -> None:
        """Remember again what was taken and could not be looked at."""
        with self._lock:
            self.whole_tables |= taken.whole_tables
            for table, keys in taken.keys.items():
                self.keys.setdefault(table, set()).update(keys)

    def take(self) -> TouchedRows:
        """What was remembered so far; this object is empty afterwards."""
        with self._lock:
            taken = TouchedRows(self.keys, self.whole_tables)
            self.keys, self.whole_tables = {}, set()
            return taken

    def __len__(self) -> int:
        with self._lock:
            return sum(len(keys) for keys in self.keys.values())


def _key(values: list[Value]) -> RowKey | None:
    texts = [value for value in values if isinstance(value, str)]
    return tuple(texts) if len(texts) == len(values) else None


__all__ = ["RowKey", "TouchedRows"]
