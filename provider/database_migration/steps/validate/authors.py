"""Tells rows that somebody else wrote on the target from those that we got wrong.

Two records are asked. The row's own (PostgreSQL with ``track_commit_timestamp``): when its transaction committed, and
through which replication origin. And the target's log since the copy's end, where it can be read (MySQL, MariaDB): our
writes are marked there, so what remains is somebody else's, deletions too. Where neither knows, nothing is said: that
a row differs is no proof of a writer.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace

from database_migration.errors import MigrationError
from database_migration.ledger import Ledger
from database_migration.model.change import Change
from database_migration.model.table_selection import TablePair
from database_migration.steps.replicate.settled import target_log
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate.difference import Difference, DifferenceKind
from database_migration.steps.validate.row_values import RowKey, key_of
from database_migration.steps.validate.sides import Sides

log = logging.getLogger(__name__)

_READING = 20.0
"""Seconds for which the target's log is read."""
_MOST_ROWS = 1000


def told_apart(ledger: Ledger, sides: Sides, pair: TablePair, differences: Iterable[Difference]) -> list[Difference]:
    """The differences, with who wrote the target's rows where that was not us and can be told."""
    found = list(differences)
    some = [one for one in found if one.key][:_MOST_ROWS]
    if not some or not pair.row_key:
        return found
    said = _by_log(ledger, sides.run, pair, {key_of(pair, one.key) for one in some})
    said |= _by_row(sides, pair, [one for one in some if one.kind is not DifferenceKind.MISSING])
    return [replace(one, written_by=said.get(key_of(pair, one.key), "")) if one.key else one for one in found]


def _by_row(sides: Sides, pair: TablePair, differences: list[Difference]) -> dict[RowKey, str]:
    if not differences:
        return {}
    run = sides.run
    keys = tuple(column.on_target for column in pair.row_key)
    wanted = [one.key for one in differences]
    authors = run.target.engine.rows.authors(sides.target, run.target.schema, pair.target, keys, wanted)
    return {
        key_of(pair, key): f"a session at {author.at:%Y-%m-%d %H:%M:%S.%f} UTC"
        + (f" through origin {author.origin}" if author.origin else "")
        for key, author in authors.items()
        if not author.ours
    }


def _by_log(ledger: Ledger, run: MigrationRun, pair: TablePair, keys: set[RowKey]) -> dict[RowKey, str]:
    """The last change of each row that the target's log has of others."""
    after = target_log(ledger)
    change_log = run.target.change_log
    said: dict[RowKey, str] = {}
    if after is None:
        return said
    try:
        if not change_log.reaches(run.log_name, after):
            return said
        end, deadline = change_log.end(), time.monotonic() + _READING
        tables = {pair.target.name: pair.target_columns}
        with closing(change_log.read(run.log_name, tables, run.target.schema, after, idle_seconds=0.2)) as transactions:  # type: ignore[type-var]
            for transaction in transactions:
                for change in transaction.changes:
                    for key in _keys_of(pair, change) & keys:
                        said[key] = (
                            f"a session ({change.operation}) at {transaction.committed_at:%Y-%m-%d %H:%M:%S} UTC,"
                            f" log {transaction.position.text}"
                        )
                if transaction.position >= end or time.monotonic() >= deadline:
                    break
    except MigrationError as error:
        # Evidence is a help only: that the rows differ is known without it.
        log.warning("Who wrote rows of %s cannot be read from the target's log: %s", pair.target.name, error)
    return said


def _keys_of(pair: TablePair, change: Change) -> set[RowKey]:
    found = set()
    for image in (change.before, change.after):
        texts = [None if image is None else image.get(column.target.name) for column in pair.row_key]
        key = tuple(text for text in texts if isinstance(text, str))
        if len(key) == len(texts):
            found.add(key_of(pair, key))
    return found


__all__ = ["told_apart"]
