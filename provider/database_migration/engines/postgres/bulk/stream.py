"""COPY in both directions: streams that the server itself formats and parses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import psycopg
from psycopg.abc import PQGen
from psycopg.generators import fetch_many
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn
from psycopg.waiting import Wait

from database_migration.engines.postgres.connection import (
    connection_of,
    postgres_session,
    query,
    suppress_triggers,
)
from database_migration.engines.postgres.names import literal, quote
from database_migration.engines.postgres.row_sql.row_ranges import condition, source_of
from database_migration.engines.postgres.row_sql.unfit_values import value_of
from database_migration.engines.postgres.row_sql.values import takes_transfer_text, transfer_sql
from database_migration.engines.postgres.server_errors import translated
from database_migration.engines.protocol import BulkFormat, Session
from database_migration.errors import NotPossible
from database_migration.model.bulk_format import BinaryFormat
from database_migration.model.key_range import KeyRange
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn

BULK_FORMAT = BulkFormat(
    delimiter="\t",
    null="\\N",
    quote=None,
    escapes=(("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")),
    binary_prefix="\\\\x",
)
BLOCK_OCTETS = 256 * 1024


def read(
    session: Session,
    schema: str,
    table: Table,
    columns: Sequence[FormedColumn],
    rows: KeyRange,
    form: BulkFormat | BinaryFormat,
) -> Iterator[bytes]:
    """See ``protocol.Rows.read_bulk``; the session is busy until the stream ends or is closed."""
    if isinstance(form, BinaryFormat):
        values, options = ", ".join(value_of(formed) for formed in columns), "FORMAT binary"
    else:
        prefix, options = _options(form, table.name)
        values = ", ".join(transfer_sql(formed, value_of(formed), binary_prefix=prefix) for formed in columns)
    statement = (
        f"COPY (SELECT {values} FROM {source_of(schema, table)}{condition(table, rows)}) TO STDOUT WITH ({options})"
    )
    connection = connection_of(session)
    with translated(table.name), connection.cursor() as cursor, cursor.copy(query(statement)):
        ended = False
        while not ended:
            block, ended = connection.wait(_block(connection.pgconn))
            if block:
                yield block


def _block(server: PGconn) -> PQGen[tuple[bytes, bool]]:
    """What COPY sends, a row a message, gathered into a block; and whether that was all.

    Asked of libpq itself: the driver's own iterator over rows costs as much as the rest of the copy.
    """
    rows: list[memoryview] = []
    size = 0
    take, keep = server.get_copy_data, rows.append
    while size < BLOCK_OCTETS:
        octets, row = take(1)
        if octets > 0:
            keep(row)
            size += octets
        elif octets == 0:
            while not (yield Wait.R):
                pass
            server.consume_input()
        else:
            yield from _end(server)
            return b"".join(rows), True
    return b"".join(rows), False


def _end(server: PGconn) -> PQGen[None]:
    """Read how COPY ended; raises the server's error."""
    for result in (yield from fetch_many(server)):
        if result.status != ExecStatus.COMMAND_OK:
            raise psycopg.errors.error_from_result(result)


def _options(form: BulkFormat, table: str) -> tuple[str, str]:
    """The binary prefix as it stands before COPY's own escaping, and COPY's options."""
    given = f"DELIMITER {_constant(form.delimiter)}, NULL {_constant(form.null)}"
    if form.quote is not None:
        return form.binary_prefix, f"FORMAT csv, {given}, QUOTE {_constant(form.quote)}, FORCE_QUOTE *"
    if dict(form.escapes) != dict(BULK_FORMAT.escapes):
        raise NotPossible(
            "PostgreSQL writes unquoted streams with its own escapes only.",
            mend="ask for a bulk format with quotes, or for PostgreSQL's own.",
            subject=table,
        )
    return form.binary_prefix.replace("\\\\", "\\"), f"FORMAT text, {given}"


def _constant(text: str) -> str:
    return "E" + literal(text.replace("\\", "\\\\").replace("\t", "\\t"))


def load(
    session: Session,
    schema: str,
    table: Table,
    columns: Sequence[FormedColumn],
    blocks: Iterable[bytes],
    form: BinaryFormat | None = None,
) -> int:
    """See ``protocol.Rows.load_bulk``."""
    own = postgres_session(session)
    if not own.in_transaction:
        raise NotPossible(
            "A stream is loaded inside a transaction only.",
            mend="open the session's transaction first; this is a mistake in the calling step.",
            subject=table.name,
        )
    for formed in columns:
        if not takes_transfer_text(formed):
            raise NotPossible(
                f"A {formed.form} cannot be loaded into a column of type {formed.column.type.native}.",
                mend="give the target column a type of the source's kind.",
                subject=f"{table.name}.{formed.name}",
            )
    suppress_triggers(session, for_transaction=True)
    names = ", ".join(quote(formed.name) for formed in columns)
    word = "text" if form is None else "binary"
    statement = f"COPY {quote(schema, table.name)} ({names}) FROM STDIN WITH (FORMAT {word})"
    with translated(table.name), own.connection.cursor() as cursor:
        with cursor.copy(query(statement)) as copy:
            for block in blocks:
                copy.write(block)
        return max(cursor.rowcount, 0)


__all__ = ["BLOCK_OCTETS", "BULK_FORMAT", "load", "read"]
