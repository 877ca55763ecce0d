"""The log of committed changes, and what writes them on the other side."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from database_migration.engines.protocol.connection import Session
from database_migration.model.change import Change, ChangeTransaction, Value
from database_migration.model.log_position import LogPosition
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn, TablePair


class Visibility(Protocol):
    """Tells when reads see what the log has told: an event may arrive before its row can be read."""

    def wait(self, transactions: Sequence[ChangeTransaction], *, timeout: float) -> None:
        """Return once every read that begins from now on sees these transactions of the log, and all before them
        of the same rows; Interrupted when that takes longer than ``timeout`` seconds."""
        ...


class ChangeLog(Protocol):
    """The server's log of committed changes. ``name`` tells migrations apart (letters, digits, ``_``)."""

    def start(self, name: str, schema: str, tables: Sequence[str]) -> LogPosition:
        """Make the log readable from now on and return that position; every later commit lies after it.

        Again with the same name returns the present end without losing the retained part.
        """
        ...

    def end(self) -> LogPosition:
        """The log's end: everything committed before this call lies before it."""
        ...

    def read(
        self,
        name: str,
        tables: Mapping[str, Sequence[FormedColumn]],
        schema: str,
        after: LogPosition,
        *,
        idle_seconds: float,
        passed_over: Mapping[str, Collection[str]] | None = None,
    ) -> Iterator[ChangeTransaction]:
        """Committed transactions after a position, in commit order, for ever; a heartbeat at least each
        ``idle_seconds``, carrying the furthest position known to be consumed.

        ``passed_over``: with it, columns that were added to a table are no error: those that it names by table are
        left out of the rows, at any other the iterator tells of it (``ChangeTransaction.added``) and ends.

        Writes marked by ``ChangeWriter.prepare`` are left out. Raises PositionLost when the log does not
        reach back, SourceChanged when a selected table's columns changed, ValueRefused for a value that
        cannot be decoded exactly.
        """
        ...

    def reaches(self, name: str, after: LogPosition) -> bool:
        """Whether the log still holds all that was committed after a position; False also where capture is gone."""
        ...

    def visibility(self, name: str) -> AbstractContextManager[Visibility]:
        """A watch over what reads see, for as long as the block; it holds a session of its own."""
        ...

    def confirm(self, name: str, position: LogPosition) -> None:
        """Let the server forget what lies before a position that is safely stored elsewhere."""
        ...

    def stop(self, name: str) -> None:
        """Give back what ``start`` took; twice is once."""
        ...

    def retained_bytes(self, name: str, after: LogPosition) -> int:
        """Bytes of log that the server keeps behind the position (for the log-growth fuse)."""
        ...


class ChangeWriter(Protocol):
    """Writes captured changes, idempotently: insert and update are upserts by row key, delete may find
    nothing."""

    def prepare(self, session: Session, origin: str) -> None:
        """Mark all that this session writes so that our own capture leaves it out, let it pass our write
        fence, and keep the user's triggers and foreign-key actions from firing where the engine can."""
        ...

    def apply(self, session: Session, schema: str, pairs: Mapping[str, TablePair], changes: Sequence[Change]) -> int:
        """Apply changes in order inside the caller's transaction; rows written.

        ``pairs`` are keyed by the table's name on the side that was read; ``pair.target`` is written.
        """
        ...

    def matching(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        where: Mapping[str, Value],
    ) -> list[tuple[str | None, ...]]:
        """Transfer texts of rows whose columns equal ``where``; serves the emulation of cascades."""
        ...


__all__ = ["ChangeLog", "ChangeWriter", "Visibility"]
