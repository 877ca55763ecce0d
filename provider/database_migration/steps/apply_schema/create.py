"""Creates one object so that a killed run knows what it had begun.

The intent is stored with the undo, then the statement is executed, then the line turns made. Where DDL is
transactional the last two commit together. Elsewhere an object whose line says *intended* may or may not
exist; it was not there when the intent was stored, so it is ours, and its undo is executed before the next try.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from database_migration.engines.protocol import Session, Statement
from database_migration.ledger import Objects


@dataclass(frozen=True, slots=True)
class Created:
    """An object that now exists."""

    statement: Statement
    seconds: float
    before: bool = False
    """Whether an earlier try had made it."""


def create(objects: Objects, session: Session, statement: Statement, *, transactional: bool, again: bool) -> Created:
    """Execute an intended statement and mark it made; ``objects`` writes through ``session``.

    ``again``: the intent was stored by an earlier try.
    """
    began = time.monotonic()
    if transactional:
        with session.transaction():
            session.execute(statement.sql)
            objects.made(statement, seconds=time.monotonic() - began)
    else:
        if again and statement.undo:
            session.execute(statement.undo)
        session.execute(statement.sql)
        objects.made(statement, seconds=time.monotonic() - began)
    return Created(statement, time.monotonic() - began)


__all__ = ["Created", "create"]
