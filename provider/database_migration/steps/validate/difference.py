"""What validation finds, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_SHOWN = 200


class DifferenceKind(StrEnum):
    """How a row differs, seen from the target."""

    MISSING = "missing"
    EXTRA = "extra"
    CHANGED = "changed"
    REPEATED = "repeated"
    """One side has its key more often than the other, for want of a unique key."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that differs; ``rows``: how many one side has too many of, in a table without a key or of one key."""

    table: str
    """The source's name."""
    kind: DifferenceKind
    key: tuple[str, ...] = ()
    """Transfer texts; empty in a table without a key."""
    columns: tuple[str, ...] = ()
    """Source names of the columns that differ, of a changed row."""
    source: tuple[str | None, ...] = ()
    target: tuple[str | None, ...] = ()
    """The values of ``columns`` side by side."""
    rows: int = 1
    written_by: str = ""
    """Who wrote the target's row, where that can be told and it was not us."""

    @property
    def shown_source(self) -> str:
        """The source's values, short enough for a report."""
        return _shown(self.columns, self.source)

    @property
    def shown_target(self) -> str:
        """The target's values, short enough for a report."""
        return _shown(self.columns, self.target)


def _shown(columns: tuple[str, ...], values: tuple[str | None, ...]) -> str:
    return ", ".join(f"{name} = {_value(value)}" for name, value in zip(columns, values, strict=False))


def _value(value: str | None) -> str:
    if value is None:
        return "NULL"
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(value)} characters)"


__all__ = ["Difference", "DifferenceKind"]
