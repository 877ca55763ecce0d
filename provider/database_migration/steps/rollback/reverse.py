"""After the switch: the application's writes to the target have flowed to the source; the last of them do so now.

The order is that of the cutover, mirrored: hold, fence the target, drain, compare, and only then open the
source. From the note ``rollback_committed`` on there is no going on with the target: the source may have been
written to, and every later try only finishes.
"""

from __future__ import annotations

import time

from database_migration.errors import Interrupted, MigrationError, NotPossible, ValidationFailed
from database_migration.model.migration_state import Direction, Side
from database_migration.steps.chunked_copy import advance_identities, advance_sequences
from database_migration.steps.cutover.final_check import compare_touched, count_differences, without_values
from database_migration.steps.cutover.repair import COMMITTED_NOTE
from database_migration.steps.cutover.reverse_stream import put_triggers_back
from database_migration.steps.cutover.scene import KnownCatalog, Scene
from database_migration.steps.cutover.write_pause import WritePause
from database_migration.steps.replicate import BackgroundApplier, TouchedRows
from database_migration.steps.rollback.abandon import stop_capture
from database_migration.steps.rollback.options import RollbackOptions
from database_migration.steps.rollback.trace import Trace


def reverse(scene: Scene, options: RollbackOptions, trace: Trace) -> None:
    """Bring the application back to the source without losing a write.

    :raises Interrupted: writers would have waited too long; the target goes on serving.
    :raises ValidationFailed: the source does not equal the target; likewise.
    """
    if not scene.run.online:
        raise NotPossible(
            "the target has served without reverse replication (strategy offline): its writes are not on the source.",
            mend="migrate back from the target as a migration of its own, or restore and replay by hand.",
            subject=scene.run.migration,
        )
    pause = WritePause(options.max_write_pause.total_seconds())
    if scene.ledger.notes.get_note(COMMITTED_NOTE) is None:
        try:
            _until_equal(scene, options, trace, pause)
        except BaseException as error:
            _go_on_with_target(scene, error)
            raise
    _open_source(scene, options, trace)
    pause.end()
    trace.figures["writes_paused_ms"] = pause.milliseconds


def _until_equal(scene: Scene, options: RollbackOptions, trace: Trace, pause: WritePause) -> None:
    run, touched = scene.run, TouchedRows()
    scene.ledger.runs.replicate(Direction.OFF)
    with scene.applier(Direction.REVERSE, touched) as applier:
        with trace.step("catch up"):
            _nearly_caught_up(scene, options, applier)
        known = KnownCatalog.of(run)
        scene.tables(Side.TARGET)
        with trace.step("hold writes"):
            pause.begin()
            scene.traffic.hold(timeout=pause.left())
        with trace.step("fence the target") as words, run.target.connect("fence") as session:
            outcome = run.target.engine.fence.raise_(
                session, run.target.schema, scene.tables(Side.TARGET), timeout=pause.left()
            )
            words.append(f"{outcome.tables} tables, {outcome.sessions_ended} sessions ended")
        with trace.step("drain") as words:
            applier.catch_up(timeout=pause.left())
            applied = applier.stop()
            words.append(f"up to {applied.position}")
    with trace.step("compare") as words:
        rows, differing = pause.within("comparing changed rows", lambda: compare_touched(known, touched, Side.TARGET))
        if options.final_counts:
            differing += pause.within("counting rows", lambda: count_differences(known, written_back=True))[1]
        words.append(f"{rows} rows, {len(differing)} differences")
        if differing:
            raise ValidationFailed(
                f"the source does not hold what the target holds: {without_values(differing)}.",
                mend="the target goes on serving; run validate for the rows and mend the source, then roll back again.",
                subject=run.migration,
            )
        trace.figures["rows_compared"], trace.figures["rows_differing"] = rows, 0
    with trace.step("move the source's generated numbers"):
        advance_identities(run, Side.SOURCE)
        advance_sequences(run, Side.SOURCE)
    pause.left()
    scene.ledger.notes.put_note(COMMITTED_NOTE, {"at": run.now().isoformat()})
    trace.on_step("committed")


def _open_source(scene: Scene, options: RollbackOptions, trace: Trace) -> None:
    run = scene.run
    with trace.step("open the source") as words, run.source.connect("fence") as session:
        words.append(f"{put_triggers_back(scene.run)} triggers put back")
        run.source.engine.fence.lower(session, run.source.schema, scene.tables(Side.SOURCE))
    with trace.step("switch traffic to the source"):
        scene.traffic.switch(Side.SOURCE)
        scene.ledger.runs.serve_from(Side.SOURCE)
        if scene.traffic.ramps_reads:
            scene.traffic.ramp_reads(0)
        scene.traffic.release()
    with trace.step("stop reverse replication"):
        stop_capture(scene)
    if options.target == "release":
        with trace.step("release the target"):
            _lower_target(scene)


def _go_on_with_target(scene: Scene, error: BaseException) -> None:
    """Take back what was done so far, over fresh connections; what fails is left to the next try."""
    try:
        with scene.run.ledger() as ledger:
            if ledger.notes.get_note(COMMITTED_NOTE) is not None:
                return
            _lower_target(scene)
            scene.traffic.release()
            ledger.runs.replicate(Direction.REVERSE)
    except MigrationError as second:
        raise Interrupted(
            f"the rollback failed ({error}) and could not be taken back ({second}).",
            mend="see to the servers named and clear the task at once: the application may be waiting.",
            subject=scene.run.migration,
        ) from error


def _lower_target(scene: Scene) -> None:
    run = scene.run
    with run.target.connect("fence") as session:
        run.target.engine.fence.lower(session, run.target.schema, scene.tables(Side.TARGET))


def _nearly_caught_up(scene: Scene, options: RollbackOptions, applier: BackgroundApplier) -> None:
    deadline = time.monotonic() + options.patience.total_seconds()
    while True:
        begun = time.monotonic()
        applier.catch_up(timeout=max(deadline - begun, 0.1))
        if time.monotonic() - begun <= options.max_lag_before_fence.total_seconds():
            return
        if time.monotonic() >= deadline:
            raise Interrupted(
                "reverse replication does not catch up.",
                mend="raise max_lag_before_fence, or roll back when the application writes less; the target serves.",
                subject=scene.run.migration,
            )


__all__ = ["reverse"]
