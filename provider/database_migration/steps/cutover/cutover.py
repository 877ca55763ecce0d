"""Leads the application from the source to the target; a state machine whose state is the ledger's journal.

Why it can be killed anywhere: every move is written down before and after it is made, can be made again and
can be taken back from the servers' state alone. A try that finds moves in force asks one question, which
side serves. While it is the source, all is taken back and begun anew, because nothing has been written to
the target but by us. Once it is the target, the rest is done; there is no way back but a rollback, which
loses nothing because reverse replication was complete before the switch.

Why no write is lost: writes are held and the source is fenced before the log's end is taken, so all that was
ever committed there lies before that end, and is applied and compared before the switch.
"""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack

from database_migration.errors import MigrationError, NotPossible
from database_migration.model.migration_state import Checkpoint, CutoverMove, Direction, Phase, Side
from database_migration.model.report import Report
from database_migration.steps.cutover.checklist import APPROVAL_NOTE, cutover_checklist
from database_migration.steps.cutover.moves import Move, moves_of, settle_switch
from database_migration.steps.cutover.options import CutoverOptions
from database_migration.steps.cutover.repair import (
    COMMITTED_NOTE,
    WENT_BACK_NOTE,
    Standing,
    go_on_with_target,
    hold_the_stage,
    release_source,
    standing,
    undo_moves,
)
from database_migration.steps.cutover.scene import Attempt, OnMove, Scene
from database_migration.steps.cutover.write_pause import WritePause
from database_migration.steps.paused import require_not_paused
from database_migration.steps.run import MigrationRun
from database_migration.traffic import Traffic

log = logging.getLogger(__name__)


_NOBODY_WAITS = 24 * 3600.0
"""Seconds; offline the application is stopped, and comparing everything may take its time."""
_AFTER_SWITCH = (CutoverMove.SWITCH, CutoverMove.VERIFY)


def _say(move: CutoverMove, state: str) -> None:
    log.info("Cutover: %s %s.", move.value.replace("_", " "), state)


def cutover(
    run: MigrationRun,
    options: CutoverOptions,
    traffic: Traffic,
    *,
    approved_by: str = "",
    on_move: OnMove = _say,
) -> Report:
    """Cut over, or finish or undo what an earlier try left; twice is once.

    :param approved_by: who opened the gate, for the checklist.
    :param on_move: told of every line of the journal.
    :raises Interrupted: writers would have waited longer than ``max_write_pause``, or a server failed; before the
        switch everything is taken back first, so the application goes on with the source.
    :raises Refused: what a person has to mend; taken back likewise.
    :raises Paused: somebody paused replication; nothing has been moved.
    """
    with run.current_ledger() as ledger:
        scene = Scene(run, traffic, ledger)
        hold_the_stage(scene)
        state = ledger.runs.require_current(run.run_id, run.spec_hash)
        if state.phase in (Phase.PLAN, Phase.PREPARE):
            raise NotPossible(
                f"the run is in phase {state.phase}: there is nothing on the target to serve from.",
                mend="let copy and validation finish first.",
                subject=run.migration,
            )
        if ledger.notes.get_note(COMMITTED_NOTE) is not None:
            raise NotPossible(
                "a rollback of this run has begun to open the source and can only go on.",
                mend=f"trigger {run.migration}__rollback again; it finishes what it began.",
                subject=run.migration,
            )
        back = ledger.notes.get_note(WENT_BACK_NOTE)
        if back is not None and Checkpoint.VALIDATED not in ledger.checkpoints.all():
            raise NotPossible(
                f"the run went back to the checkpoint {back}, and what comes after it was not done again up to"
                " the checkpoint validated.",
                mend="clear the tasks that the rollback's report names, and let them end first.",
                subject=run.migration,
            )
        if approved_by:
            ledger.notes.put_note(APPROVAL_NOTE, approved_by)
        limit = options.max_write_pause.total_seconds() if run.online else _NOBODY_WAITS
        attempt = Attempt(scene, options, WritePause(limit))
        stand = standing(scene)
        if stand in (Standing.SWITCHED, Standing.COMPLETE):
            go_on_with_target(scene)
        if stand is Standing.NOT_BEGUN and run.online:
            require_not_paused(ledger)  # by mistake or for a reason: a person has to say that it may go on
        if stand is Standing.BEGUN:
            log.warning("An earlier try left the cutover unfinished; taking it back before beginning anew.")
            undo_moves(scene, on_move=on_move, reason="left by an earlier try")
        if stand in (Standing.BEGUN, Standing.NOT_BEGUN):
            ledger.runs.advance(run.run_id, Phase.CUTOVER)
            _begin_to_end(attempt, on_move)
        elif stand is Standing.SWITCHED:
            log.warning("The target serves already; finishing what an earlier try began.")
            _finish(attempt, on_move)
        return cutover_checklist(run, ledger, findings=attempt.findings, traffic=traffic.describe())


