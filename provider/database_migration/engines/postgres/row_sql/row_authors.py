"""Who wrote a row, as far as the server keeps it: its transaction's commit time and replication origin.

Both are there with ``track_commit_timestamp`` only. A row is ours when its transaction has an origin of ours, or
committed at the very moment at which a chunk of the copy turned done, which is one transaction with the chunk's rows (a
savepoint's rows have another number, but the same moment).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import cast

from database_migration.engines.postgres.names import literal, quote
from database_migration.engines.postgres.row_sql.row_ranges import source_of
from database_migration.engines.postgres.row_sql.values import parameter, transfer_sql
from database_migration.engines.protocol import RowAuthor, Session
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn

_AT_ONCE = 200
_OURS = "database_migration_"
_CAN_TELL = (
    "SELECT current_setting('track_commit_timestamp') = 'on'"
    " AND has_function_privilege('pg_replication_origin_session_setup(text)', 'execute')"
    " AND to_regclass('database_migration.chunk') IS NOT NULL"
)


def row_authors(
    session: Session, schema: str, table: Table, keys: Sequence[FormedColumn], wanted: Sequence[tuple[str, ...]]
) -> dict[tuple[str, ...], RowAuthor]:
    """See ``protocol.Rows.authors``."""
    if session.execute(_CAN_TELL) != [(True,)]:
        return {}
    chunks = {moment for (moment,) in session.execute(
        "SELECT DISTINCT pg_xact_commit_timestamp(xmin) FROM database_migration.chunk WHERE done = 1"
    )}  # fmt: skip
    texts = ", ".join(transfer_sql(formed, f"t.{quote(formed.name)}") for formed in keys)
    names = ", ".join(f"t.{quote(formed.name)}" for formed in keys)
    found: dict[tuple[str, ...], RowAuthor] = {}
    remaining = iter(wanted)
    while some := list(islice(remaining, _AT_ONCE)):
        tuples = ", ".join(_tuple(keys, one) for one in some)
        lines = session.execute(
            f"SELECT c.timestamp AT TIME ZONE 'UTC', o.roname, c.timestamp, {texts} FROM {source_of(schema, table)}"
            " CROSS JOIN LATERAL pg_xact_commit_timestamp_origin(t.xmin) AS c"
            " LEFT JOIN pg_replication_origin AS o ON o.roident = c.roident"
            f" WHERE ({names}) IN ({tuples}) AND c.timestamp IS NOT NULL"
        )
        for at, origin, moment, *key in lines:
            name = str(origin or "")
            ours = name.startswith(_OURS) or moment in chunks
            found[tuple(map(str, key))] = RowAuthor(cast(datetime, at), ours, name)
    return found


def _tuple(keys: Sequence[FormedColumn], values: tuple[str, ...]) -> str:
    return "(" + ", ".join(literal(parameter(one, text) or "") for one, text in zip(keys, values, strict=True)) + ")"


__all__ = ["row_authors"]
