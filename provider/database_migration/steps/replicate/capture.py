"""Capture starts before the first chunk is read, so that every later commit lies in the log from there."""

from __future__ import annotations

from collections.abc import Sequence

from database_migration.errors import NotPossible
from database_migration.ledger import Ledger, install
from database_migration.model.migration_state import AppliedPosition, Checkpoint, Direction, Phase, Side
from database_migration.model.report import Finding, Report, ReportTable, Severity, Verdict
from database_migration.steps.known_columns import note_policies
from database_migration.steps.replicate.cascaded import unsettle
from database_migration.steps.replicate.options import ReplicateOptions
from database_migration.steps.replicate.settled import COPY_END_NOTE
from database_migration.steps.run import MigrationRun


def start_capture(run: MigrationRun, options: ReplicateOptions) -> Report:
    """Make the source's log readable and store the position from which changes will be applied.

    Twice is once: the first position stored stays, and capture never loses what it has retained. The control
    schema is created on the source too, where reverse replication will keep its position.

    Where the server has thrown log away that is still needed, capture starts anew, and every table is noted to be
    compared with the source at the copy's end: rows that differ are written again, the rest stays as it was copied.

    :raises NotPossible: log was lost, and the application writes to the target already.
    """
    with run.current_ledger() as ledger:
        with run.source.connect("start capture") as session:
            install(session, run.source.engine.traits.engine)
        note_policies(ledger, options.policies)
        tables = [pair.source.name for pair in run.pairs()]
        log = run.source.change_log
        stored = ledger.positions.get(Direction.FORWARD)
        lost = stored is not None and not log.reaches(run.log_name, stored.position)
        if lost:
            _start_anew(run, ledger, tables)
        position = log.start(run.log_name, run.source.schema, tables)
        if lost:
            ledger.positions.restart(Direction.FORWARD, position)
        begun = ledger.positions.begin(Direction.FORWARD, position)
        if options.during_copy and ledger.notes.get_note(COPY_END_NOTE) is None:
            ledger.runs.replicate(Direction.FORWARD)
        ledger.checkpoints.set(Checkpoint.PREPARED, position=begun.position.text)
    findings = [_lost_finding(run, stored)] if lost and stored is not None else []
    return Report(
        stem="replicate",
        title="Capture started" + (" anew" if lost else ""),
        verdict=Verdict.WARNED if lost else Verdict.PASSED,
        migration=run.migration,
        run_id=run.run_id,
        created_at=run.now(),
        summary={"tables": len(tables), "position": begun.position.text},
        findings=tuple(findings),
        tables=(ReportTable("Tables captured", ("table",), tuple((name,) for name in tables)),),
    )


def _start_anew(run: MigrationRun, ledger: Ledger, tables: Sequence[str]) -> None:
    state = ledger.runs.require_current(run.run_id, run.spec_hash)
    if state.serving is not Side.SOURCE or state.phase not in (Phase.PREPARE, Phase.EXECUTE):
        raise NotPossible(
            "the log that replication needs is gone, and the cutover has begun.",
            mend=f"trigger {run.migration}__rollback and start a new run.",
            subject=run.migration,
        )
    # Noted first: whoever dies after this compares too much and never too little.
    unsettle(ledger, tables)
    run.source.change_log.stop(run.log_name)


def _lost_finding(run: MigrationRun, stored: AppliedPosition) -> Finding:
    return Finding(
        Severity.WARNING,
        "log_lost",
        run.migration,
        f"The source's log no longer reached back to {stored.position}: capture has started anew, and every table is"
        " compared with the source at the copy's end.",
        "Clear reach_copy_end and what comes after it if it has run already; let the server keep its log longer.",
    )


__all__ = ["start_capture"]
