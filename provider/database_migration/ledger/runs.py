"""Runs and epochs: who may work on a migration.

A run works in the epoch it was opened in. Rolling back raises the migration's epoch, so every step of
the rolled-back run, whoever clicks it into life again, finds that its epoch has passed and refuses.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from database_migration.engines.protocol import Row, Session
from database_migration.errors import EpochPassed, NotPossible, SpecRefused
from database_migration.ledger._table import now
from database_migration.model.migration_state import Direction, Phase, RunState, Side

_STATE = """
SELECT migration, run_id, epoch, phase, serving, replication, spec_hash, opened_at
FROM database_migration.migration
"""


@dataclass(frozen=True, slots=True)
class Runs:
    """The current run of one migration, and all earlier ones."""

    session: Session
    migration: str

    def current(self) -> RunState | None:
        """The current run's state; None before the first run."""
        rows = self.session.execute(_STATE + " WHERE migration = %s", (self.migration,))
        return _state(rows[0]) if rows else None

    def open(self, run_id: str, spec_hash: str) -> RunState:
        """Make a run the current one, or return to it.

        :raises NotPossible: another run is under way, or the migration is finalized.
        :raises EpochPassed: this run was rolled back.
        :raises SpecRefused: the run was opened with another spec.
        """
        with self.session.transaction():
            rows = self.session.execute(_STATE + " WHERE migration = %s FOR UPDATE", (self.migration,))
            state = _state(rows[0]) if rows else None
            if state is None:
                return self._insert(run_id, spec_hash)
            if state.run_id == run_id or self._epoch_of(run_id) is not None:
                return self._require(state, run_id, spec_hash)
            if state.phase is Phase.FINALIZED:
                raise NotPossible(
                    f"run {state.run_id} finalized this migration: the target serves and the source is no longer kept.",
                    mend="give the new migration a name of its own.",
                    subject=self.migration,
                )
            if not state.phase.is_over:
                raise NotPossible(
                    f"run {state.run_id} is under way (phase {state.phase}).",
                    mend=f"let it finish, or trigger {self.migration}__rollback, and start again after that.",
                    subject=self.migration,
                )
            return self._replace(state, run_id, spec_hash)

    def require_current(self, run_id: str, spec_hash: str) -> RunState:
        """The state of a run that may work now; see ``open`` for what is raised otherwise."""
        state = self.current()
        if state is None:
            raise NotPossible(
                "no run is open.",
                mend="trigger the migration's DAG; its first step opens the run.",
                subject=self.migration,
            )
        return self._require(state, run_id, spec_hash)

    def advance(self, run_id: str, phase: Phase) -> None:
        """Move the current run to a phase; never backwards, never out of an end."""
        order = list(Phase)
        state = self.current()
        if state is None or state.run_id != run_id or state.phase.is_over:
            raise EpochPassed(f"run {run_id} is not the current one.", mend="start a new run.", subject=self.migration)
        if order.index(phase) > order.index(state.phase):
            self._update("phase = %s", phase.value)

    def serve_from(self, side: Side) -> None:
        """Record which side the application writes to."""
        self._update("serving = %s", side.value)

    def replicate(self, direction: Direction) -> None:
        """Record which replication is wanted; the appliers obey."""
        self._update("replication = %s", direction.value)

    def end(self, run_id: str, phase: Phase) -> None:
        """End the run as finalized or rolled back and raise the epoch, in one transaction."""
        if not phase.is_over:
            raise ValueError(f"{phase} is not an end")
        with self.session.transaction():
            self.session.execute(
                "UPDATE database_migration.migration SET phase = %s, replication = %s, epoch = epoch + 1,"
                " updated_at = %s WHERE migration = %s AND run_id = %s",
                (phase.value, Direction.OFF.value, now(), self.migration, run_id),
            )
            self.session.execute(
                "UPDATE database_migration.run SET ended_at = %s, outcome = %s WHERE migration = %s AND run_id = %s",
                (now(), phase.value, self.migration, run_id),
            )

    def history(self) -> list[tuple[str, int, str | None]]:
        """(run, epoch, outcome) of every run, the latest first."""
        rows = self.session.execute(
            "SELECT run_id, epoch, outcome FROM database_migration.run WHERE migration = %s ORDER BY epoch DESC",
            (self.migration,),
        )
        return cast("list[tuple[str, int, str | None]]", rows)

    def _require(self, state: RunState, run_id: str, spec_hash: str) -> RunState:
        mine = self._epoch_of(run_id)
        if state.run_id != run_id or state.phase.is_over or mine != state.epoch:
            ended = (
                "finalized" if state.run_id == run_id and state.phase is Phase.FINALIZED else "rolled back or replaced"
            )
            raise EpochPassed(
                f"run {run_id} was {ended}; nothing of it may run again (epoch {mine}, now {state.epoch}).",
                mend="start a new run; clearing or marking tasks of this one cannot revive it.",
                subject=self.migration,
            )
        if state.spec_hash != spec_hash:
            raise SpecRefused(
                f"the spec was edited while run {run_id} is under way"
                f" (hash {spec_hash[:12]}, opened with {state.spec_hash[:12]}).",
                mend=f"put the spec back as it was, or trigger {self.migration}__rollback and start a new run.",
                subject=self.migration,
            )
        return state

    def _epoch_of(self, run_id: str) -> int | None:
        rows = self.session.execute(
            "SELECT epoch FROM database_migration.run WHERE migration = %s AND run_id = %s",
            (self.migration, run_id),
        )
        return int(cast(int, rows[0][0])) if rows else None

    def _insert(self, run_id: str, spec_hash: str) -> RunState:
        state = RunState(self.migration, run_id, 1, Phase.PLAN, Side.SOURCE, Direction.OFF, spec_hash, now())
        self.session.execute(
            "INSERT INTO database_migration.migration"
            " (migration, epoch, run_id, phase, serving, replication, spec_hash, opened_at, updated_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (*_values(state), state.opened_at, state.opened_at),
        )
        self._remember(state)
        return state

    def _replace(self, old: RunState, run_id: str, spec_hash: str) -> RunState:
        state = replace(
            old, run_id=run_id, epoch=old.epoch + 1, phase=Phase.PLAN, spec_hash=spec_hash,
            replication=Direction.OFF, opened_at=now(),
        )  # fmt: skip
        self.session.execute(
            "UPDATE database_migration.migration SET epoch = %s, run_id = %s, phase = %s, serving = %s,"
            " replication = %s, spec_hash = %s, opened_at = %s, updated_at = %s WHERE migration = %s",
            (*_values(state)[1:], state.opened_at, state.opened_at, self.migration),
        )
        self._remember(state)
        return state

    def _remember(self, state: RunState) -> None:
        self.session.execute(
            "INSERT INTO database_migration.run (migration, run_id, epoch, opened_at) VALUES (%s, %s, %s, %s)",
            (state.migration, state.run_id, state.epoch, state.opened_at),
        )

    def _update(self, assignment: str, value: str) -> None:
        self.session.execute(
            f"UPDATE database_migration.migration SET {assignment}, updated_at = %s WHERE migration = %s",
            (value, now(), self.migration),
        )


def all_migrations(session: Session) -> list[RunState]:
    """The current run of every migration whose ledger is in this database."""
    return [_state(row) for row in session.execute(_STATE + " ORDER BY migration")]


def _values(state: RunState) -> tuple[str, int, str, str, str, str, str]:
    return (
        state.migration, state.epoch, state.run_id, state.phase.value, state.serving.value,
        state.replication.value, state.spec_hash,
    )  # fmt: skip


def _state(row: Row) -> RunState:
    migration, run_id, epoch, phase, serving, replication, spec_hash, opened_at = row
    return RunState(
        str(migration),
        str(run_id),
        int(cast(int, epoch)),
        Phase(str(phase)),
        Side(str(serving)),
        Direction(str(replication)),
        str(spec_hash),
        cast(datetime, opened_at),
    )


__all__ = ["Runs", "all_migrations"]
