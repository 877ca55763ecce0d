"""The ledger: all that is stored so that a run resumes, in the control schema ``database_migration``.

It lives on the target, so that a chunk's rows and its line, an applied transaction and its position,
commit together. A second copy of the schema on the source holds the position of reverse replication. This
package is the only writer of either.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from database_migration.engines.protocol import Session
from database_migration.errors import NotPossible
from database_migration.ledger.chunks import Chunks
from database_migration.ledger.controls import Controls, Lanes
from database_migration.ledger.moves import Checkpoints, MoveLine, Moves
from database_migration.ledger.notes import Notes, ReportLine, ReportLines
from database_migration.ledger.objects import CreatedObject, Objects
from database_migration.ledger.positions import Positions
from database_migration.ledger.quarantine import Quarantine, QuarantinedRow
from database_migration.ledger.runs import Runs, all_migrations
from database_migration.ledger.seam import ANY_CHUNK, Chunk, Seam, StaleRow
from database_migration.ledger.uninstall import erase, holds_run, leave
from database_migration.ledger.watch import Watch, WatchedChunk, WatchedRow

CONTROL_SCHEMA = "database_migration"


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of one run, over one session; parts by subject."""

    session: Session
    migration: str
    run_id: str
    epoch: int

    @property
    def runs(self) -> Runs:
        """Runs, epochs, phases."""
        return Runs(self.session, self.migration)

    @property
    def chunks(self) -> Chunks:
        """Key ranges to copy."""
        return Chunks(self.session, self.migration, self.epoch)

    @property
    def seam(self) -> Seam:
        """Where copy and log meet while both are at work."""
        return Seam(self.session, self.migration, self.epoch)

    @property
    def positions(self) -> Positions:
        """How far changes are applied."""
        return Positions(self.session, self.migration, self.epoch)

    @property
    def objects(self) -> Objects:
        """What we created."""
        return Objects(self.session, self.migration, self.epoch)

    @property
    def moves(self) -> Moves:
        """The cutover's journal."""
        return Moves(self.session, self.migration, self.epoch)

    @property
    def checkpoints(self) -> Checkpoints:
        """Places to roll back to."""
        return Checkpoints(self.session, self.migration, self.epoch)

    @property
    def notes(self) -> Notes:
        """Small facts by name."""
        return Notes(self.session, self.migration, self.epoch)

    @property
    def quarantine(self) -> Quarantine:
        """Rows that the target cannot hold."""
        return Quarantine(self.session, self.migration, self.epoch, self.run_id)

    @property
    def watch(self) -> Watch:
        """What was compared when, round and round, and the rows that differed."""
        return Watch(self.session, self.migration, self.epoch)

    @property
    def controls(self) -> Controls:
        """What people told the run."""
        return Controls(self.session, self.migration, self.epoch)

    @property
    def lanes(self) -> Lanes:
        """What the copy's lanes are doing."""
        return Lanes(self.session, self.migration, self.epoch)

    @property
    def reports(self) -> ReportLines:
        """Where reports were filed."""
        return ReportLines(self.session, self.migration, self.epoch)


def install(session: Session, engine: str) -> None:
    """Create the control schema where it is missing; ``engine`` is the session's ``Traits.engine``."""
    script = files(__package__).joinpath("schema", f"{engine}.sql").read_text(encoding="utf-8")
    without_comments = "\n".join(line for line in script.splitlines() if not line.startswith("--"))
    for statement in without_comments.split(";"):
        if statement.strip():
            session.execute(statement)


def is_installed(session: Session) -> bool:
    """Whether this database holds a control schema that the session may see."""
    return bool(
        session.execute(
            "SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_name = %s",
            (CONTROL_SCHEMA, "migration"),
        )
    )


def open_ledger(session: Session, migration: str, run_id: str) -> Ledger:
    """The ledger of a run that was opened before.

    :raises NotPossible: no such run was ever opened.
    """
    for known, epoch, _ in Runs(session, migration).history():
        if known == run_id:
            return Ledger(session, migration, run_id, epoch)
    raise NotPossible(
        f"run {run_id} is not in the ledger.",
        mend="trigger the migration's DAG; its first step (preflight) opens the run.",
        subject=migration,
    )


__all__ = [
    "ANY_CHUNK",
    "CONTROL_SCHEMA",
    "Checkpoints",
    "Chunk",
    "Chunks",
    "Controls",
    "CreatedObject",
    "Lanes",
    "Ledger",
    "MoveLine",
    "Moves",
    "Notes",
    "Objects",
    "Positions",
    "Quarantine",
    "QuarantinedRow",
    "ReportLine",
    "ReportLines",
    "Runs",
    "Seam",
    "StaleRow",
    "Watch",
    "WatchedChunk",
    "WatchedRow",
    "all_migrations",
    "erase",
    "holds_run",
    "install",
    "is_installed",
    "leave",
    "open_ledger",
]
