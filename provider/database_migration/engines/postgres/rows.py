"""Rows by key range: read, loaded, digested.

A row's digest is the first 60 bits of MD5 over its canonical text (``row_text``); digests of equal rows add up, where
XOR would let pairs vanish.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import cast

from psycopg import capabilities

from database_migration.engines.postgres.bulk import binary as bulk_binary
from database_migration.engines.postgres.bulk import stream as bulk_stream
from database_migration.engines.postgres.connection import connection_of, query
from database_migration.engines.postgres.names import literal, quote
from database_migration.engines.postgres.row_sql.column_figures import column_figures
from database_migration.engines.postgres.row_sql.folded_keys import exact_names
from database_migration.engines.postgres.row_sql.row_authors import row_authors
from database_migration.engines.postgres.row_sql.row_ranges import condition, is_read_by_index, part_of, source_of, walk
from database_migration.engines.postgres.row_sql.row_text import row_text_sql
from database_migration.engines.postgres.row_sql.unfit_values import value_of
from database_migration.engines.postgres.row_sql.values import parameter, transfer_sql
from database_migration.engines.postgres.server_errors import translated
from database_migration.engines.protocol import BulkFormat, Checksum, ColumnFigures, Measure, Row, RowAuthor, Session
from database_migration.model.bulk_format import BinaryFormat
from database_migration.model.key_range import ChunkKey, KeyParts, KeyRange
from database_migration.model.schema import Column, Table
from database_migration.model.table_selection import FormedColumn

_WANTED_AT_ONCE = 500
_STREAM_ROWS = 1000 if capabilities.has_stream_chunked() else 1


class PostgresRows:
    """Fulfils ``protocol.Rows``."""

    def boundaries(self, session: Session, schema: str, table: Table, key: ChunkKey, chunk_rows: int) -> list[KeyRange]:
        """Half-open ranges that cover every present and future row."""
        return walk(session, schema, table, key, chunk_rows)

    def read_bulk(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        rows: KeyRange,
        form: BulkFormat | BinaryFormat,
    ) -> Iterator[bytes]:
        """The range's rows in another engine's bulk format, in blocks of about 256 KiB."""
        return bulk_stream.read(session, schema, table, columns, rows, form)

    def load_bulk(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        blocks: Iterable[bytes],
        form: BinaryFormat | None = None,
    ) -> int:
        """Insert a stream for COPY inside the caller's transaction; rows inserted."""
        return bulk_stream.load(session, schema, table, columns, blocks, form)

    def binary_format(self, table: Table, columns: Sequence[FormedColumn]) -> BinaryFormat | None:
        """COPY's binary format for these columns."""
        return bulk_binary.binary_format(table, columns)

    def binary_pays_from(self, table: Table, columns: Sequence[FormedColumn], form: BinaryFormat) -> int | None:
        """0 where COPY makes the very octets, for they cost less than texts; None elsewhere."""
        return 0 if bulk_binary.writes(columns, form) else None

    def checksum(
        self, session: Session, schema: str, table: Table, columns: Sequence[FormedColumn], rows: KeyRange
    ) -> Checksum:
        """The range's checksum."""
        found = session.execute(
            f"SELECT count(*), coalesce(sum({_digest_sql(columns)}), 0)"
            f" FROM {source_of(schema, table)}{condition(table, rows)}"
        )
        return Checksum(int(str(found[0][0])), int(str(found[0][1])))

    def part_checksums(
        self, session: Session, schema: str, table: Table, columns: Sequence[FormedColumn], parts: KeyParts
    ) -> dict[int, Checksum]:
        """The checksum of every part that has rows, in one pass."""
        found = session.execute(
            f"SELECT {part_of(table, parts)}, count(*), sum({_digest_sql(columns)})"
            f" FROM {source_of(schema, table)}{condition(table, parts)} GROUP BY 1"
        )
        return {int(str(part)): Checksum(int(str(count)), int(str(digest))) for part, count, digest in found}

    def is_read_by_index(self, table: Table, key: ChunkKey) -> bool:
        """Whether ranges of a key are ranges of its index."""
        return is_read_by_index(table, key)

    def column_figures(
        self, session: Session, schema: str, table: Table, asked: Sequence[tuple[FormedColumn, Measure]]
    ) -> list[ColumnFigures]:
        """NULLs, least, greatest and sum of columns."""
        return column_figures(session, schema, table, asked)

    def digests(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        key: Sequence[FormedColumn],
        rows: KeyRange | KeyParts,
    ) -> Iterator[tuple[tuple[str, ...], int]]:
        """(key values, row digest) of every row of a range; the session is busy until the end."""
        keys = ", ".join(transfer_sql(formed, f"t.{quote(formed.name)}") for formed in key)
        statement = f"SELECT {_digest_sql(columns)}, {keys} FROM {source_of(schema, table)}{condition(table, rows)}"
        for digest, *values in _stream(session, statement, table.name):
            yield cast(tuple[str, ...], tuple(values)), cast(int, digest)

    def fetch(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        rows: KeyRange,
        keys: Sequence[FormedColumn] = (),
        wanted: Sequence[tuple[str, ...]] = (),
    ) -> Iterator[tuple[str | None, ...]]:
        """Rows in transfer text; with ``wanted`` only those whose ``keys`` have these values."""
        values = ", ".join(transfer_sql(formed, value_of(formed)) for formed in columns)
        statement = f"SELECT {values} FROM {source_of(schema, table)}"
        where = condition(table, rows)
        if not keys:
            yield from cast(Iterator[tuple[str | None, ...]], _stream(session, statement + where, table.name))
            return
        names = ", ".join(f"t.{quote(formed.name)}" for formed in keys)
        exactly = exact_names("t", keys)
        remaining = iter(wanted)
        while batch := list(islice(remaining, _WANTED_AT_ONCE)):
            tuples = ", ".join(_tuple_sql(keys, one) for one in batch)
            limit = f"{where} AND " if where else " WHERE "
            limit += f"({names}) IN ({tuples})" + (f" AND ({exactly}) IN ({tuples})" if exactly else "")
            yield from cast(Iterator[tuple[str | None, ...]], _stream(session, statement + limit, table.name))

    def authors(
        self,
        session: Session,
        schema: str,
        table: Table,
        keys: Sequence[FormedColumn],
        wanted: Sequence[tuple[str, ...]],
    ) -> dict[tuple[str, ...], RowAuthor]:
        """By commit times and replication origins, where the server keeps them."""
        return row_authors(session, schema, table, keys, wanted)

    def highest_identity(self, session: Session, schema: str, table: Table, column: Column) -> int | None:
        """The largest value in an identity column, None when empty."""
        found = session.execute(f"SELECT max(t.{quote(column.name)})::bigint FROM {source_of(schema, table)}")
        return cast(int | None, found[0][0])

    def set_next_identity(self, session: Session, schema: str, table: Table, column: Column, value: int) -> None:
        """Make the next generated value at least ``value``; one that is further on already stays."""
        sequence = session.execute("SELECT pg_get_serial_sequence(%s, %s)", [quote(schema, table.name), column.name])[
            0
        ][0]
        if sequence is None:
            return  # a plain column here: the application gives the values
        session.execute(
            f"SELECT setval({literal(str(sequence))}::regclass,"
            f" greatest({int(value)}::bigint, last_value + is_called::int), false) FROM {sequence}"
        )

    def set_sequence(self, session: Session, schema: str, name: str, value: int) -> None:
        """Make a free sequence give ``value`` next."""
        session.execute(f"SELECT setval({literal(quote(schema, name))}::regclass, {int(value)}, false)")

    def analyze(self, session: Session, schema: str, table: Table) -> None:
        """Refresh the planner's statistics."""
        session.execute(f"ANALYZE {quote(schema, table.name)}")


def _digest_sql(columns: Sequence[FormedColumn]) -> str:
    return f"('x' || substr(md5({row_text_sql(columns)}), 1, 15))::bit(60)::bigint"


def _tuple_sql(keys: Sequence[FormedColumn], values: tuple[str, ...]) -> str:
    parts = [literal(parameter(formed, value) or "") for formed, value in zip(keys, values, strict=True)]
    return "(" + ", ".join(parts) + ")"


def _stream(session: Session, statement: str, subject: str) -> Iterator[Row]:
    with translated(subject), connection_of(session).cursor() as cursor:
        yield from cursor.stream(query(statement), size=_STREAM_ROWS)


__all__ = ["PostgresRows"]
