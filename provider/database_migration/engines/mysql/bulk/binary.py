"""Rows leave the server for a binary stream: half of the work is the server's, half is vectors here.

The server sends two columns. The first is a CSV of the values that take a fixed number of octets, which pyarrow parses
and numpy turns into big-endian records, thousands of rows at a time (``bulk.binary_fixed``). The second is the rest of
the record as it shall be, put together by the server: texts and octets with their lengths. A record made wholly by
the server costs it twice the time; one made in Python costs ten times that.

Parsing checks what a loader of texts would check: a number out of the wire's range, a zero date, a boolean 2
end the stream with ValueRefused, which names the column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

from database_migration.engines.mysql.bulk.binary_fixed import fixed_column
from database_migration.engines.mysql.bulk.binary_variable import variable_sql
from database_migration.engines.mysql.bulk.read import no_text
from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.mysql.row_sql.key_conditions import range_condition, source_of
from database_migration.errors import ValueRefused
from database_migration.model.bulk_format import BinaryFormat
from database_migration.model.key_range import KeyRange
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn

_PAYS_FROM_ROWS = 20_000
_PAYS_FROM_BYTES = 8 << 20
"""Either of them makes loading pyarrow and numpy worth the while."""
_BATCH_ROWS = 2000
_BATCH_BYTES = 1 << 20


def writes(columns: Sequence[FormedColumn], form: BinaryFormat) -> bool:
    """Whether the stream can be written: every wire is one that the column has, those of fixed width first."""
    fixed = [field.wire.is_fixed for field in form.fields]
    if fixed != sorted(fixed, reverse=True):
        return False
    return all(
        fixed_column(formed, field.wire) or variable_sql(formed, field.wire)
        for formed, field in zip(columns, form.fields, strict=True)
    )


def pays_from(table: Table) -> int:
    """Rows of a table from which the binary stream is faster than text: fewer where they are wide."""
    width = table.estimated_bytes // max(table.estimated_rows, 1)
    return max(1, min(_PAYS_FROM_ROWS, _PAYS_FROM_BYTES // max(width, 1)))


def read_binary(
    session: MySQLSession,
    schema: str,
    table: Table,
    columns: Sequence[FormedColumn],
    rows: KeyRange,
    form: BinaryFormat,
) -> Iterator[bytes]:
    """Blocks of a range's rows in ``form``, each of some thousand rows or about a megabyte."""
    from database_migration.engines.mysql.bulk.binary_record import BadValue, Records

    pairs = list(zip(columns, form.fields, strict=True))
    fixed = [column for formed, field in pairs if (column := fixed_column(formed, field.wire))]
    variable = [part for formed, field in pairs if (part := variable_sql(formed, field.wire))]
    halves = [f"CONCAT_WS(',', {', '.join(column.sql for column in fixed)})"] if fixed else []
    halves += [f"CONCAT({', '.join(variable)})"] if variable else []
    sql = f"SELECT {', '.join(halves)} FROM {source_of(schema, table)} {range_condition(table, rows)}"
    records = Records(fixed, len(columns), _BATCH_ROWS)
    bad: str | None = None
    yield form.header
    with closing(session.stream(sql, most_rows=_BATCH_ROWS, octets=_BATCH_BYTES)) as batches:
        for batch in batches:
            try:
                block = records.block(batch)
            except BadValue as value:
                bad = value.column
                break
            yield block
    if bad is not None:
        # Only now is the session free to look for the reason.
        raise _refused(session, schema, table, columns, rows, bad)
    yield form.trailer


def _refused(
    session: MySQLSession, schema: str, table: Table, columns: Sequence[FormedColumn], rows: KeyRange, column: str
) -> ValueRefused:
    reason = no_text(session, schema, table, columns, rows)
    if not column or "zero or partial date" in reason.problem:
        return reason
    return ValueRefused(
        f"A value of {column} is none that the target's column can hold.",
        mend="widen the target's column, correct the value at the source, or copy the table with format: text,"
        " where the target's server says more.",
        subject=f"{schema}.{table.name}.{column}",
    )


__all__ = ["pays_from", "read_binary", "writes"]
