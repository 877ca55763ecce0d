"""Reads, loads and compares rows; the parts are in ``bulk.read``, ``bulk.load`` and ``row_sql.row_digest``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from database_migration.engines.mysql.bulk import binary as bulk_binary
from database_migration.engines.mysql.bulk import load as bulk_load
from database_migration.engines.mysql.bulk import read as bulk_read
from database_migration.engines.mysql.connection import own_session, quote
from database_migration.engines.mysql.row_sql import row_digest
from database_migration.engines.mysql.row_sql.column_figures import column_figures
from database_migration.engines.mysql.row_sql.key_conditions import is_read_by_index, range_condition
from database_migration.engines.mysql.row_sql.key_walk import walk
from database_migration.engines.mysql.row_sql.literals import any_of
from database_migration.engines.protocol import BulkFormat, Checksum, ColumnFigures, Measure, RowAuthor, Session
from database_migration.model.bulk_format import BinaryFormat
from database_migration.model.key_range import ChunkKey, KeyParts, KeyRange
from database_migration.model.schema import Column, Table
from database_migration.model.table_selection import FormedColumn

_WANTED_AT_ONCE = 200


class MySQLRows:
    """See ``engines.protocol.Rows``."""

    def boundaries(self, session: Session, schema: str, table: Table, key: ChunkKey, chunk_rows: int) -> list[KeyRange]:
        return walk(own_session(session), schema, table, key, chunk_rows)

    def read_bulk(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        rows: KeyRange,
        form: BulkFormat | BinaryFormat,
    ) -> Iterator[bytes]:
        if isinstance(form, BinaryFormat):
            return bulk_binary.read_binary(own_session(session), schema, table, columns, rows, form)
        return bulk_read.read_bulk(own_session(session), schema, table, columns, rows, form)

    def binary_format(self, table: Table, columns: Sequence[FormedColumn]) -> BinaryFormat | None:
        """None: LOAD DATA reads text only."""
        return None

    def binary_pays_from(self, table: Table, columns: Sequence[FormedColumn], form: BinaryFormat) -> int | None:
        return bulk_binary.pays_from(table) if bulk_binary.writes(columns, form) else None

    def load_bulk(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        blocks: Iterable[bytes],
        form: BinaryFormat | None = None,
    ) -> int:
        return bulk_load.load_bulk(own_session(session), schema, table, columns, blocks)

    def checksum(
        self, session: Session, schema: str, table: Table, columns: Sequence[FormedColumn], rows: KeyRange
    ) -> Checksum:
        return row_digest.checksum(own_session(session), schema, table, columns, rows)

    def part_checksums(
        self, session: Session, schema: str, table: Table, columns: Sequence[FormedColumn], parts: KeyParts
    ) -> dict[int, Checksum]:
        return row_digest.part_checksums(own_session(session), schema, table, columns, parts)

    def is_read_by_index(self, table: Table, key: ChunkKey) -> bool:
        return is_read_by_index(table, key)

    def column_figures(
        self, session: Session, schema: str, table: Table, asked: Sequence[tuple[FormedColumn, Measure]]
    ) -> list[ColumnFigures]:
        return column_figures(own_session(session), schema, table, asked)

    def digests(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        key: Sequence[FormedColumn],
        rows: KeyRange | KeyParts,
    ) -> Iterator[tuple[tuple[str, ...], int]]:
        return row_digest.digests(own_session(session), schema, table, columns, key, rows)

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
        own = own_session(session)
        where = range_condition(table, rows)
        if not wanted:
            yield from bulk_read.texts(own, schema, table, columns, where)
            return
        for start in range(0, len(wanted), _WANTED_AT_ONCE):
            some = any_of(own, keys, wanted[start : start + _WANTED_AT_ONCE])
            yield from bulk_read.texts(own, schema, table, columns, f"{where} AND {some}" if where else f"WHERE {some}")

    def authors(
        self,
        session: Session,
        schema: str,
        table: Table,
        keys: Sequence[FormedColumn],
        wanted: Sequence[tuple[str, ...]],
    ) -> dict[tuple[str, ...], RowAuthor]:
        """None: a row does not tell, the log does."""
        return {}

    def highest_identity(self, session: Session, schema: str, table: Table, column: Column) -> int | None:
        ((highest,),) = session.execute(f"SELECT MAX({quote(column.name)}) FROM {quote(schema, table.name)}")
        return None if highest is None else int(str(highest))

    def set_next_identity(self, session: Session, schema: str, table: Table, column: Column, value: int) -> None:
        # InnoDB never sets it below the largest value in the table. The comment lets our own capture pass over it.
        session.execute(
            f"ALTER TABLE {quote(schema, table.name)} AUTO_INCREMENT = {int(value)} /* database_migration */"
        )

    def set_sequence(self, session: Session, schema: str, name: str, value: int) -> None:
        session.execute(f"ALTER SEQUENCE {quote(schema, name)} RESTART WITH {int(value)} /* database_migration */")

    def analyze(self, session: Session, schema: str, table: Table) -> None:
        session.execute(f"ANALYZE LOCAL TABLE {quote(schema, table.name)}")


__all__ = ["MySQLRows"]
