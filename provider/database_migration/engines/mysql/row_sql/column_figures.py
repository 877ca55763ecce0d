"""NULLs, least, greatest and sum of columns, in one scan of their table."""

from __future__ import annotations

from collections.abc import Sequence

from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.mysql.row_sql.key_conditions import range_condition, source_of
from database_migration.engines.mysql.row_sql.unfit_values import value_of
from database_migration.engines.mysql.row_sql.values import transfer
from database_migration.engines.protocol import ColumnFigures, Measure
from database_migration.model.key_range import KeyRange
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn

_PARTS = 4
_COLUMNS_AT_ONCE = 200


def column_figures(
    session: MySQLSession, schema: str, table: Table, asked: Sequence[tuple[FormedColumn, Measure]]
) -> list[ColumnFigures]:
    """See ``protocol.Rows.column_figures``."""
    found: list[ColumnFigures] = []
    where = range_condition(table, KeyRange.everything())
    for start in range(0, len(asked), _COLUMNS_AT_ONCE):
        some = asked[start : start + _COLUMNS_AT_ONCE]
        parts = ", ".join(part for formed, measure in some for part in _parts(formed, measure))
        (row,) = session.execute(f"SELECT {parts} FROM {source_of(schema, table)} {where}")
        for at in range(0, len(row), _PARTS):
            nulls, least, most, total = (None if value is None else str(value) for value in row[at : at + _PARTS])
            found.append(ColumnFigures(int(nulls or 0), least, most, total))
    return found


def _parts(formed: FormedColumn, measure: Measure) -> tuple[str, str, str, str]:
    c = value_of(formed)
    nulls = f"COUNT(*) - COUNT({c})"
    match measure:
        case Measure.NUMBER:
            return nulls, f"CAST(MIN({c}+0) AS CHAR)", f"CAST(MAX({c}+0) AS CHAR)", f"CAST(SUM({c}+0) AS CHAR)"
        case Measure.RANGE:
            return nulls, transfer(formed, f"MIN({c})"), transfer(formed, f"MAX({c})"), "NULL"
        case Measure.OCTETS:
            size = f"LENGTH(CONVERT({c} USING utf8mb4))"
            return nulls, f"MIN({size})", f"MAX({size})", f"CAST(SUM({size}) AS CHAR)"
        case Measure.BYTES:
            return nulls, f"MIN(LENGTH({c}))", f"MAX(LENGTH({c}))", f"CAST(SUM(LENGTH({c})) AS CHAR)"
        case Measure.NULLS:
            return nulls, "NULL", "NULL", "NULL"


__all__ = ["column_figures"]
