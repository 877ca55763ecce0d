"""Removes everything of a rehearsal, whatever became of it; twice is once."""

from __future__ import annotations

import logging
from dataclasses import replace

from database_migration.errors import Interrupted
from database_migration.ledger import Ledger, erase
from database_migration.model.migration_state import Direction, Side
from database_migration.steps.apply_schema import undo_earlier_runs, undo_objects
from database_migration.steps.cutover.reverse_stream import put_triggers_back
from database_migration.steps.cutover.scene import Scene
from database_migration.steps.rehearse.rehearsal import MADE_NOTE, Rehearsal, stage_ledger, take_stage
from database_migration.steps.replicate import take_lock
from database_migration.steps.rollback.abandon import leave_source, stop_capture
from database_migration.steps.rollback.trace import Trace
from database_migration.steps.schema_compare import schema_exists
from database_migration.steps.wait_for_lock import wait_for_lock
from database_migration.traffic import ManualTraffic

log = logging.getLogger(__name__)


def clear_rehearsal(rehearsal: Rehearsal) -> bool:
    """Give back the log, drop the stage's schema, open the clone, and forget it all; whether there was anything.

    The ledger's lines go last, so that a try that was killed is finished by the next one.

    :raises Interrupted: a rehearsal is at work.
    """
    with stage_ledger(rehearsal) as ledger:
        if ledger is None:
            return False
        if not take_stage(rehearsal, ledger.session):
            raise Interrupted(
                "a rehearsal of this migration is at work.",
                mend="let it end, or end its task; then clear this one.",
                subject=rehearsal.run.migration,
            )
        clear_behind(rehearsal, ledger)
    return True


def clear_behind(rehearsal: Rehearsal, ledger: Ledger) -> None:
    """The same, for whoever holds the stage already."""
    run = replace(rehearsal.rehearsed, run_id=ledger.run_id)
    run.forget_selection()
    scene, trace = Scene(run, ManualTraffic(), ledger), Trace()
    exists = schema_exists(ledger.session, rehearsal.schema)
    ledger.runs.replicate(Direction.OFF)
    if not wait_for_lock(lambda: take_lock(ledger.session, run.migration)):
        raise Interrupted(
            "an applier of the rehearsal does not end.",
            mend="end its task, then clear this one.",
            subject=run.migration,
        )
    if rehearsal.cloned:
        _open_clone(scene, exists=exists)
    stop_capture(scene)
    made = ledger.notes.get_note(MADE_NOTE)
    if made == rehearsal.schema and exists:
        ledger.session.execute(rehearsal.base.engine.ddl.drop_schema(rehearsal.schema))
    elif exists:
        undo_objects(run, ledger, ledger.session)
        undo_earlier_runs(run, ledger, ledger.session)
    leave_source(scene, trace)
    erase(ledger.session, run.migration, run.log_name)
    log.info("Nothing of the rehearsal in %s is left.", rehearsal.schema)


def _open_clone(scene: Scene, *, exists: bool) -> None:
    """Lower the fences of both sides and put the clone's triggers back, so that it can be rehearsed with again."""
    put_triggers_back(scene.run)
    for side in Side:
        if side is Side.TARGET and not exists:
            continue
        database = scene.run.database(side)
        present = {table.name for table in database.read_schema().tables}
        with database.connect("fence") as session:
            tables = tuple(name for name in scene.tables(side) if name in present)
            database.engine.fence.lower(session, database.schema, tables)


__all__ = ["clear_behind", "clear_rehearsal"]
