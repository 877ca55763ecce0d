"""Reverse replication, from the target's log to the source: made ready before the switch, or taken back.

The user's triggers on the source fired already when the application wrote to the target under triggers of
its own; where the source's engine would fire them again for applied changes, they are taken down. Their
statements are stored before the first is dropped, and on the source: there they are at hand when the target is down.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import cast

from database_migration.engines.protocol import TriggerSource
from database_migration.errors import Interrupted
from database_migration.ledger import Notes, install, is_installed
from database_migration.model.log_position import LogPosition
from database_migration.model.migration_state import Direction, Side
from database_migration.steps.cutover.scene import QUICK, Scene
from database_migration.steps.replicate import Applied, Applier
from database_migration.steps.run import MigrationRun

TRIGGERS_NOTE = "triggers_down"


def prepare_reverse(scene: Scene) -> LogPosition:
    """Open the target's log and the source's control schema while writers still write: both may take a while."""
    run = scene.run
    with run.source.connect("prepare reverse") as session:
        install(session, run.source.engine.traits.engine)
    return run.target.change_log.start(run.log_name, run.target.schema, scene.tables(Side.TARGET))


def start_reverse(scene: Scene) -> LogPosition:
    """Store the position from which the target's changes are applied, and hold the source's triggers.

    To be called when nothing writes to the source and all of it is applied.
    """
    run = scene.run
    with run.source.connect("start reverse") as session:
        run.source.engine.writer.prepare(session, run.log_name)
        tables = scene.tables(Side.SOURCE)
        triggers = run.source.engine.triggers.needed(session, run.source.schema, tables)
        if triggers:
            known = {trigger.name: trigger for trigger in triggers_down(run)}
            known.update({trigger.name: trigger for trigger in triggers})
            notes = run.ledger_over(session, scene.ledger.epoch).notes
            notes.put_note(TRIGGERS_NOTE, [asdict(trigger) for trigger in known.values()])
            run.source.engine.triggers.take_down(session, run.source.schema, triggers)
        position = run.target.change_log.start(run.log_name, run.target.schema, scene.tables(Side.TARGET))
        positions = run.ledger_over(session, scene.ledger.epoch).positions
        stored = positions.begin(Direction.REVERSE, position)
        if stored.position != position:
            # Left by a try that was undone: what lies before this position came from the source itself.
            positions.move(Direction.REVERSE, position, committed_at=None, transactions=0, changes=0)
    return position


def probe_reverse(run: MigrationRun, *, timeout: float) -> None:
    """Read the target's log and write to the fenced source once, as the reverse applier will.

    :raises Interrupted: no heartbeat came through in time.
    """
    deadline = time.monotonic() + timeout
    with Applier(run, QUICK, Direction.REVERSE, obeys=False, wait=timeout) as applier:
        before = applier.applied

        def through(applied: Applied) -> bool:
            if applied is not before:
                return True
            if time.monotonic() < deadline:
                return False
            raise Interrupted(
                f"nothing of the target's log came through within {timeout:.1f} s.",
                mend="see that the target's log settings and the user's privileges are as preflight wants them,"
                " then clear the task.",
                subject=run.migration,
            )

        applier.apply_until(through)


def triggers_down(run: MigrationRun) -> tuple[TriggerSource, ...]:
    """The source's triggers that are held."""
    with run.source.connect("triggers") as session:
        stored = Notes.latest(session, run.migration, TRIGGERS_NOTE) if is_installed(session) else None
    lines = cast("Sequence[dict[str, str]]", stored or ())
    return tuple(TriggerSource(line["name"], line["table"], line["create"]) for line in lines)


def put_triggers_back(run: MigrationRun) -> int:
    """Create the held triggers that are missing, and forget them; how many were held."""
    held = triggers_down(run)
    if held:
        with run.source.connect("triggers") as session:
            run.source.engine.triggers.put_back(session, run.source.schema, held)
            Notes.erase(session, run.migration, TRIGGERS_NOTE)
    return len(held)


__all__ = [
    "TRIGGERS_NOTE",
    "prepare_reverse",
    "probe_reverse",
    "put_triggers_back",
    "start_reverse",
    "triggers_down",
]
