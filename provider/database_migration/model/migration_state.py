"""Where a migration stands: what the ledger keeps and every step consults."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from database_migration.model.log_position import LogPosition


class Phase(StrEnum):
    """The DAG's task groups, in order, and the ways in which a run ends."""

    PLAN = "plan"
    PREPARE = "prepare"
    EXECUTE = "execute"
    CUTOVER = "cutover"
    SOAK = "soak"
    FINALIZED = "finalized"
    ROLLED_BACK = "rolled_back"

    @property
    def is_over(self) -> bool:
        """Whether nothing more can happen to the run."""
        return self in (Phase.FINALIZED, Phase.ROLLED_BACK)


class Side(StrEnum):
    """One of the two databases."""

    SOURCE = "source"
    TARGET = "target"

    @property
    def other(self) -> Side:
        """The side across."""
        return Side.TARGET if self is Side.SOURCE else Side.SOURCE


class Direction(StrEnum):
    """Which way changes flow; OFF: nobody applies."""

    OFF = "off"
    FORWARD = "forward"
    """From the source's log to the target."""
    REVERSE = "reverse"
    """From the target's log to the source."""

    @property
    def reads(self) -> Side:
        """The side whose log is read."""
        return Side.TARGET if self is Direction.REVERSE else Side.SOURCE


class Checkpoint(StrEnum):
    """The places that a run passes and records, in order."""

    PREPARED = "prepared"
    """The target's tables are there and empty; the source's log is kept."""
    COPIED = "copied"
    """All rows are there; keys and indexes are not."""
    VALIDATED = "validated"
    """Keys are there, both sides were compared; nothing of the cutover is in force."""
    CUT_OVER = "cut_over"
    """The application writes to the target."""


RETURNABLE = (Checkpoint.PREPARED, Checkpoint.COPIED, Checkpoint.VALIDATED)
"""Those that a run can go back to and live on, as long as the target never served."""


class CutoverMove(StrEnum):
    """The moves of a cutover, in order; each is recorded before and after."""

    PREFLIGHT = "preflight"
    RAMP_READS = "ramp_reads"
    HOLD_WRITES = "hold_writes"
    FENCE_SOURCE = "fence_source"
    DRAIN = "drain"
    VALIDATE = "validate"
    SEQUENCES = "sequences"
    START_REVERSE = "start_reverse"
    SWITCH = "switch"
    """The only move after which the target is written to by the application."""
    VERIFY = "verify"


@dataclass(frozen=True, slots=True)
class RunState:
    """One run of a migration, as the ledger has it."""

    migration: str
    run_id: str
    epoch: int
    phase: Phase
    serving: Side
    replication: Direction
    spec_hash: str
    opened_at: datetime
    """UTC."""


@dataclass(frozen=True, slots=True)
class AppliedPosition:
    """How far one direction's changes are applied, stored with the data they changed."""

    position: LogPosition
    committed_at: datetime | None
    """UTC; when the last applied transaction was committed on the side that was read."""
    transactions: int
    changes: int


@dataclass(frozen=True, slots=True)
class ChunkLine:
    """A chunk as the ledger has it."""

    table: str
    ordinal: int
    lower: str | None
    upper: str | None
    done: bool
    rows: int
    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class CopyProgress:
    """Rows and chunks of one table."""

    table: str
    chunks: int
    chunks_done: int
    rows: int
    estimated_rows: int
    bytes: int
    seconds: float


__all__ = [
    "RETURNABLE",
    "AppliedPosition",
    "Checkpoint",
    "ChunkLine",
    "CopyProgress",
    "CutoverMove",
    "Direction",
    "Phase",
    "RunState",
    "Side",
]
