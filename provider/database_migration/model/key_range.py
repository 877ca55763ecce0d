"""Half-open ranges of a table's key: the unit of copy, check and retry."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Self

from database_migration.model.column_type import Form


class Cut(StrEnum):
    """Along what a table is cut."""

    ORDER = "order"
    """The key's own order, which every engine has for these forms: numbers and moments by value, octets and
    characters by their octets; never by an engine's collation, because those differ between the two sides."""
    HASH = "hash"
    """The first 32 bits of SHA-256 over the key columns' row text: for keys that have no such order, or no index in
    it. Every chunk reads the whole index."""
    PLACE = "place"
    """The place of rows in the server's own files, for tables without a key; means nothing on another server, nor on
    this one once rows are written."""


HASH_SPACE = 2**32
_MOST_HASH_RANGES = 32
_DENSE = 1.5
"""Numbers between a key's ends for each row, up to which the numbers themselves are cut instead of the rows."""


@dataclass(frozen=True, slots=True)
class KeyPart:
    """A further column of a key."""

    column: str
    form: Form

    def place(self, text: str) -> tuple[int, str] | None:
        """Where a value stands in the order that ranges go by, comparable with other places; None where that is not
        known outside of a server: moments and decimals have several spellings, texts have collations."""
        if self.form in (Form.INTEGER, Form.YEAR):
            return int(text), ""
        return (0, text.lower()) if self.form in (Form.BINARY, Form.UUID) else None


@dataclass(frozen=True, slots=True)
class ChunkKey:
    """What a table is cut along: a column, and those behind it where one value may have any number of rows."""

    column: str
    form: Form
    rest: tuple[KeyPart, ...] = ()
    cut: Cut = Cut.ORDER

    @property
    def parts(self) -> tuple[KeyPart, ...]:
        """All columns, the leading one first."""
        return (KeyPart(self.column, self.form), *self.rest)

    def values(self, bound: str) -> tuple[str, ...]:
        """A bound's transfer texts, one for each of the key's first columns: a prefix stands for all below it."""
        if self.cut is not Cut.ORDER or not self.rest:
            return (bound,)
        found: list[str] = json.loads(bound)
        return tuple(found)

    def place(self, values: Sequence[str]) -> tuple[tuple[int, str], ...] | None:
        """Where a row, or a bound, with these values of the key's columns stands; None where that is not known. A
        prefix stands in front of all that begin with it."""
        if self.cut is not Cut.ORDER:
            return None
        places = [part.place(value) for part, value in zip(self.parts, values, strict=False)]
        known = tuple(place for place in places if place is not None)
        return known if len(known) == len(places) else None

    def bound(self, values: Sequence[str]) -> str:
        """The bound of such texts, as the ledger keeps it."""
        return json.dumps(list(values), ensure_ascii=False) if self.rest else values[0]

    def after(self, lower: str | None, found: Sequence[str]) -> str:
        """The bound in front of a row with these values: the shortest that lies behind ``lower``."""
        if lower is not None and self.values(lower)[0] == found[0]:
            return self.bound(found)
        return self.bound(found[:1])


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Rows with ``lower <= key < upper``; None is an open end.

    Bounds are transfer texts; of a key of several columns a JSON array of them, of a hash or a place a number.
    """

    key: ChunkKey | None = None
    lower: str | None = None
    upper: str | None = None

    def __post_init__(self) -> None:
        if self.key is None and not (self.lower is None and self.upper is None):
            raise ValueError("a range without a key cannot have bounds")

    @classmethod
    def everything(cls) -> Self:
        """All rows of a table."""
        return cls()

    @classmethod
    def stored(cls, key: ChunkKey | None, lower: str | None, upper: str | None) -> Self:
        """The range of bounds as the ledger has them: those of a table without a key are places."""
        if key is None and not (lower is None and upper is None):
            key = PLACE
        return cls(key, lower, upper)

    @property
    def is_everything(self) -> bool:
        """Whether no row of the table is outside."""
        return self.lower is None and self.upper is None

    def split_at(self, middle: str) -> tuple[KeyRange, KeyRange]:
        """The two ranges that meet at ``middle``; together they hold what this one holds."""
        return replace(self, upper=middle), replace(self, lower=middle)

    def __str__(self) -> str:
        if self.key is None:
            return "all rows"
        names = ", ".join(part.column for part in self.key.parts)
        what = {Cut.ORDER: names, Cut.HASH: f"hash of {names}", Cut.PLACE: "place"}[self.key.cut]
        return f"{self.lower or '…'} <= {what} < {self.upper or '…'}"


@dataclass(frozen=True, slots=True)
class KeyParts:
    """Rows of a range, divided by their keys: a row's part is its key's hash (see ``Cut.HASH``) modulo ``count``.

    Any key divides so, alike on every engine, and one pass over the range finds all parts.
    """

    within: KeyRange
    key: tuple[KeyPart, ...]
    """The columns that tell rows apart."""
    count: int
    wanted: tuple[int, ...] = ()
    """The parts that are meant; none: all."""


PLACE = ChunkKey("", Form.INTEGER, cut=Cut.PLACE)
"""The key of a table that has none."""


def even_ranges(key: ChunkKey, parts: int, space: int) -> list[KeyRange]:
    """``parts`` ranges of about the same width over the numbers from 0 to ``space``, open at both ends."""
    bounds = [None, *(str(space * step // parts) for step in range(1, parts)), None]
    return [KeyRange(key, low, high) for low, high in pairwise(bounds)]


def dense_ranges(key: ChunkKey, lowest: int, highest: int, rows: int, chunk_rows: int) -> list[KeyRange]:
    """Ranges of ``chunk_rows`` numbers, where about so many rows fill the numbers between their ends well; else [].

    Of a key that is a single unique number none of them holds more than ``chunk_rows`` rows, and few are empty.
    """
    if highest - lowest >= rows * _DENSE:
        return []
    bounds = [None, *map(str, range(lowest + chunk_rows, highest + 1, chunk_rows)), None]
    return [KeyRange(key, low, high) for low, high in pairwise(bounds)]


def hash_ranges(key: ChunkKey, rows: int, chunk_rows: int) -> list[KeyRange]:
    """Ranges of hashes; not many, because each is found by reading every key."""
    return even_ranges(key, max(1, min(_MOST_HASH_RANGES, -(-rows // chunk_rows))), HASH_SPACE)


__all__ = [
    "HASH_SPACE",
    "PLACE",
    "ChunkKey",
    "Cut",
    "KeyPart",
    "KeyParts",
    "KeyRange",
    "dense_ranges",
    "even_ranges",
    "hash_ranges",
]
