"""What comes out of translating one statement: the text, and what the rules have to say about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum


class Weight(IntEnum):
    """How far a rule vouches for what it wrote."""

    INFO = 0
    """The same meaning, said differently."""
    CAUTION = 1
    """The same on this data; other data or other parameters may tell the sides apart."""
    RISK = 2
    """May silently differ: nobody should rely on it unread."""
    MANUAL = 3
    """No translation that keeps the meaning is known."""


@dataclass(frozen=True, slots=True)
class Note:
    """What one rule says about one place of a statement."""

    weight: Weight
    code: str
    message: str
    mend: str = ""
    subject: str = ""
    """The column or function that it is about, where there is one: ``customer.email``."""


@dataclass(frozen=True, slots=True)
class Translation:
    """One statement in the target's dialect."""

    sql: str | None
    """None where a note is MANUAL: ``draft`` then holds as far as the rules came, for a person to finish."""
    notes: tuple[Note, ...] = ()
    draft: str = ""
    is_query: bool = False
    """Whether it returns rows and changes nothing, so that it can be run on both sides."""
    ordered: bool = False
    """Whether the outermost query has an ORDER BY."""
    sort_columns: tuple[int, ...] | None = None
    """Positions in the result of all ORDER BY expressions; None where one is not in the result."""
    volatile: bool = False
    """Whether it reads the clock, random numbers or the session."""
    shows_volatile: bool = False
    """Whether such a value is part of the result."""
    parameters: bool = False
    """Whether it holds placeholders, so that nobody can run it as it stands."""
    tables: tuple[str, ...] = ()
    """The source's base tables that it reads or writes."""
    unordered_limit: int | None = None
    """Its LIMIT, where no ORDER BY says which rows that takes."""
    inexact: frozenset[int] = field(default_factory=frozenset)
    """Positions of results whose division the two sides carry to different numbers of digits."""

    @property
    def weight(self) -> Weight:
        """The heaviest note."""
        return max((note.weight for note in self.notes), default=Weight.INFO)

    def notes_of(self, weight: Weight) -> tuple[Note, ...]:
        """The notes of one weight."""
        return tuple(note for note in self.notes if note.weight is weight)


__all__ = ["Note", "Translation", "Weight"]
