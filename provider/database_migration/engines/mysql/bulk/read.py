"""Rows leave the server as one column of framed text; here they become the reader's own bulk format.

The server makes the transfer texts, ``bulk.frame`` translates whole blocks, in constant memory. A row's text is NULL
when any of its values has no exact text (``row_sql.values``) or is a zero date; such a row ends the stream with its
reason.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from typing import cast

from database_migration.engines.mysql.bulk.frame import FIELD, NULL, Frame
from database_migration.engines.mysql.bulk.own_text import streamed_text
from database_migration.engines.mysql.connection import MySQLSession, quote
from database_migration.engines.mysql.row_sql.key_conditions import range_condition, source_of
from database_migration.engines.mysql.row_sql.unfit_values import own_value, value_of
from database_migration.engines.mysql.row_sql.values import MAY_BE_LONG, octets, transfer
from database_migration.engines.protocol import BulkFormat
from database_migration.errors import ValueRefused
from database_migration.model.column_type import Form, Kind
from database_migration.model.key_range import KeyParts, KeyRange
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn

BLOCK_BYTES = 256 * 1024
_BLOCK_ROWS = 8000
_NO_NULLS = "0"
_DAYS = (Kind.DATE, Kind.DATETIME, Kind.TIMESTAMP)


def read_bulk(
    session: MySQLSession,
    schema: str,
    table: Table,
    columns: Sequence[FormedColumn],
    rows: KeyRange,
    form: BulkFormat,
) -> Iterator[bytes]:
    """Blocks of about 256 KiB of a range's rows in ``form``."""
    frame = Frame(form, len(columns))
    fields = f", {_literal(FIELD)}, ".join(_field(formed, frame.prefix) for formed in columns)
    where = range_condition(table, rows)
    nulls = "".join(f", {sql}" for sql in [nulls_of(columns)] if sql != _NO_NULLS)
    sql = f"SELECT CONCAT({fields}){nulls} FROM {source_of(schema, table)} {where}"
    with closing(session.stream(sql, most_rows=_BLOCK_ROWS, octets=BLOCK_BYTES)) as batches:
        reason = yield from _blocks(batches, frame)
    if reason == "no_text":
        raise no_text(session, schema, table, columns, rows)
    if reason == "invalid":
        raise ValueRefused(
            "A text holds octets that are not UTF-8.",
            mend="correct it: ALTER TABLE … MODIFY the column as binary and back in its real charset finds the rows.",
            subject=f"{schema}.{table.name} ({rows})",
        )


def _blocks(batches: Iterable[Sequence[tuple[bytes | None, ...]]], frame: Frame) -> Generator[bytes, None, str]:
    """A block of each batch; returns why it ended before the last row, or ''.

    Nothing here is done row by row in Python: at a million rows a second each step would be seen.
    """
    for batch in batches:
        lines, *counts = cast("list[tuple[bytes, ...]]", list(zip(*batch, strict=True)))
        if None in lines:
            return "no_text"
        block = frame.block(lines, sum(map(int, counts[0])) if counts else 0)
        if block is None:
            return "invalid"
        yield block
    return ""


def nulls_of(columns: Sequence[FormedColumn]) -> str:
    """SQL of how many of a row's values are NULL."""
    return " + ".join(f"({value_of(formed)} IS NULL)" for formed in columns if formed.nullable) or _NO_NULLS


def _literal(octets_of_it: bytes) -> str:
    """A literal that means the same under every sql_mode and charset."""
    return f"x'{octets_of_it.hex()}'"


def _field(formed: FormedColumn, binary_prefix: str) -> str:
    c = value_of(formed)
    text = streamed_text(formed, c)
    if formed.column.type.kind in _DAYS:
        text = f"CASE WHEN MONTH({c}) > 0 AND DAYOFMONTH({c}) > 0 THEN {text} END"
    # All of it binary: a text cannot be put together with octets that are no text.
    value = f"CONVERT({text} USING binary)"
    if formed.form is Form.BINARY and binary_prefix:
        value = f"CONCAT({_literal(binary_prefix.encode())}, {value})"
    if not formed.nullable:
        return value
    # Not IFNULL: a value without an exact text must not pass for NULL.
    return f"CASE WHEN {c} IS NULL THEN {_literal(NULL)} ELSE {value} END"


def texts(
    session: MySQLSession, schema: str, table: Table, columns: Sequence[FormedColumn], where: str
) -> Iterator[tuple[str | None, ...]]:
    """Transfer texts of the rows that a condition (``WHERE …`` or nothing) finds."""
    values = ", ".join(octets(formed, transfer(formed, value_of(formed))) for formed in columns)
    sql = f"SELECT {values}, {nulls_of(columns)} FROM {source_of(schema, table)} {where}"
    complete = True
    with closing(session.stream(sql)) as batches:
        for *row, count in chain.from_iterable(batches):
            complete = row.count(None) == int(count or 0)
            if not complete:
                break
            yield tuple(None if value is None else value.decode("utf-8", "surrogateescape") for value in row)
    if not complete:
        raise no_text(session, schema, table, columns, KeyRange.everything())


def no_text(
    session: MySQLSession, schema: str, table: Table, columns: Sequence[FormedColumn], rows: KeyRange | KeyParts
) -> ValueRefused:
    """The error for a row that has no exact text, naming the column where it can be found."""
    where = range_condition(table, rows)
    for formed in columns:
        c = own_value(formed)
        if formed.column.type.kind in _DAYS and not formed.substitutes:
            found = session.execute(
                f"SELECT COUNT(*) FROM {source_of(schema, table)} {where} {'AND' if where else 'WHERE'} "
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
