"""Rows read again from the side that the log belongs to, where the log does not tell enough.

PostgreSQL's log leaves out large values that an update did not touch. While the copy is being caught up, the written
side may not have them: the row's chunk was read after the row had been deleted again, or before it had come under this
key; and where an update moves a row to another key, what stands under the old one may be another row by now. The row
is read again, then, and what the log left out is taken from there.

Why that converges. The transaction is waited for until reads see it (``Visibility``), so the row is read as it is
after the update or later, at a moment Q. If nothing stands under its key then, it was deleted or moved later, which the
log tells before Q: nothing is written, and under the key that it moved away from, the row goes. If something does,
what the log told is written with the left-out values of Q. Look at one key and one column: what stands there on the
written side was told by the log, or read at Q or by the chunk. Another row comes under a key by an insert, which tells
all, or by a move, which is read again; the same row's value changes by an update that tells it. So once the log is
applied up to Q, the last of these has been applied and the value is that of Q. No value is ever carried from one key
to another. In between the written side may hold values that are too new: it is a state of the read side only from
the log's end at the time of reading on, which is noted (``settled``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from database_migration.engines.protocol import Session, Visibility
from database_migration.model.change import UNCHANGED, Change, ChangeTransaction, Operation, RowImage, Value
from database_migration.model.table_selection import TablePair
from database_migration.steps.replicate.turned_back import turned_back
from database_migration.steps.run import Database
from database_migration.steps.validate.row_values import RowKey, Rows, in_batches, key_of, read_rows

VISIBLE_WITHIN = 60.0
"""Seconds: a commit that waits for a synchronous replica may take that long, one that does not is visible at once."""


def completed(
    database: Database,
    session: Session,
    visibility: Visibility,
    pairs: Mapping[str, TablePair],
    changes: Sequence[Change],
    missing: Sequence[object],
    transactions: Sequence[ChangeTransaction],
) -> list[Change]:
    """The changes, of which those among ``missing`` (by identity) are whole now, or gone.

    ``session`` reads ``database``, whose log told ``transactions``, to which the changes belong.
    """
    visibility.wait(transactions, timeout=VISIBLE_WITHIN)
    wanted = {id(change) for change in missing}
    by_table: dict[str, set[RowKey]] = defaultdict(set)
    for change in changes:
        if id(change) in wanted:
            by_table[change.table].add(row_key(pairs[change.table], change.after or {}))
    rows = {table: _read(database, session, pairs[table], keys) for table, keys in by_table.items()}
    found: list[Change] = []
    for change in changes:
        if id(change) in wanted:
            found += _whole(pairs[change.table], change, rows[change.table])
        else:
            found.append(change)
    return found


def row_key(pair: TablePair, image: RowImage) -> RowKey:
    """The key of a row image, which always tells it."""
    return tuple(str(image[column.source.name]) for column in pair.row_key)


def _read(database: Database, session: Session, pair: TablePair, keys: set[RowKey]) -> Rows:
    rows: Rows = {}
    for batch in in_batches(keys):
        rows.update(read_rows(database, session, pair, batch))
    return rows


def _whole(pair: TablePair, change: Change, rows: Rows) -> list[Change]:
    before, after = change.before or {}, change.after or {}
    row = rows.get(key_of(pair, row_key(pair, after)))
    if row is None:
        moved = row_key(pair, {**after, **before}) != row_key(pair, after)
        return [Change(Operation.DELETE, change.table, before=before)] if moved else []
    read: dict[str, Value] = {column.source.name: text for column, text in zip(pair.columns, row.texts, strict=True)}
    told = {name: value for name, value in after.items() if value is not UNCHANGED}
    return [Change(Operation.UPDATE, change.table, before, {**(turned_back(pair, read) or {}), **told})]


__all__ = ["VISIBLE_WITHIN", "completed", "row_key"]
