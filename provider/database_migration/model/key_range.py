"""Half-open ranges of a table's key: the unit of copy, check and retry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from database_migration.model.column_type import Form


@dataclass(frozen=True, slots=True)
class ChunkKey:
    """The one column that a table is cut along.

    Only forms that both engines order alike are cut: INTEGER by number, BINARY and UUID by octet. A table
    without such a leading key column has no chunk key and is one chunk: text is never cut by an
    engine's own order, because collations differ between the two sides.
    """

    column: str
    form: Form


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Rows with ``lower <= key < upper``; None is an open end. Bounds are transfer texts."""

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

    @property
    def is_everything(self) -> bool:
        """Whether no row of the table is outside."""
        return self.lower is None and self.upper is None

    def split_at(self, middle: str) -> tuple[KeyRange, KeyRange]:
        """The two ranges that meet at ``middle``; together they hold what this one holds."""
        return KeyRange(self.key, self.lower, middle), KeyRange(self.key, middle, self.upper)

    def __str__(self) -> str:
        if self.key is None:
            return "all rows"
        return f"{self.lower or '…'} <= {self.key.column} < {self.upper or '…'}"


__all__ = ["ChunkKey", "KeyRange"]
