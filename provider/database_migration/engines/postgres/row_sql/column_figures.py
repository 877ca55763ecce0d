"""NULLs, least, greatest and sum of columns, in one scan of their table."""

from __future__ import annotations

from collections.abc import Sequence

from database_migration.engines.postgres.row_sql.row_ranges import condition, source_of
from database_migration.engines.postgres.row_sql.unfit_values import value_of
from database_migration.engines.postgres.row_sql.values import transfer_sql
from database_migration.engines.protocol import ColumnFigures, Measure, Session
from database_migration.model.column_type import Kind
from database_migration.model.key_range import KeyRange
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn

_PARTS = 4
_COLUMNS_AT_ONCE = 200
_AS_INTEGERS = {Kind.BOOLEAN: "::int", Kind.BIT: "::bigint", Kind.MONEY: "::numeric"}
"""What numbers are made of that cannot be added up as they are."""


def column_figures(
    session: Session, schema: str, table: Table, asked: Sequence[tuple[FormedColumn, Measure]]
) -> list[ColumnFigures]:
    """See ``protocol.Rows.column_figures``."""
    found: list[ColumnFigures] = []
    where = condition(table, KeyRange.everything())
    for start in range(0, len(asked), _COLUMNS_AT_ONCE):
        some = asked[start : start + _COLUMNS_AT_ONCE]
        parts = ", ".join(part for formed, measure in some for part in _parts(formed, measure))
        (row,) = session.execute(f"SELECT {parts} FROM {source_of(schema, table)}{where}")
        for at in range(0, len(row), _PARTS):
            nulls, least, most, total = (None if value is None else str(value) for value in row[at : at + _PARTS])
            found.append(ColumnFigures(int(nulls or 0), least, most, total))
    return found


def _parts(formed: FormedColumn, measure: Measure) -> tuple[str, str, str, str]:
    c = value_of(formed)
    nulls = f"count(*) - count({c})"
    match measure:
        case Measure.NUMBER:
            number = f"{c}{_AS_INTEGERS.get(formed.column.type.kind, '')}"
            return nulls, f"min({number})::text", f"max({number})::text", f"sum({number})::text"
        case Measure.RANGE:
            return nulls, transfer_sql(formed, f"min({c})"), transfer_sql(formed, f"max({c})"), "NULL"
        case Measure.OCTETS:
            size = f"octet_length({transfer_sql(formed, c)})"
            return nulls, f"min({size})", f"max({size})", f"sum({size})::text"
        case Measure.BYTES:
            return nulls, f"min(octet_length({c}))", f"max(octet_length({c}))", f"sum(octet_length({c}))::text"
        case Measure.NULLS:
            return nulls, "NULL", "NULL", "NULL"


__all__ = ["column_figures"]
