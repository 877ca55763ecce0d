"""Stored code: triggers, routines and events."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from database_migration.engines.protocol.connection import Session
from database_migration.engines.protocol.schema import Statement
from database_migration.model.code_source import CodeSource


class StoredCodeCarrier(Protocol):
    """Triggers, routines and events: made again on a server of the same kind, outlined for another."""

    def read(self, session: Session, schema: str) -> list[CodeSource]:
        """Every piece of the user's, in an order in which it can be made; none of ours."""
        ...

    def statement(self, schema: str, source: CodeSource, *, source_schema: str) -> Statement:
        """What makes it again in ``schema`` on this kind of server; an event that is not yet at work."""
        ...

    def made_under(self, session: Session, schema: str, source: CodeSource) -> AbstractContextManager[None]:
        """The session's settings while the statement is executed."""
        ...

    def stub(self, schema: str, source: CodeSource, *, dialect: str) -> str:
        """A script in this engine's language that makes its outline: name, parameters, timing, table. Called, it
        fails and says that it is not written yet. Its source, which ``dialect`` reported, is in the body."""
        ...


__all__ = ["StoredCodeCarrier"]
