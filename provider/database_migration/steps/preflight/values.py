"""Values that are there now and that the target's column types cannot hold, counted where types leave doubt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from database_migration.engines.protocol import Session
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Column, Table
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import ExpectedSchema
from database_migration.steps.schema_compare.fits import fits, integer_range
from database_migration.steps.schema_compare.spelling import spell_type

_TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT})
_OCTETS = frozenset({Kind.BINARY, Kind.VARBINARY, Kind.BLOB})


def value_findings(run: MigrationRun, session: Session, expected: ExpectedSchema) -> Iterator[Finding]:
    """A blocker for each column with values that do not fit; ``session`` is on the source.

    Costs one scan of each table that has a column whose type is narrower on the target.
    """
    quote = run.source.engine.ddl.quote
    for source, target in zip(expected.selected, expected.tables, strict=True):
        doubtful = list(_doubtful(run, source, target))
        if not doubtful:
            continue
        sums = ", ".join(f"sum(CASE WHEN {condition} THEN 1 ELSE 0 END)" for _, _, condition in doubtful)
        counts = session.execute(f"SELECT {sums} FROM {quote(run.source.schema, source.name)}")[0]
        for (column, place, condition), count in zip(doubtful, counts, strict=True):
            if count:
                yield Finding(
                    Severity.BLOCKER,
                    "values_do_not_fit",
                    f"{source.name}.{column.name}",
                    f"{int(cast(int, count))} values do not fit into {spell_type(place)}, which the target has for it.",
                    f"change these rows (WHERE {condition}), or exclude the table.",
                )


def _doubtful(run: MigrationRun, source: Table, target: Table) -> Iterator[tuple[Column, ColumnType, str]]:
    places = {column.name: column.type for column in target.columns}
    for column in source.copied_columns:
        place = places.get(run.selection.target_column(source.name, column.name))
        if place is None or fits(column.type, place):
            continue
        condition = _outside(column.type, place, run.source.engine.ddl.quote(column.name))
        if condition:
            yield column, place, condition


def _outside(value: ColumnType, place: ColumnType, name: str) -> str | None:
    """What holds for a value that has no place, in words that both engines know; None where none are known."""
    if value.kind is Kind.INTEGER and place.kind is Kind.INTEGER:
        low, high = integer_range(place)
        return f"{name} < {low} OR {name} > {high}"
    if value.kind is Kind.DECIMAL and place.kind is Kind.DECIMAL and place.precision is not None:
        scale = place.scale or 0
        limit = "1" + "0" * (place.precision - scale)
        return f"abs({name}) >= {limit} OR {name} <> round({name}, {scale})"
    if value.kind in _TEXTS and place.kind in _TEXTS and place.length is not None:
        return f"char_length({name}) > {place.length}"
    if value.kind in _OCTETS and place.kind in _OCTETS and place.length is not None:
        return f"octet_length({name}) > {place.length}"
    return None


__all__ = ["value_findings"]
