"""Ends reverse replication and takes back what we made on both sides; from here on there is no way back.

The last thing done is raising the epoch, so a try that died half-way is simply made again: everything
before it may be done twice. The ledger stays on the target: it is the migration's record.
"""

from __future__ import annotations

from typing import cast

from database_migration.errors import Interrupted, NotPossible
from database_migration.ledger import Ledger, holds_run, is_installed, leave
from database_migration.model.migration_state import Direction, Phase, RunState, Side
from database_migration.model.report import Finding, Report, Scalar, Severity, verdict_of
from database_migration.steps.chunked_copy import remove_staged
from database_migration.steps.cutover.repair import REVERSE_ENDED_NOTE, hold_the_stage
from database_migration.steps.cutover.reverse_stream import put_triggers_back, triggers_down
from database_migration.steps.cutover.scene import Scene
from database_migration.steps.finalize.checklist import Item, decommission_checklist
from database_migration.steps.finalize.options import FinalizeOptions
from database_migration.steps.quarantine_report import QuarantineState, quarantine_csv
from database_migration.steps.run import MigrationRun
from database_migration.traffic import Traffic


def finalize(run: MigrationRun, options: FinalizeOptions, traffic: Traffic) -> Report:
    """End the migration; a run that is finalized already is reported as it is.

    :raises NotPossible: the target does not serve yet (offline: the copy is not validated yet).
    :raises Interrupted: reverse replication does not reach the log's end; nothing has been ended.
    """
    with run.ledger() as ledger:
        state = ledger.runs.current()
        if state is not None and state.run_id == run.run_id and state.phase is Phase.FINALIZED:
            return _report(run, ledger, traffic, [Item("the run", "finalized before", done=True)], [], {})
        state = ledger.runs.require_current(run.run_id, run.spec_hash)
        scene = Scene(run, traffic, ledger)
        hold_the_stage(scene)
        _require_finalizable(scene, state)
        items, findings, figures = list[Item](), list[Finding](), dict[str, Scalar]()
        serving = traffic.serving()
        if serving is Side.SOURCE and state.serving is Side.TARGET:
            raise NotPossible(
                f"{traffic.describe()} leads to the source, though the target is to serve.",
                mend=f"find out who switched it; lead it to the target, or trigger {run.migration}__rollback.",
                subject=run.migration,
            )
        if run.online:
            figures |= _end_reverse(scene, options, items)
        _leave_source(scene, options, items, findings, fenced=state.serving is Side.TARGET)
        _empty_store(run, ledger, items, findings)
        report = _report(run, ledger, traffic, items, findings, figures)
        ledger.runs.end(run.run_id, Phase.FINALIZED)
        return report


def _require_finalizable(scene: Scene, state: RunState) -> None:
    allowed = (Phase.SOAK,) if scene.run.online else (Phase.EXECUTE, Phase.CUTOVER, Phase.SOAK)
    if state.phase not in allowed:
        raise NotPossible(
            f"the run is in phase {state.phase}: the target does not serve yet.",
            mend="cut over first, and let the migration soak until you are sure of it.",
            subject=scene.run.migration,
        )


def _end_reverse(scene: Scene, options: FinalizeOptions, items: list[Item]) -> dict[str, Scalar]:
    """Apply the target's log to the source a last time, once, then give both logs back."""
    run, notes = scene.run, scene.ledger.notes
    scene.ledger.runs.replicate(Direction.OFF)
    if notes.get_note(REVERSE_ENDED_NOTE) is None:
        try:
            with scene.applier(Direction.REVERSE) as applier:
                applier.catch_up(timeout=options.patience.total_seconds())
                applied = applier.stop()
        except BaseException:
            scene.ledger.runs.replicate(Direction.REVERSE)
            raise
        notes.put_note(
            REVERSE_ENDED_NOTE, {"last_changes_applied": applied.changes, "applied_up_to": applied.position.text}
        )
    figures = cast("dict[str, Scalar]", notes.get_note(REVERSE_ENDED_NOTE))
    items.append(Item("reverse replication", f"applied up to {figures['applied_up_to']}, ended", done=True))
    for side in (Side.TARGET, Side.SOURCE):
        run.database(side).change_log.stop(run.log_name)
        items.append(Item(f"change log of the {side}", "slots and publications given back", done=True))
    return figures


def _leave_source(
    scene: Scene, options: FinalizeOptions, items: list[Item], findings: list[Finding], *, fenced: bool
) -> None:
    run, tables = scene.run, scene.tables(Side.SOURCE)
    held = triggers_down(scene.run)
    with run.source.connect("finalize") as session:
        fence = run.source.engine.fence
        if options.source == "release":
            put_triggers_back(scene.run)
            fence.lower(session, run.source.schema, tables)
            items.append(Item("source", f"fence lowered, {len(held)} triggers put back", done=True))
        elif fenced and tables and not fence.is_up(session, run.source.schema, tables):
            findings.append(
                Finding(
                    Severity.WARNING, "source_open", run.source.schema, "the source takes writes that nobody carries.",
                    "fence it by hand, or stop the old database.",
                )
            )  # fmt: skip
        elif fenced:
            items.append(Item("source", "stays fenced: it can be read, not written", done=True))
        for trigger in held if options.source == "keep_fenced" else ():
            items.append(Item(f"trigger {trigger.name} on {trigger.table}", f"was taken down: {trigger.create}"))
        if is_installed(session) and not holds_run(session, run.migration, run.run_id):
            gone = leave(session, run.migration, run.log_name)
            items.append(Item("control schema on the source", "gone" if gone else "kept, something uses it", done=gone))


def _empty_store(run: MigrationRun, ledger: Ledger, items: list[Item], findings: list[Finding]) -> None:
    """Take away the copy's files; a store that fails by now is no reason to keep the migration open."""
    try:
        place = remove_staged(run, ledger)
    except (Interrupted, NotPossible) as error:
        findings.append(Finding(Severity.WARNING, "store_not_emptied", error.subject or "", error.problem, error.mend))
        return
    if place:
        items.append(Item("the copy's files in the object store", f"gone from {place}", done=True))


def _report(
    run: MigrationRun,
    ledger: Ledger,
    traffic: Traffic,
    items: list[Item],
    findings: list[Finding],
    figures: dict[str, Scalar],
) -> Report:
    reports = ledger.reports.of_run(run.run_id)
    quarantine = QuarantineState.of(ledger.quarantine)
    scripts = [quarantine_csv(ledger.quarantine)] if quarantine.rows else []
    return Report(
        stem="finalize",
        title="Decommission checklist",
        verdict=verdict_of(findings),
        migration=run.migration,
        run_id=run.run_id,
        created_at=run.now(),
        summary={
            "serving": Side.TARGET.value,
            "traffic": traffic.describe(),
            **figures,
            "reports": len(reports),
            "rows_in_quarantine": quarantine.rows,
        },
        findings=tuple(findings),
        tables=(*decommission_checklist(run, items, reports), *quarantine.tables()),
        scripts=scripts,
    )


__all__ = ["finalize"]
