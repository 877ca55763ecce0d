"""Reads, loads and compares rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from database_migration.engines.protocol.connection import BulkFormat, Session
from database_migration.model.bulk_format import BinaryFormat
from database_migration.model.key_range import ChunkKey, KeyParts, KeyRange
from database_migration.model.schema import Column, Table
from database_migration.model.table_selection import FormedColumn


@dataclass(frozen=True, slots=True)
class Checksum:
    """Count of rows, and the order-independent sum over a digest of each row's canonical text.

    Equal rows add up (they do not cancel as under XOR). Method: sum over rows of the first 60 bits of
    MD5 of the row text (see ``column_type.Form``); JSON columns are left out.
    """

    rows: int
    digest: int


class Measure(StrEnum):
    """What is told of a column besides its NULLs."""

    NUMBER = "number"
    """Least, greatest, sum."""
    RANGE = "range"
    """Least and greatest, as transfer texts: moments, and numbers whose sum depends on the order."""
    OCTETS = "octets"
    """Shortest, longest and all octets of texts in UTF-8."""
    BYTES = "bytes"
    """Likewise, of a column of bytes."""
    NULLS = "nulls"
    """Nothing."""


@dataclass(frozen=True, slots=True)
class ColumnFigures:
    """A column's NULLs and what a ``Measure`` told; None where there are no values."""

    nulls: int
    least: str | None
    most: str | None
    total: str | None


@dataclass(frozen=True, slots=True)
class RowAuthor:
    """What a server knows of the transaction that wrote a row as it is now."""

    at: datetime
    """When it committed, in UTC."""
    ours: bool
    """Whether it was the copy, our applier or a repair."""
    origin: str
    """The replication origin that it came through; empty for a session of the server's own."""


class Rows(Protocol):
    """Reads, loads and compares rows by key range; columns come with the form in which values cross."""

    def boundaries(self, session: Session, schema: str, table: Table, key: ChunkKey, chunk_rows: int) -> list[KeyRange]:
        """Half-open ranges that cover every present and future row: the first is open below, the last above.

        Found by walking the index ``chunk_rows`` at a time, so gaps make no empty chunks, and a leading
        value that many rows share is cut along the columns behind it; an empty table is one range. A unique number
        with few gaps is cut as a number, without a look at its rows.
        """
        ...

    def read_bulk(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        rows: KeyRange,
        form: BulkFormat | BinaryFormat,
    ) -> Iterator[bytes]:
        """The range's rows in another engine's bulk format, in blocks of 256 KiB to some MB; constant memory.

        A BinaryFormat only where ``binary_pays_from`` gave a number for these columns, in this order.
        """
        ...

    def binary_format(self, table: Table, columns: Sequence[FormedColumn]) -> BinaryFormat | None:
        """The binary stream that this engine loads into the columns faster than text; None where there is none."""
        ...

    def binary_pays_from(self, table: Table, columns: Sequence[FormedColumn], form: BinaryFormat) -> int | None:
        """Rows from which it is faster to write another engine's binary stream than its text.

        None where a column has values that it cannot write exactly. Fields are best in ``form.fixed_first`` order.
        """
        ...

    def load_bulk(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        blocks: Iterable[bytes],
        form: BinaryFormat | None = None,
    ) -> int:
        """Insert a stream in this engine's own bulk format inside the caller's transaction; rows inserted.

        ``form`` is what ``binary_format`` gave (None: the text format of ``Traits``).

        Every value arrives exactly or ValueRefused is raised, with the server's words: nothing is truncated.
        Triggers of the user do not fire and foreign keys are not checked where the engine lets us.
        """
        ...

    def checksum(
        self, session: Session, schema: str, table: Table, columns: Sequence[FormedColumn], rows: KeyRange
    ) -> Checksum:
        """The range's checksum; equal rows give equal sums on every engine."""
        ...

    def part_checksums(
        self, session: Session, schema: str, table: Table, columns: Sequence[FormedColumn], parts: KeyParts
    ) -> dict[int, Checksum]:
        """The checksum of every part that has rows, by its number, in one pass over the range."""
        ...

    def is_read_by_index(self, table: Table, key: ChunkKey) -> bool:
        """Whether a range of this key is found by an index in its order, if there is one on the key's columns; else
        each range is found by reading all rows."""
        ...

    def column_figures(
        self, session: Session, schema: str, table: Table, asked: Sequence[tuple[FormedColumn, Measure]]
    ) -> list[ColumnFigures]:
        """Figures of columns in the order of ``asked``, in one scan of the table (of some hundred columns each)."""
        ...

    def digests(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        key: Sequence[FormedColumn],
        rows: KeyRange | KeyParts,
    ) -> Iterator[tuple[tuple[str, ...], int]]:
        """(key values, row digest) of every row, in no order; the last step of bisection."""
        ...

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
        ...

    def authors(
        self,
        session: Session,
        schema: str,
        table: Table,
        keys: Sequence[FormedColumn],
        wanted: Sequence[tuple[str, ...]],
    ) -> dict[tuple[str, ...], RowAuthor]:
        """Who wrote the rows with these keys, on the target; without those of which the server does not keep it."""
        ...

    def highest_identity(self, session: Session, schema: str, table: Table, column: Column) -> int | None:
        """The largest value in an identity column, None when empty."""
        ...

    def set_next_identity(self, session: Session, schema: str, table: Table, column: Column, value: int) -> None:
        """Make the next generated value at least ``value``."""
        ...

    def set_sequence(self, session: Session, schema: str, name: str, value: int) -> None:
        """Make a free sequence give ``value`` next."""
        ...

    def analyze(self, session: Session, schema: str, table: Table) -> None:
        """Refresh the planner's statistics."""
        ...


__all__ = ["Checksum", "Rows"]
