"""Values that the other engine cannot hold, counted by one scan of the table, over the columns concerned only."""

from __future__ import annotations

from collections.abc import Sequence

from database_migration.engines.mysql.connection import MySQLSession, quote
from database_migration.engines.mysql.row_sql.key_conditions import range_condition, source_of
from database_migration.engines.mysql.row_sql.unfit_values import condition, own_value
from database_migration.engines.mysql.row_sql.values import transfer
from database_migration.engines.protocol import CountedValues
from database_migration.model.key_range import KeyRange
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn
from database_migration.model.unfit_value import Doubt


def count_values(
    session: MySQLSession,
    schema: str,
    table: Table,
    asked: Sequence[tuple[FormedColumn, Doubt]],
    key: Sequence[FormedColumn],
) -> list[CountedValues]:
    """See ``protocol.Inspection.count_values``."""
    conditions = [condition(formed, doubt, own_value(formed)) for formed, doubt in asked]
    names = [f"CONVERT({transfer(formed, quote(formed.name))} USING utf8mb4)" for formed in key]
    example = f"CONCAT_WS('/', {', '.join(names)})" if names else "NULL"
    figures = ", ".join(
        f"COALESCE(SUM(CASE WHEN {found} THEN 1 ELSE 0 END), 0), MIN(CASE WHEN {found} THEN {example} END)"
        for found in conditions
    )
    row = session.execute(
        f"SELECT {figures} FROM {source_of(schema, table)} {range_condition(table, KeyRange.everything())}"
    )[0]
    return [
        CountedValues(int(str(count)), None if one is None else str(one), found)
        for count, one, found in zip(row[::2], row[1::2], conditions, strict=True)
    ]


__all__ = ["count_values"]
