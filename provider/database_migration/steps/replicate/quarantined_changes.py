"""Changes and quarantine: rows whose new version cannot be held leave the target, rows that can be held come back.

The target never shows an older version of a row as if it were current: when a change cannot be applied, the row is
deleted there and its new version is kept in quarantine. A later change of the row that can be held puts it back, as a
whole, and takes it out of quarantine. All of it commits with the change and its log position.

Values that are known not to fit are sorted out before the server is asked, so that an application that writes many of
them does not make every batch fail. What else the server refuses is found by halving the batch (``Applier``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from database_migration.engines.protocol import Session
from database_migration.errors import ValueRefused
from database_migration.ledger import Quarantine, QuarantinedRow
from database_migration.model.change import UNCHANGED, Change, Operation, RowImage, Value
from database_migration.model.table_selection import TablePair
from database_migration.model.unfit_value import is_unfit
from database_migration.steps.quarantine_rows import RowQuarantine
from database_migration.steps.run import MigrationRun

RowKey = tuple[str, ...]


class QuarantinedChanges:
    """One applier's view of the quarantine; ``pairs`` are keyed by the source's table names.

    The keys that it remembers are those that may be in quarantine: it never forgets one before ``reload``, so that a
    transaction that is rolled back leaves nothing wrong.
    """

    def __init__(
        self, run: MigrationRun, session: Session, lines: Quarantine, pairs: Mapping[str, TablePair], origin: str
    ) -> None:
        self._run = run
        self._session = session
        self._lines = lines
        self._pairs = pairs
        self._keeper = RowQuarantine(run, lines, origin)
        self._doubtful = frozenset(
            name
            for name, pair in pairs.items()
            if pair.row_key and run.mapping.values.may_quarantine(name) and any(one.doubts for one in pair.columns)
        )
        self._keys: dict[str, set[RowKey]] = {}
        self.reload()

    @property
    def may_help(self) -> bool:
        """Whether the spec sends anything to quarantine at all."""
        return any(self._run.mapping.values.may_quarantine(name) for name in self._pairs)

    def reload(self) -> None:
        """Read from the ledger which rows are in quarantine."""
        self._keys = {table: self._lines.keys(table) for table in self._lines.counts()}

    def sorted_out(self, changes: Sequence[Change]) -> list[Change]:
        """The changes as they can be applied: deletions in the place of what is known not to fit.

        Writes the quarantine's lines, in the caller's transaction: rows that cannot be held go in, rows that other
        changes are about come out. (An update that leaves values out finds no row then, and is read again as a
        whole, see ``reread``.)

        :raises Refused: too many rows of a table are kept.
        """
        found: list[Change] = []
        pending: dict[tuple[str, RowKey], QuarantinedRow | None] = {}
        for change in changes:
            if change.table not in self._keys and change.table not in self._doubtful:
                found.append(change)
                continue
            if change.operation is Operation.TRUNCATE:
                self._lines.release_table(change.table)
                pending = {name: row for name, row in pending.items() if name[0] != change.table}
                found.append(change)
                continue
            pair = self._pairs[change.table]
            keys = [key for image in (change.before, change.after) if (key := _key(pair, image)) is not None]
            for key in keys:
                if (change.table, key) in pending or key in self._keys.get(change.table, ()):
                    pending[change.table, key] = None
            row = self._left_out(pair, change, keys)
            if row is None:
                found.append(change)
            else:
                pending[change.table, row.key] = row
                found += _deletions(pair, keys)
        self._note(pending)
        return found

    def _left_out(self, pair: TablePair, change: Change, keys: Sequence[RowKey]) -> QuarantinedRow | None:
        if change.after is None or change.table not in self._doubtful or not keys:
            return None
        told = {name: text for name, text in change.after.items() if text is not UNCHANGED}
        row = self._keeper.left_out(pair, cast("dict[str, str | None]", told))
        if row is None or len(told) == len(change.after):
            return row
        return replace(row, values=self._texts(pair, change, keys[0]))

    def _note(self, pending: Mapping[tuple[str, RowKey], QuarantinedRow | None]) -> None:
        for table in {name for name, _ in pending}:
            rows = {key: row for (name, key), row in pending.items() if name == table}
            self._lines.release(table, [key for key, row in rows.items() if row is None])
            kept = [row for row in rows.values() if row is not None]
            for row in kept:
                self._lines.keep(row)
            if kept:
                self._keeper.require_few(self._pairs[table], kept[-1].reason)
                self._keys.setdefault(table, set()).update(row.key for row in kept)

    def matching(self, table: str, where: Mapping[str, Value]) -> list[RowImage]:
        """Rows in quarantine whose values equal ``where``: those that a foreign key of the source acts upon, too."""
        if table not in self._keys:
            return []
        rows = [row.values for row in self._lines.rows(table)]
        return [dict(row) for row in rows if all(row.get(name) == value for name, value in where.items())]

    def write(self, changes: Sequence[Change]) -> int:
        """Apply changes to the target, in the caller's transaction; rows written."""
        target = self._run.target
        return target.engine.writer.apply(self._session, target.schema, self._pairs, changes)

    def keep(self, change: Change, error: ValueRefused) -> None:
        """Keep the row of a change that the server refused, and delete what the target has of it.

        :raises ValueRefused: the spec refuses such values. :raises Refused: too many rows of the table are kept.
        """
        pair = self._pairs[change.table]
        keys = [key for image in (change.before, change.after) if (key := _key(pair, image)) is not None]
        if change.after is None or not keys:
            raise error
        texts = self._texts(pair, change, keys[0])
        self.write(_deletions(pair, keys))
        self._lines.release(change.table, keys)
        self._keeper.keep(pair, texts, error)
        self._keys.setdefault(change.table, set()).update(keys)

    def _texts(self, pair: TablePair, change: Change, key: RowKey) -> dict[str, str | None]:
        """The row's values after a change, those that the log leaves out from where they are known."""
        after = change.after or {}
        present = self._present(pair, key) if UNCHANGED in after.values() else {}
        texts = {name: _known(name, after, change.before, present) for name in after}
        return cast("dict[str, str | None]", {name: text for name, text in texts.items() if text is not UNCHANGED})

    def _present(self, pair: TablePair, key: RowKey) -> Mapping[str, Value]:
        """The row as the target has it, or as it was left out before."""
        kept = self._lines.row(pair.source.name, key)
        if kept is not None:
            return kept.values
        target = self._run.target
        if not _may_be_there(pair, key):
            return {}
        where = {column.target.name: text for column, text in zip(pair.row_key, key, strict=True)}
        found = target.engine.writer.matching(self._session, target.schema, pair.target, pair.target_columns, where)
        names = [column.source.name for column in pair.columns]
        return dict(zip(names, found[0], strict=True)) if found else {}


