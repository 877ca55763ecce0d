"""Before the switch: the source has served all along, so what we made is taken away and nothing else happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from database_migration.errors import Interrupted, NotPossible
from database_migration.ledger import holds_run, is_installed, leave
from database_migration.model.migration_state import Direction, Side
from database_migration.model.report import Finding, Severity
from database_migration.steps.apply_schema import undo_objects
from database_migration.steps.chunked_copy import remove_staged
from database_migration.steps.cutover.repair import undo_moves
from database_migration.steps.cutover.reverse_stream import put_triggers_back
from database_migration.steps.cutover.scene import Scene
from database_migration.steps.replicate import take_lock
from database_migration.steps.rollback.trace import Trace
from database_migration.steps.wait_for_lock import wait_for_lock


def undo_cutover(scene: Scene, trace: Trace, *, then: Direction) -> None:
    """Take every move of the cutover back; the application goes on with the source, if it ever waited."""
    with trace.step("undo the cutover's moves") as words:
        undone: list[str] = []
        undo_moves(scene, on_move=lambda move, _: undone.append(move.value), reason="rollback", then=then)
        words.append(", ".join(undone) or "none was in force")
    with trace.step("let writes through to the source"):
        scene.traffic.switch(Side.SOURCE)
        scene.traffic.release()
        put_triggers_back(scene.run)
        run = scene.run
        with run.source.connect("fence") as session:
            run.source.engine.fence.lower(session, run.source.schema, scene.tables(Side.SOURCE))


def abandon(scene: Scene, trace: Trace, *, cutover_begun: bool) -> None:
    """Undo the cutover's moves, stop capture and drop what this run created, on both sides.

    Traffic and fence are left alone where no move is in force: a switch that does not answer must not keep a
    run from being given up that never got there.
    """
    if cutover_begun:
        undo_cutover(scene, trace, then=Direction.OFF)
    with appliers_at_rest(scene, trace):
        stop_capture(scene)
    drop_created(scene, trace)
    leave_source(scene, trace)


def drop_created(scene: Scene, trace: Trace) -> None:
    """Drop what this run created on the target, the latest first."""
    with trace.step("drop what this run created on the target") as words:
        dropped = undo_objects(scene.run, scene.ledger, scene.ledger.session)
        trace.figures["objects_dropped"] = len(dropped)
        words.append(f"{len(dropped)} objects")


def empty_store(scene: Scene, trace: Trace) -> list[Finding]:
    """Take away the copy's files; a store that fails must not keep the run from being given up."""
    with trace.step("empty the object store") as words:
        try:
            place = remove_staged(scene.run, scene.ledger)
        except (Interrupted, NotPossible) as error:
            words.append("it fails")
            return [
                Finding(
                    Severity.WARNING, "store_not_emptied", error.subject or "", error.problem,
                    "delete the run's files there by hand.",
                )
            ]  # fmt: skip
        words.append(f"gone from {place}" if place else "nothing was staged")
    return []


def stop_capture(scene: Scene) -> None:
    """Give back slots and publications on both servers; twice is once, and what was never taken is no error."""
    for side in Side:
        scene.run.database(side).change_log.stop(scene.run.log_name)


def leave_source(scene: Scene, trace: Trace) -> None:
    """Remove our lines, and the control schema once it is empty, from the source."""
    run = scene.run
    with trace.step("clear the source's control schema") as words, run.source.connect("rollback") as session:
        if not is_installed(session):
            words.append("there was none")
        elif holds_run(session, run.migration, run.run_id):
            words.append("it is the ledger's own")
        else:
            words.append("gone" if leave(session, run.migration, run.log_name) else "kept, others use it")


@contextmanager
def appliers_at_rest(scene: Scene, trace: Trace) -> Iterator[None]:
    """Replication is not wanted from here on, and nobody applies meanwhile.

    :raises Interrupted: an applier does not end.
    """
    with scene.run.target.connect("rollback") as session:
        with trace.step("stop replication"):
            scene.ledger.runs.replicate(Direction.OFF)
            if not wait_for_lock(lambda: take_lock(session, scene.run.migration)):
                raise Interrupted(
                    "an applier does not let go of the target.",
                    mend="end the replication DAG's running task, then clear this one.",
                    subject=scene.run.migration,
                )
        yield


__all__ = [
    "abandon",
    "appliers_at_rest",
    "drop_created",
    "empty_store",
    "leave_source",
    "stop_capture",
    "undo_cutover",
]
