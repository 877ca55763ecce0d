"""What was planned, before it is put into words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from database_migration.steps.plan.estimate import Estimate
from database_migration.steps.plan.openings import Opening
from database_migration.steps.plan.probe import Probe
from database_migration.steps.plan.rehearsed import Tries
from database_migration.steps.plan.seconds import Seconds, spoken
from database_migration.steps.plan.volumes import TableVolume
from database_migration.steps.schema_compare import ExpectedSchema


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A place to go back from, and what that costs."""

    name: str
    holds: str
    going_back: str
    cost: str


@dataclass(frozen=True, slots=True)
class ExecutionPlan:
    """Order, volumes, times and windows of one run."""

    made_at: datetime
    """UTC; what every time of the plan counts from."""
    expected: ExpectedSchema
    volumes: list[TableVolume]
    measured: Probe
    lanes: int
    writes: float | None
    """Rows a second on the source; None where nothing is replicated or nothing was observed."""
    estimate: Estimate | None
    openings: dict[str, Opening]
    """By what the window is for; only where there is an estimate."""
    rehearsals: Tries = ()

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(volume.rows for volume in self.volumes)

    @property
    def bytes(self) -> int:
        """Bytes of all tables on the source."""
        return sum(volume.bytes for volume in self.volumes)

    @property
    def chunks(self) -> int:
        """Chunks of all tables."""
        return sum(volume.chunks for volume in self.volumes)

    @property
    def counted(self) -> str:
        """How rows are known: ``counted``, ``estimated`` or ``partly counted``."""
        counted = sum(volume.counted for volume in self.volumes if volume.rows)
        if counted == sum(1 for volume in self.volumes if volume.rows):
            return "counted"
        return "partly counted" if counted else "estimated"

    @property
    def ready(self) -> Seconds | None:
        """From the plan's approval until the cutover can be asked for; None where nothing was measured."""
        return None if self.estimate is None else self.estimate.total


def checkpoints(made: ExecutionPlan, *, online: bool, write_pause: float) -> list[Checkpoint]:
    """The places to go back from, in the order in which they are reached."""
    again = "unknown" if made.ready is None else str(made.ready)
    pause = f"one pause for writers, {spoken(write_pause)} at most; no write is lost"
    lost = "what the target took since; nothing is replicated back offline"
    return [
        Checkpoint("planned", "only the ledger exists on the target", "nothing is to be done", "nothing"),
        Checkpoint(
            "prepared",
            "the target's tables exist" + (", and the change log is kept from here on" if online else ""),
            "all the way: what we made is dropped; some tables can be taken out. The application notices nothing",
            "nothing",
        ),
        Checkpoint(
            "copied",
            "all rows are there, keys and indexes are not",
            "all the way, or to prepared; some tables can be emptied and copied again",
            "the rows have to be copied again",
        ),
        Checkpoint(
            "validated",
            "rows are copied" + (", changes are applied" if online else "") + ", both sides are compared",
            "all the way, to prepared, or to copied (keys and indexes are dropped); some tables can be taken out",
            f"the work so far has to be done again: {again}",
        ),
        Checkpoint(
            "cut_over",
            "the application writes to the target",
            "reverse replication has kept the source up to date; traffic goes back" if online else "refused",
            f"{pause}; the work so far has to be done again: {again}" if online else lost,
        ),
        Checkpoint(
            "finalized",
            "reverse replication has ended, what we made is removed",
            "refused; a migration from the target to the source is one of its own",
            f"about as long as this one: {again}",
        ),
    ]


__all__ = ["Checkpoint", "ExecutionPlan", "checkpoints"]
