"""The rollback report: what was done, what had failed, and where the data stand."""

from __future__ import annotations

from collections.abc import Sequence

from database_migration.errors import MigrationError
from database_migration.ledger import Ledger
from database_migration.model.migration_state import Direction
from database_migration.model.report import Finding, Report, ReportScript, ReportTable, Scalar, verdict_of
from database_migration.steps.replicate import applied_position
from database_migration.steps.rollback.failure import FailureFacts
from database_migration.steps.rollback.playbook import PLAYBOOK
from database_migration.steps.rollback.trace import Trace
from database_migration.steps.run import MigrationRun

Rows = tuple[tuple[Scalar, ...], ...]


def data_state(run: MigrationRun, ledger: Ledger) -> ReportTable:
    """Rows copied, changes applied either way and the journal's last lines, as the ledger has them before the end."""
    copied = ledger.chunks.progress()
    rows: list[tuple[Scalar, ...]] = [
        ("rows copied", sum(table.rows for table in copied)),
        ("chunks copied", f"{sum(t.chunks_done for t in copied)} of {sum(t.chunks for t in copied)}"),
    ]
    for direction in (Direction.FORWARD, Direction.REVERSE):
        try:
            applied = applied_position(run, ledger, direction)
        except MigrationError:
            applied = None  # no control schema on the source: nothing was ever reversed
        if applied is not None:
            rows.append((f"changes applied {direction}", applied.changes))
            rows.append((f"transactions applied {direction}", applied.transactions))
            rows.append((f"applied {direction} up to", applied.position.text))
    state = ledger.runs.current()
    rows.append(("phase", None if state is None else state.phase.value))
    rows.append(("side that served", None if state is None else state.serving.value))
    rows.append(("checkpoints", ", ".join(ledger.checkpoints.all()) or "none"))
    rows += [(f"cutover: {move.value}", word) for move, word in ledger.moves.states().items()]
    return ReportTable("State of the data when the rollback began", ("what", "value"), tuple(rows))


def rollback_report(
    run: MigrationRun,
    trace: Trace,
    *,
    outcome: str,
    findings: Sequence[Finding] = (),
    failure: FailureFacts | None = None,
    state: ReportTable | None = None,
    remains: Rows = (),
) -> Report:
    """The report of a rollback that is through."""
    tables = [
        ReportTable("What was done", ("step", "seconds", "outcome"), tuple(trace.lines)),
        *_analysis(failure),
        *([state] if state else []),
        ReportTable(
            "What remains on the target",
            ("side", "kind", "object"),
            remains,
            note="" if remains else "Nothing of this run.",
        ),
        PLAYBOOK,
    ]
    return Report(
        stem="rollback",
        title="Rollback report",
        verdict=verdict_of(findings),
        migration=run.migration,
        run_id=run.run_id,
        created_at=run.now(),
        summary={
            "outcome": outcome,
            **trace.figures,
            "seconds": trace.seconds,
            "reason": (failure.reason if failure else "") or None,
        },
        findings=tuple(findings),
        tables=tuple(tables),
        scripts=_log_lines(failure),
    )


def remaining(ledger: Ledger) -> Rows:
    """Objects of the run that were not dropped."""
    return tuple((line.side.value, line.kind, line.subject) for line in ledger.objects.all())


def _analysis(failure: FailureFacts | None) -> list[ReportTable]:
    if failure is None or not failure.tasks:
        return []
    others = [task for task in failure.tasks if task not in failure.culprits]
    # What never began for another's failure tells nothing; where nothing failed by itself, it is all that is known.
    shown = failure.culprits or failure.tasks
    rows = tuple((task.task_id, task.state, task.lines[-1] if task.lines else "") for task in shown)
    words = ", ".join(task.task_id for task in failure.culprits) or "no task by itself"
    left = f" Not begun because of that, or not finished: {len(others)} tasks." if others and failure.culprits else ""
    return [ReportTable("What failed", ("task", "state", "why"), rows, note=f"Failed by itself: {words}.{left}")]


def _log_lines(failure: FailureFacts | None) -> tuple[ReportScript, ...]:
    return tuple(
        ReportScript(f"Last log lines of {task.task_id}", "\n".join(task.lines), language="text")
        for task in (failure.tasks if failure else ())
        if task.lines
    )


__all__ = ["data_state", "remaining", "rollback_report"]
