"""The cutover's moves and the checkpoints, each with its time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from database_migration.ledger._table import LedgerPart, now
from database_migration.model.migration_state import CutoverMove

_OBJECTS = "objects"


@dataclass(frozen=True, slots=True)
class MoveLine:
    """One entry of the cutover's journal; ``state`` is ``begun``, ``done`` or ``undone``."""

    move: CutoverMove
    state: str
    at: datetime
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Moves(LedgerPart):
    """The journal of one run's cutover; lines are only ever added."""

    def begin(self, move: CutoverMove, **detail: object) -> None:
        """Record that a move is about to be made."""
        self._add(move, "begun", detail)

    def done(self, move: CutoverMove, **detail: object) -> None:
        """Record that a move is complete."""
        self._add(move, "done", detail)

    def undone(self, move: CutoverMove, **detail: object) -> None:
        """Record that a move was taken back."""
        self._add(move, "undone", detail)

    def journal(self) -> list[MoveLine]:
        """Every line, the oldest first."""
        rows = self.session.execute(
            "SELECT move, state, at, detail FROM database_migration.cutover_move"
            " WHERE migration = %s AND epoch = %s ORDER BY ordinal",
            self.scope,
        )
        return [
            MoveLine(CutoverMove(str(move)), str(state), cast(datetime, at), json.loads(str(detail)))
            for move, state, at, detail in rows
        ]

    def states(self) -> dict[CutoverMove, str]:
        """The last state of each move that was ever begun."""
        return {line.move: line.state for line in self.journal()}

    def _add(self, move: CutoverMove, state: str, detail: Mapping[str, object]) -> None:
        with self.session.transaction():
            rows = self.session.execute(
                "SELECT COALESCE(MAX(ordinal), 0) + 1 FROM database_migration.cutover_move"
                " WHERE migration = %s AND epoch = %s",
                self.scope,
            )
            self.session.execute(
                "INSERT INTO database_migration.cutover_move (migration, epoch, ordinal, move, state, at, detail)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s)",
                (
                    *self.scope,
                    cast(int, rows[0][0]),
                    move.value,
                    state,
                    now(),
                    json.dumps(detail, default=str),
                ),
            )


@dataclass(frozen=True, slots=True)
class Checkpoints(LedgerPart):
    """Named places to roll back to."""

    def set(self, name: str, **detail: object) -> None:
        """Record a checkpoint, and which objects of ours were there; the first time counts."""
        if name in self.all():
            return
        rows = self.session.execute(
            "SELECT COALESCE(MAX(ordinal), 0) FROM database_migration.created_object"
            " WHERE migration = %s AND epoch = %s",
            self.scope,
        )
        told = {**detail, _OBJECTS: int(cast(int, rows[0][0]))}
        self.session.execute(
            "INSERT INTO database_migration.checkpoint (migration, epoch, ordinal, name, at, detail)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (*self.scope, len(self.all()) + 1, name, now(), json.dumps(told, default=str)),
        )

    def last_object(self, name: str) -> int | None:
        """The number of the last object that was there at a checkpoint; None where it was not recorded."""
        rows = self.session.execute(
            "SELECT detail FROM database_migration.checkpoint WHERE migration = %s AND epoch = %s AND name = %s",
            (*self.scope, name),
        )
        number = json.loads(str(rows[0][0])).get(_OBJECTS) if rows else None
        return None if number is None else int(number)

    def forget_after(self, name: str) -> None:
        """Forget the checkpoints behind one: the run stands before them again."""
        names = list(self.all())
        for later in names[names.index(name) + 1 :]:
            self.session.execute(
                "DELETE FROM database_migration.checkpoint WHERE migration = %s AND epoch = %s AND name = %s",
                (*self.scope, later),
            )

    def all(self) -> dict[str, datetime]:
        """Checkpoints in order, with their times."""
        rows = self.session.execute(
            "SELECT name, at FROM database_migration.checkpoint WHERE migration = %s AND epoch = %s ORDER BY ordinal",
            self.scope,
        )
        return {str(name): cast(datetime, at) for name, at in rows}


__all__ = ["Checkpoints", "MoveLine", "Moves"]
