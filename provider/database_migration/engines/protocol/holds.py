"""What keeps others from interfering: the write fence, and the user's triggers held down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from database_migration.engines.protocol.connection import Session


@dataclass(frozen=True, slots=True)
class FenceOutcome:
    """What raising a fence did."""

    tables: int
    sessions_ended: int
    seconds: float


class WriteFence(Protocol):
    """Keeps everyone but our own applier from writing to a set of tables; survives our death."""

    def raise_(self, session: Session, schema: str, tables: Sequence[str], *, timeout: float) -> FenceOutcome:
        """All tables or none; open transactions are waited for, at most ``timeout`` seconds in sum, then
        Interrupted. Twice is once. After it returns no commit of others touches the tables."""
        ...

    def lower(self, session: Session, schema: str, tables: Sequence[str]) -> None:
        """Let everybody write again; twice is once."""
        ...

    def is_up(self, session: Session, schema: str, tables: Sequence[str]) -> bool:
        """Whether every one of the tables is fenced."""
        ...


@dataclass(frozen=True, slots=True)
class TriggerSource:
    """A trigger of the user that was taken down, with the statement that restores it."""

    name: str
    table: str
    create: str


class TriggerHold(Protocol):
    """Keeps the user's triggers from firing on applied changes where ``ChangeWriter.prepare`` cannot."""

    def needed(self, session: Session, schema: str, tables: Sequence[str]) -> list[TriggerSource]:
        """Triggers that would fire; [] for an engine whose applier suppresses them by itself."""
        ...

    def take_down(self, session: Session, schema: str, triggers: Sequence[TriggerSource]) -> None:
        """Drop them; the caller has stored them first. Twice is once."""
        ...

    def put_back(self, session: Session, schema: str, triggers: Sequence[TriggerSource]) -> None:
        """Create those that are missing."""
        ...


__all__ = ["FenceOutcome", "TriggerHold", "TriggerSource", "WriteFence"]