def _key(pair: TablePair, image: RowImage | None) -> RowKey | None:
    """A row's key; None where the image does not tell it."""
    values = [None if image is None else image.get(column.source.name) for column in pair.row_key]
    texts = tuple(value for value in values if isinstance(value, str))
    return texts if len(texts) == len(values) else None


def _known(name: str, after: RowImage, before: RowImage | None, kept: Mapping[str, Value]) -> Value:
    """A value out of the first image that tells it."""
    images: list[Mapping[str, Value]] = [after, before or {}, kept]
    told = (image[name] for image in images if image.get(name, UNCHANGED) is not UNCHANGED)
    return next(told, UNCHANGED)


def _deletions(pair: TablePair, keys: Sequence[RowKey]) -> list[Change]:
    """Of the keys that the target can hold: no row has another one there."""
    names = [column.source.name for column in pair.row_key]
    images: list[RowImage] = [
        dict(zip(names, key, strict=True)) for key in dict.fromkeys(keys) if _may_be_there(pair, key)
    ]
    return [Change(Operation.DELETE, pair.source.name, before=image) for image in images]


def _may_be_there(pair: TablePair, key: RowKey) -> bool:
    return not any(
        is_unfit(doubt, column.form, text)
        for column, text in zip(pair.row_key, key, strict=True)
        for doubt in column.doubts
    )


__all__ = ["QuarantinedChanges"]
