"""The steps of a migration as functions that a process of its own can be given."""

from __future__ import annotations

from database_migration.ledger import Runs, is_installed
from database_migration.model.migration_state import Direction, Phase
from database_migration.model.report import Verdict
from database_migration.steps.chunked_copy import ChunkedCopyOptions, copy_lane, cut_chunks, finish_copy
from database_migration.steps.cutover import CutoverOptions, cutover
from database_migration.steps.replicate import ReplicateOptions, Until, replicate, start_capture
from database_migration.steps.rollback import RollbackOptions, rollback
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate import ValidateOptions, validate
from database_migration.traffic import Traffic
from integration.live import create_keys, create_tables

QUICK = ReplicateOptions.model_validate({"idle": 0.1, "stint": 2.0, "reconnects": 1, "patience": 300})
COPY = ChunkedCopyOptions.model_validate({"lanes": 2, "chunk_rows": 150, "reconnects": 1})
OVER = CutoverOptions.model_validate({"ramp_hold": 0.05, "reads_ramp": (50,)})


def start(run: MigrationRun) -> None:
    """Capture begins."""
    start_capture(run, QUICK)


def cut(run: MigrationRun) -> None:
    """Chunks are cut."""
    cut_chunks(run, COPY)


def lane(run: MigrationRun, number: int) -> None:
    """One lane of the copy."""
    copy_lane(run, COPY, number)


def end_copy(run: MigrationRun) -> None:
    """Numbering and statistics; the state at the copy's end; keys."""
    finish_copy(run, COPY)
    replicate(run, QUICK, until=Until.COPY_END)


def catch_up(run: MigrationRun) -> None:
    """Replication has little lag, and goes on from here."""
    replicate(run, QUICK, until=Until.CAUGHT_UP)
    with run.current_ledger() as ledger:
        ledger.runs.replicate(Direction.FORWARD)
        ledger.checkpoints.set("validated")


def compare(run: MigrationRun) -> None:
    """Validation, while the application writes."""
    report = validate(run, ValidateOptions.model_validate({"chunk_rows": 500}))
    assert report.verdict is not Verdict.FAILED, report.findings
    assert report.summary["rows_differing"] == 0


def cut_over(run: MigrationRun, traffic: Traffic) -> None:
    """The cutover."""
    cutover(run, OVER, traffic)


def roll_back(run: MigrationRun, traffic: Traffic) -> None:
    """The rollback."""
    rollback(run, RollbackOptions(), traffic)


def stint(run: MigrationRun) -> None:
    """What a run of the replication DAG does."""
    with run.target.connect("look") as session:
        state = Runs(session, run.migration).current() if is_installed(session) else None
    if state is None or state.phase in (Phase.PLAN, Phase.PREPARE) or state.phase.is_over:
        return
    if state.replication is not Direction.OFF:
        replicate(run, QUICK, until=Until.STINT)


__all__ = [
    "catch_up", "compare", "create_keys", "create_tables", "cut", "cut_over", "end_copy", "lane", "roll_back", "start",
    "stint",
]  # fmt: skip
