"""Changes as the log tells them: whole row images in transfer text, grouped in the source's transactions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from database_migration.model.log_position import LogPosition


class Operation(StrEnum):
    """What happened to a row."""

    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"
    TRUNCATE = "truncate"


class _Unchanged:
    """The log says that the value is what it was, without saying what (PostgreSQL's unchanged TOAST)."""

    def __repr__(self) -> str:
        return "UNCHANGED"

    def __reduce__(self) -> str:
        return "UNCHANGED"  # there is one of it, also after it was put aside and read back


UNCHANGED: Final = _Unchanged()

Value = str | None | _Unchanged
"""A transfer text, NULL, or UNCHANGED."""

RowImage = Mapping[str, Value]
"""Column name → value, with the names of the side where the change was made."""


@dataclass(frozen=True, slots=True)
class Change:
    """One row's change. INSERT has no ``before``, DELETE no ``after``, TRUNCATE neither.

    ``before`` holds at least the row key's columns; ``after`` every copied column.
    """

    operation: Operation
    table: str
    before: RowImage | None = None
    after: RowImage | None = None
    still_there: bool = False
    """Of a deletion: the row only ceased to take part, so no foreign key acted."""


class LargeChanges(Collection[Change]):
    """Changes that are too many for memory: they lie elsewhere, and can be gone through again and again."""

    @abstractmethod
    def parts(self) -> Iterator[Sequence[Change]]:
        """The changes in order, so many at a time as memory holds."""


@dataclass(frozen=True, slots=True)
class ChangeTransaction:
    """The changes of one transaction, in order.

    ``position`` is where the log goes on after it: storing it with the applied changes makes them exactly
    once. ``changes`` is empty for a heartbeat, which tells only that nothing of interest lies before
    ``position``.
    """

    position: LogPosition
    committed_at: datetime
    """UTC, by the clock of the server that committed."""
    changes: Collection[Change] = ()
    """A tuple, or LargeChanges."""
    identity: str = ""
    """What else the engine knows the transaction by (PostgreSQL: its number); for ``Visibility``."""
    octets: int = field(default=0, compare=False)
    """What the changes take in memory now, by the octets that the log has of them; none where they lie elsewhere."""
    added: tuple[tuple[str, str], ...] = ()
    """(table, column): columns that the source has got at this place of the log. It is no transaction then, and the
    log is to be read on from ``position`` by whoever knows these columns."""

    @property
    def is_heartbeat(self) -> bool:
        """Whether this carries a position only."""
        return not self.changes and not self.added


__all__ = ["UNCHANGED", "Change", "ChangeTransaction", "LargeChanges", "Operation", "RowImage", "Value"]
