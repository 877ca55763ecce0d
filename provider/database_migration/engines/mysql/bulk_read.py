"""Rows leave the server as finished text: one column, each row a line of the reader's own bulk format.

The server's CPU does the formatting, the client only joins what arrives, in constant memory. A row's text is
NULL when any of its values has no exact text (``value_sql``); such a row ends the stream with its reason.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain

from database_migration.engines.mysql.connection import MySQLSession, quote
from database_migration.engines.mysql.key_conditions import range_condition
from database_migration.engines.mysql.value_sql import MAY_BE_LONG, octets, transfer
from database_migration.engines.protocol import BulkFormat
from database_migration.errors import ValueRefused
from database_migration.model.column_type import Form, Kind
from database_migration.model.key_range import KeyRange
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn

BLOCK_BYTES = 256 * 1024
_DAYS = (Kind.DATE, Kind.DATETIME, Kind.TIMESTAMP)


def hexadecimal(text: str) -> str:
    """A literal that means the same under every sql_mode and charset."""
    return "x'" + text.encode().hex() + "'"


def read_bulk(
    session: MySQLSession,
    schema: str,
    table: Table,
    columns: Sequence[FormedColumn],
    rows: KeyRange,
    form: BulkFormat,
) -> Iterator[bytes]:
    """Blocks of about 256 KiB of a range's rows in ``form``."""
    fields = f", {hexadecimal(form.delimiter)}, ".join(_field(formed, form) for formed in columns)
    where = range_condition(table, rows)
    sql = f"SELECT CONCAT({fields}, {hexadecimal(chr(10))}) FROM {quote(schema, table.name)} {where}"
    with closing(session.stream(sql)) as batches:
        complete = yield from _blocks(batches)
    if not complete:
        raise no_text(session, schema, table, columns, rows)


def _blocks(batches: Iterable[Sequence[tuple[bytes | None, ...]]]) -> Generator[bytes, None, bool]:
    """Joins lines into blocks; returns False when a line was NULL."""
    lines: list[bytes] = []
    size = 0
    for batch in batches:
        for (line,) in batch:
            if line is None:
                return False
            lines.append(line)
            size += len(line)
            if size >= BLOCK_BYTES:
                yield b"".join(lines)
                lines, size = [], 0
    if lines:
        yield b"".join(lines)
    return True


def _field(formed: FormedColumn, form: BulkFormat) -> str:
    c = quote(formed.name)
    value = octets(formed, transfer(formed, c))
    if formed.form is Form.BINARY and form.binary_prefix:
        value = f"CONCAT({hexadecimal(form.binary_prefix)}, {value})"
    elif formed.form in (Form.TEXT, Form.JSON):
        escapes = form.escapes if form.quote is None else ((form.quote, form.quote * 2),)
        for character, replacement in escapes:
            value = f"REPLACE({value}, {hexadecimal(character)}, {hexadecimal(replacement)})"
    if form.quote is not None:
        value = f"CONCAT({hexadecimal(form.quote)}, {value}, {hexadecimal(form.quote)})"
    # Not IFNULL: a value without an exact text must not pass for NULL.
    return f"CASE WHEN {c} IS NULL THEN {hexadecimal(form.null)} ELSE {value} END"


def texts(
    session: MySQLSession, schema: str, table: Table, columns: Sequence[FormedColumn], where: str
) -> Iterator[tuple[str | None, ...]]:
    """Transfer texts of the rows that a condition (``WHERE …`` or nothing) finds."""
    names = [quote(formed.name) for formed in columns]
    values = ", ".join(octets(formed, transfer(formed, name)) for formed, name in zip(columns, names, strict=True))
    nulls = " + ".join(f"({name} IS NULL)" for name in names)
    sql = f"SELECT {values}, {nulls} FROM {quote(schema, table.name)} {where}"
    complete = True
    with closing(session.stream(sql)) as batches:
        for *row, count in chain.from_iterable(batches):
            complete = row.count(None) == int(count or 0)
            if not complete:
                break
            yield tuple(None if value is None else value.decode() for value in row)
    if not complete:
        raise no_text(session, schema, table, columns, KeyRange.everything())


def no_text(
    session: MySQLSession, schema: str, table: Table, columns: Sequence[FormedColumn], rows: KeyRange
) -> ValueRefused:
    """The error for a row that has no exact text, naming the column where it can be found."""
    where = range_condition(table, rows)
    for formed in columns:
        c = quote(formed.name)
        if formed.column.type.kind in _DAYS:
            found = session.execute(
                f"SELECT COUNT(*) FROM {quote(schema, table.name)} {where} {'AND' if where else 'WHERE'} "
                f"(MONTH({c}) = 0 OR DAYOFMONTH({c}) = 0)"
            )
            if found[0][0]:
                return ValueRefused(
                    f"{found[0][0]} rows hold a zero or partial date, which no other engine has.",
                    mend=f"UPDATE {quote(table.name)} SET {c} = NULL (or a real date) "
                    f"WHERE MONTH({c}) = 0 OR DAYOFMONTH({c}) = 0; then clear the task.",
                    subject=f"{schema}.{table.name}.{formed.name}",
                )
    long = [formed.name for formed in columns if formed.column.type.kind in MAY_BE_LONG]
    return ValueRefused(
        f"A row's text is longer than the server's max_allowed_packet (long columns: {', '.join(long)}).",
        mend="SET GLOBAL max_allowed_packet = 1073741824 (and in the server's configuration), then clear the task.",
        subject=f"{schema}.{table.name}",
    )


__all__ = ["BLOCK_BYTES", "no_text", "read_bulk", "texts"]
