"""Where a cutover stands after whatever happened to it, and how it is taken back."""

from __future__ import annotations

import logging
from enum import StrEnum

from database_migration.errors import Interrupted, MigrationError
from database_migration.model.migration_state import CutoverMove, Direction, Side
from database_migration.steps.cutover.moves import moves_of
from database_migration.steps.cutover.reverse_stream import put_triggers_back
from database_migration.steps.cutover.scene import OnMove, Scene
from database_migration.steps.run import MigrationRun
from database_migration.steps.wait_for_lock import wait_for_lock
from database_migration.traffic import Traffic

log = logging.getLogger(__name__)

COMMITTED_NOTE = "rollback_committed"
"""The ledger's note from which on a rollback only goes on: the source may have been opened."""
WENT_BACK_NOTE = "went_back_to"
"""The ledger's note of the checkpoint before ``validated`` that a rollback went back to."""
REVERSE_ENDED_NOTE = "reverse_ended"
"""The ledger's note from which on finalize only goes on: the target's log is given back."""


class Standing(StrEnum):
    """What the journal and the traffic say together."""

    NOT_BEGUN = "not_begun"
    """No move is in force."""
    BEGUN = "begun"
    """Moves are in force, the source serves."""
    SWITCHED = "switched"
    """The target serves, or may have served for a moment."""
    COMPLETE = "complete"


def standing(scene: Scene) -> Standing:
    """Read the journal; only an open SWITCH needs the traffic's own word.

    A switch that cannot tell (``None``) counts as made: the source's fence is up, so going forward loses
    nothing, while going back might.
    """
    states = scene.ledger.moves.states()
    if states.get(CutoverMove.VERIFY) == "done":
        return Standing.COMPLETE
    switch = states.get(CutoverMove.SWITCH)
    state = scene.ledger.runs.current()
    if switch == "done" or (state is not None and state.serving is Side.TARGET):
        return Standing.SWITCHED
    if switch == "begun" and scene.traffic.serving() is not Side.SOURCE:
        return Standing.SWITCHED
    in_force = any(state in ("begun", "done") for state in states.values())
    return Standing.BEGUN if in_force else Standing.NOT_BEGUN


def undo_moves(scene: Scene, *, on_move: OnMove, reason: str = "", then: Direction = Direction.FORWARD) -> None:
    """Take back every move that is in force, the last first, then let replication go on.

    A move that cannot be taken back does not keep the others from it; the first error is raised at the end,
    and the next try takes back what is left.

    :param then: the replication that is wanted afterwards.
    """
    first: MigrationError | None = None
    states = scene.ledger.moves.states()
    for move in reversed(moves_of(online=scene.run.online)):
        if states.get(move.name) not in ("begun", "done"):
            continue
        try:
            move.undo(scene)
        except MigrationError as error:
            log.exception("The move %s could not be taken back.", move.name)
            first = first or error
            continue
        scene.ledger.moves.undone(move.name, reason=reason)
        on_move(move.name, "undone")
    if scene.run.online:
        scene.ledger.runs.replicate(then)
    if first is not None:
        raise first


def go_on_with_target(scene: Scene) -> None:
    """Let writers write to the target, whatever a rollback that was killed before it was committed had begun."""
    run = scene.run
    tables = scene.tables(Side.TARGET)
    with run.target.connect("fence") as session:
        run.target.engine.fence.lower(session, run.target.schema, tables)
    scene.traffic.release()
    if run.online and scene.ledger.notes.get_note(REVERSE_ENDED_NOTE) is None:
        scene.ledger.runs.replicate(Direction.REVERSE)


def release_source(run: MigrationRun, traffic: Traffic) -> None:
    """Let the application go on with the source while the ledger cannot be reached.

    Only for a migration whose target has never served: the caller knows that. The journal keeps its open
    lines, so the next try takes all of it back again and does the rest.
    """
    tables = tuple(table.name for table in run.declared.of(run.source.read_schema()))  # the ledger may be away
    put_triggers_back(run)
    with run.source.connect("fence") as session:
        run.source.engine.fence.lower(session, run.source.schema, tables)
    traffic.switch(Side.SOURCE)
    if traffic.ramps_reads:
        traffic.ramp_reads(0)
    traffic.release()


def hold_the_stage(scene: Scene) -> None:
    """Keep cutover, rollback and finalize of one migration from working at the same time, for this session's life.

    :raises Interrupted: another one is at work.
    """
    name = f"database_migration:{scene.run.migration}:cutover"
    if not wait_for_lock(lambda: scene.ledger.session.try_lock(name)):
        raise Interrupted(
            "another cutover, rollback or finalize of this migration is at work.",
            mend="let it end; the task tries again.",
            subject=scene.run.migration,
        )


__all__ = [
    "COMMITTED_NOTE",
    "REVERSE_ENDED_NOTE",
    "WENT_BACK_NOTE",
    "Standing",
    "go_on_with_target",
    "hold_the_stage",
    "release_source",
    "standing",
    "undo_moves",
]
