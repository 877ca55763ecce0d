"""Rows of the source that do not take part are never touched on the way back.

By their keys: a row that the target has was copied, or came to the target after the cutover and was written to the
source without meeting another under its key. So an update or a deletion on the target always means a row of ours,
whether it obeys the table's condition by now or not. A row that is new under its key may not: where the source
has one under that key that does not take part, nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from database_migration.engines.protocol import Session
from database_migration.errors import NotPossible, ValueRefused
from database_migration.model.change import Change, Operation
from database_migration.model.key_range import KeyRange
from database_migration.model.schema import Table
from database_migration.model.table_selection import TablePair
from database_migration.steps.replicate.reread import row_key
from database_migration.steps.run import Database
from database_migration.steps.validate.row_values import RowKey, in_batches


class OutsideRows:
    """Looks, before changes are written back, whether they would meet a row that does not take part.

    :param pairs: by the target's table names, as reverse replication reads them.
    :param filtered: the source's tables as mapped, by the same names, where they have a condition.
    """

    def __init__(self, written: Database, pairs: Mapping[str, TablePair], filtered: Mapping[str, Table]) -> None:
        self._written = written
        self._pairs = pairs
        self._filtered = filtered

    def require_untouched(self, session: Session, changes: Sequence[Change]) -> None:
        """Look at the changes of one transaction, before they are written.

        :raises ValueRefused: a new row has the key of a row that does not take part.
        :raises NotPossible: the target's table was emptied as a whole.
        """
        known: set[tuple[str, RowKey]] = set()
        new: dict[str, set[RowKey]] = {}
        for change in changes:
            if change.table not in self._filtered:
                continue
            if change.operation is Operation.TRUNCATE:
                raise NotPossible(
                    "The target's table was truncated, and on the source rows stand beside it that do not take part.",
                    mend="put the rows back on the target, and delete rows of such a table by DELETE.",
                    subject=change.table,
                )
            pair = self._pairs[change.table]
            if change.before is not None:
                known.add((change.table, row_key(pair, change.before)))
            if change.after is None:
                continue
            key = row_key(pair, change.after)
            is_new = change.operation is Operation.INSERT or (
                change.before is not None and row_key(pair, change.before) != key
            )
            if is_new and (change.table, key) not in known:
                new.setdefault(change.table, set()).add(key)
            known.add((change.table, key))
        for table, keys in new.items():
            self._look(session, table, keys)

    def _look(self, session: Session, table: str, keys: set[RowKey]) -> None:
        pair, filtered = self._pairs[table], self._filtered[table]
        outside = replace(filtered, where=f"({filtered.where}) IS NOT TRUE")
        columns = [one.on_target for one in pair.row_key]
        for batch in in_batches(keys):
            found = self._written.engine.rows.fetch(
                session, self._written.schema, outside, columns, KeyRange.everything(), columns, batch
            )
            if met := next(iter(list(found)), None):
                raise ValueRefused(
                    f"A new row of the target has the key {'/'.join(map(str, met))} of a row of the source that does"
                    " not take part in the migration (tables…where).",
                    mend="give the source's row another key, or remove it, by a session that its write fence lets pass;"
                    " replication resumes there, and rolling back waits for it.",
                    subject=table,
                )


def outside_rows(written: Database, pairs: Mapping[str, TablePair], both: Iterable[TablePair]) -> OutsideRows | None:
    """The guard of reverse replication; None where every row takes part. ``both``: the pairs as mapped."""
    filtered = {pair.target.name: pair.source for pair in both if pair.source.where}
    return OutsideRows(written, pairs, filtered) if filtered else None


__all__ = ["OutsideRows", "outside_rows"]
