"""What the moves of a cutover, forward and back, work upon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import timedelta

from database_migration.ledger import Ledger
from database_migration.model.migration_state import CutoverMove, Direction, Side
from database_migration.model.report import Finding
from database_migration.model.table_selection import TablePair
from database_migration.steps.cutover.options import CutoverOptions
from database_migration.steps.cutover.write_pause import WritePause
from database_migration.steps.replicate import BackgroundApplier, ReplicateOptions, TouchedRows
from database_migration.steps.run import MigrationRun
from database_migration.steps.wait_for_lock import LOCK_WAIT
from database_migration.traffic import Traffic

QUICK = ReplicateOptions.model_validate({"idle": timedelta(milliseconds=50)})
"""While writers wait, the log tells its position often."""

OnMove = Callable[[CutoverMove, str], None]
"""Told of every line of the journal right after it is written."""


@dataclass(frozen=True, slots=True)
class KnownCatalog(MigrationRun):
    """A run whose catalogs were read before writers began to wait, and are not read again while they do."""

    known: tuple[TablePair, ...] = ()

    @classmethod
    def of(cls, run: MigrationRun) -> KnownCatalog:
        """The run with its catalogs as they are now."""
        return cls(**{field.name: getattr(run, field.name) for field in fields(MigrationRun)}, known=run.pairs())

    def pairs(self) -> tuple[TablePair, ...]:
        """What was read."""
        return self.known


@dataclass(frozen=True, slots=True)
class Scene:
    """All that taking a move back needs; nothing of it is lost with the process."""

    run: MigrationRun
    traffic: Traffic
    ledger: Ledger
    _names: list[str] = field(default_factory=list, repr=False, compare=False)

    def tables(self, side: Side) -> tuple[str, ...]:
        """The selected tables of a side, by the source's catalog; it is read once."""
        names = self.tables_selected()
        if side is Side.SOURCE:
            return names
        return tuple(self.run.selection.target_name(name) for name in names)

    def tables_selected(self) -> tuple[str, ...]:
        """The selected tables by the source's names."""
        if not self._names:
            self._names.extend(table.name for table in self.run.selection.of(self.run.source.read_schema()))
        return tuple(self._names)

    def applier(self, direction: Direction, touched: TouchedRows | None = None) -> BackgroundApplier:
        """An applier of this process; waits until the one that works has ended."""
        return BackgroundApplier(self.run, QUICK, direction, touched=touched, wait=LOCK_WAIT)


@dataclass(slots=True)
class Attempt:
    """One try to cut over."""

    scene: Scene
    options: CutoverOptions
    pause: WritePause
    applier: BackgroundApplier | None = None
    """None once drained, and in a migration without replication."""
    touched: TouchedRows = field(default_factory=TouchedRows)
    """Rows that changed since they were last compared."""
    findings: list[Finding] = field(default_factory=list)
    changes_before_fence: int = 0
    known: MigrationRun | None = None
    """The run with its catalogs as they were right before writes were held."""
    switching: bool = False
    """True from the moment at which the target may begin to serve."""

    @property
    def run(self) -> MigrationRun:
        """The run."""
        return self.scene.run

    @property
    def ledger(self) -> Ledger:
        """Its ledger."""
        return self.scene.ledger

    @property
    def traffic(self) -> Traffic:
        """Its switch."""
        return self.scene.traffic

    @property
    def known_run(self) -> MigrationRun:
        """The run, without reading its catalogs again where they are known."""
        return self.known or self.scene.run

    def applying(self) -> BackgroundApplier:
        """The applier that this move needs."""
        if self.applier is None:
            raise AssertionError("no applier is at work")
        return self.applier


__all__ = ["QUICK", "Attempt", "KnownCatalog", "OnMove", "Scene"]
