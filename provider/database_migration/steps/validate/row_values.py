"""Rows of both sides by key, compared value by value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from database_migration.engines.protocol import Session
from database_migration.model.column_type import Form
from database_migration.model.key_range import KeyRange
from database_migration.model.table_selection import TablePair
from database_migration.steps.run import Database, MigrationRun
from database_migration.steps.validate.canonical import Canonical, canonical
from database_migration.steps.validate.difference import Difference, DifferenceKind

RowKey = tuple[str, ...]
FETCHED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class RowValues:
    """One row: what the server wrote, and what is compared."""

    texts: tuple[str | None, ...]
    canonical: tuple[Canonical, ...]
    copies: int = 1
    """Rows that have its key; the values are those of one of them."""


Rows = dict[RowKey, RowValues]
"""By canonical key."""


def source_rows(run: MigrationRun, session: Session, pair: TablePair, keys: Sequence[RowKey]) -> Rows:
    """The source's rows that have these keys."""
    return read_rows(run.source, session, pair, keys)


def read_rows(database: Database, session: Session, pair: TablePair, keys: Sequence[RowKey]) -> Rows:
    """The rows with these keys of ``pair.source``, which lies in ``database``."""
    found = database.engine.rows.fetch(
        session,
        database.schema,
        pair.source,
        pair.source_columns,
        KeyRange.everything(),
        tuple(column.on_source for column in pair.row_key),
        keys,
    )
    return _by_key(pair, found)


def target_rows(run: MigrationRun, session: Session, pair: TablePair, keys: Sequence[RowKey]) -> Rows:
    """The target's rows that have these keys."""
    found = run.target.engine.rows.fetch(
        session,
        run.target.schema,
        pair.target,
        pair.target_columns,
        KeyRange.everything(),
        tuple(column.on_target for column in pair.row_key),
        keys,
    )
    return _by_key(pair, found)


def key_of(pair: TablePair, key: RowKey) -> RowKey:
    """The canonical form of a key as a server spelled it."""
    return tuple(str(canonical(column.form, text)) for column, text in zip(pair.row_key, key, strict=True))


def in_batches(keys: Iterable[RowKey]) -> Iterator[list[RowKey]]:
    """Keys in lists short enough for one statement, in order."""
    ordered = sorted(keys)
    for start in range(0, len(ordered), FETCHED_AT_ONCE):
        yield ordered[start : start + FETCHED_AT_ONCE]


def difference(pair: TablePair, key: RowKey, source: RowValues | None, target: RowValues | None) -> Difference | None:
    """How a row differs; None where it does not."""
    table = pair.source.name
    if source is None and target is None:
        return None
    if target is None:
        return Difference(table, DifferenceKind.MISSING, key)
    if source is None:
        return Difference(table, DifferenceKind.EXTRA, key)
    if source.copies != target.copies:
        return Difference(table, DifferenceKind.REPEATED, key, rows=abs(target.copies - source.copies))
    differing = [
        number
        for number, (one, other) in enumerate(zip(source.canonical, target.canonical, strict=True))
        if one != other
    ]
    if not differing:
        return None
    return Difference(
        table,
        DifferenceKind.CHANGED,
        key,
        tuple(pair.columns[number].source.name for number in differing),
        tuple(source.texts[number] for number in differing),
        tuple(target.texts[number] for number in differing),
    )


def _by_key(pair: TablePair, found: Iterable[tuple[str | None, ...]]) -> Rows:
    names = [column.source.name for column in pair.columns]
    places = [names.index(column.source.name) for column in pair.row_key]
    forms: list[Form] = [column.read_as or column.form for column in pair.columns]
    rows: Rows = {}
    for texts in found:
        values = tuple(canonical(form, text) for form, text in zip(forms, texts, strict=True))
        name = tuple(str(values[place]) for place in places)
        before = rows.get(name)
        if before is None:
            rows[name] = RowValues(tuple(texts), values)
        else:
            rows[name] = replace(before, copies=before.copies + 1)
    return rows


__all__ = [
    "RowKey",
    "RowValues",
    "Rows",
    "difference",
    "in_batches",
    "key_of",
    "read_rows",
    "source_rows",
    "target_rows",
]
