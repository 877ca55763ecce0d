"""Values that the other engine cannot hold, counted by one scan of the table, over the columns concerned only."""

from __future__ import annotations

from collections.abc import Sequence

from database_migration.engines.postgres.names import quote
from database_migration.engines.postgres.row_sql.row_ranges import condition as range_condition
from database_migration.engines.postgres.row_sql.row_ranges import source_of
from database_migration.engines.postgres.row_sql.unfit_values import condition, own_value
from database_migration.engines.postgres.row_sql.values import transfer_sql
from database_migration.engines.protocol import CountedValues, Session
from database_migration.model.key_range import KeyRange
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn
from database_migration.model.unfit_value import Doubt


def count_values(
    session: Session,
    schema: str,
    table: Table,
    asked: Sequence[tuple[FormedColumn, Doubt]],
    key: Sequence[FormedColumn],
) -> list[CountedValues]:
    """See ``protocol.Inspection.count_values``."""
    conditions = [condition(formed, doubt, own_value(formed)) for formed, doubt in asked]
    names = ", ".join(transfer_sql(formed, f"t.{quote(formed.name)}") for formed in key)
    example = f"concat_ws('/', {names})" if names else "NULL::text"
    figures = ", ".join(
        f"count(*) FILTER (WHERE {found}), min({example}) FILTER (WHERE {found})" for found in conditions
    )
    where = range_condition(table, KeyRange.everything())
    row = session.execute(f"SELECT {figures} FROM {source_of(schema, table)}{where}")[0]
    return [
        CountedValues(int(str(count)), None if one is None else str(one), found)
        for count, one, found in zip(row[::2], row[1::2], conditions, strict=True)
    ]


__all__ = ["count_values"]
