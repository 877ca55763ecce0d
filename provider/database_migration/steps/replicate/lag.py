"""How far the written side is behind, for whoever does not apply itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from database_migration.errors import NotPossible
from database_migration.ledger import Ledger
from database_migration.model.migration_state import AppliedPosition, Direction, Side
from database_migration.steps.run import MigrationRun


@dataclass(frozen=True, slots=True)
class Lag:
    """Seconds and bytes of log between the two sides."""

    seconds: float
    """0 when the log holds nothing that is not applied; otherwise the time since the last moment of which it is
    known that everything before it is applied: a fraction of a second where an applier idles, growing where none
    is at work. Clocks that differ add to it."""
    bytes: int
    """Log that the read server keeps behind the applied position."""


def lag(run: MigrationRun) -> Lag:
    """The present lag of the direction that is wanted, or that belongs to the side that serves.

    :raises NotPossible: replication has not begun.
    """
    with run.ledger() as ledger:
        state = ledger.runs.current()
        direction = Direction.FORWARD
        if state is not None:
            serving = Direction.FORWARD if state.serving is Side.SOURCE else Direction.REVERSE
            direction = serving if state.replication is Direction.OFF else state.replication
        applied = applied_position(run, ledger, direction)
    if applied is None:
        raise NotPossible(
            f"{direction} replication has not begun.",
            mend="start capture first; the migration's DAG does so before it copies.",
            subject=run.migration,
        )
    log = run.database(direction.reads).change_log
    if applied.position >= log.end():
        return Lag(0.0, 0)
    seconds = float("inf")
    if applied.committed_at is not None:
        known = (
            applied.committed_at.replace(tzinfo=UTC) if applied.committed_at.tzinfo is None else applied.committed_at
        )
        seconds = max(0.0, (datetime.now(UTC) - known).total_seconds())
    return Lag(seconds, log.retained_bytes(run.log_name, applied.position))


def applied_position(run: MigrationRun, ledger: Ledger, direction: Direction) -> AppliedPosition | None:
    """How far a direction is applied, from the database that it writes to."""
    if direction.reads is Side.SOURCE:
        return ledger.positions.get(direction)
    with run.database(direction.reads.other).connect("ledger") as session:
        return run.ledger_over(session, ledger.epoch).positions.get(direction)


__all__ = ["Lag", "applied_position", "lag"]