def _begin_to_end(attempt: Attempt, on_move: OnMove) -> None:
    moves = moves_of(online=attempt.run.online)
    try:
        with ExitStack() as stack:
            if attempt.run.online:
                attempt.ledger.runs.replicate(Direction.OFF)
                attempt.applier = stack.enter_context(attempt.scene.applier(Direction.FORWARD, attempt.touched))
            for move in moves:
                if move.name not in _AFTER_SWITCH:
                    _make(attempt, move, on_move)
        attempt.switching = True
        _make(attempt, next(move for move in moves if move.name is CutoverMove.SWITCH), on_move)
    except BaseException as error:
        # Also for a killed task (Airflow raises into it): writers must not wait for the next try.
        _take_back(attempt, error, on_move)
        raise
    _make(attempt, next(move for move in moves if move.name is CutoverMove.VERIFY), on_move)


def _take_back(attempt: Attempt, error: BaseException, on_move: OnMove) -> None:
    """Undo an attempt that failed before the switch, over fresh connections: the old ones may be what failed."""
    scene = attempt.scene
    try:
        with scene.run.ledger() as ledger:
            scene = Scene(scene.run, scene.traffic, ledger)
            stand = standing(scene)
            if stand is Standing.BEGUN:
                log.warning("Cutover: taking everything back (%s).", error)
                undo_moves(scene, on_move=on_move, reason=f"{type(error).__name__}: {error}")
            elif stand is Standing.SWITCHED:
                log.warning("Cutover: the target serves already; the next try finishes (%s).", error)
                scene.traffic.release()
    except MigrationError:
        if attempt.switching and scene.traffic.serving() is not Side.SOURCE:
            raise
        log.exception("Cutover: the ledger cannot be reached; letting the application go on with the source.")
        release_source(scene.run, scene.traffic)
    attempt.pause.end()


def _finish(attempt: Attempt, on_move: OnMove) -> None:
    if attempt.ledger.moves.states().get(CutoverMove.SWITCH) != "done":
        settle_switch(attempt.scene)
        attempt.ledger.moves.done(CutoverMove.SWITCH, repaired=True)
        on_move(CutoverMove.SWITCH, "done")
    verify = next(move for move in moves_of(online=attempt.run.online) if move.name is CutoverMove.VERIFY)
    _make(attempt, verify, on_move)


def _make(attempt: Attempt, move: Move, on_move: OnMove) -> None:
    attempt.ledger.moves.begin(move.name)
    on_move(move.name, "begun")
    begun, paused = time.monotonic(), attempt.pause.milliseconds or 0
    try:
        detail = dict(move.do(attempt))
    finally:
        seconds = time.monotonic() - begun
        attempt.pause.took(move.name.value, ((attempt.pause.milliseconds or 0) - paused) / 1000)
    if attempt.pause.milliseconds is not None:
        detail["writes_paused_ms"] = attempt.pause.milliseconds
    attempt.ledger.moves.done(move.name, seconds=round(seconds, 3), **detail)
    on_move(move.name, "done")


__all__ = ["APPROVAL_NOTE", "cutover"]
