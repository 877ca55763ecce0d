"""Back to a checkpoint before the switch, where the run lives on; for all its tables or for some of them.

What a checkpoint stands on stays: ``validated`` undoes the cutover's moves, ``copied`` drops also what was built behind
the copy, ``prepared`` empties the tables too. The source's log goes on being kept, and what is applied of it stays
applied, so nothing has to be found out anew.

The checkpoints behind it are forgotten, and so the cutover refuses until the work has been done again and the last of
them is recorded anew. Each part is idempotent: a try that was killed is finished by the next one.
"""

from __future__ import annotations

from collections.abc import Sequence

from database_migration.errors import NotPossible, SpecRefused
from database_migration.ledger import CreatedObject
from database_migration.model.migration_state import RETURNABLE, Checkpoint, Direction, RunState
from database_migration.steps.apply_schema import undo_lines
from database_migration.steps.chunked_copy.forget_copy import empty_tables, forget_table
from database_migration.steps.cutover.repair import WENT_BACK_NOTE
from database_migration.steps.cutover.scene import Scene
from database_migration.steps.rollback.abandon import appliers_at_rest, undo_cutover
from database_migration.steps.rollback.some_tables import objects_of, refuse_after_switch, require_whole_group
from database_migration.steps.rollback.trace import Trace
from database_migration.steps.run import LEFT_OUT_NOTE
from database_migration.steps.schema_compare import expected_target, read_target, remember_target

CLEAR_FROM = {
    Checkpoint.PREPARED: "execute.cut_chunks",
    Checkpoint.COPIED: "execute.apply_schema",
    Checkpoint.VALIDATED: "gate_cutover, or cutover.cutover where there is no such gate,",
}
"""The first task of the DAG that has to run again, by checkpoint."""


def require_reachable(
    scene: Scene, state: RunState, checkpoint: str | None, tables: Sequence[str], *, switched: bool
) -> None:
    """Refuse what cannot be done from where the run stands, before anything is touched.

    :raises SpecRefused: no such checkpoint, or tables that cannot go alone.
    :raises NotPossible: the run has not come so far, or is beyond it.
    """
    run = scene.run
    if switched and tables:
        refuse_after_switch(run, tables)
    if checkpoint is not None:
        _require_checkpoint(scene, state, checkpoint, switched=switched)
    if not tables:
        return
    reached = scene.ledger.checkpoints.all()
    if Checkpoint.PREPARED not in reached:
        raise NotPossible(
            "nothing was made of any table yet.",
            mend="exclude them in the spec (tables: {exclude: […]}) and start a new run.",
            subject=run.migration,
        )
    if checkpoint == Checkpoint.VALIDATED:
        raise SpecRefused(
            "the cutover's moves are made for all tables at once, so they are taken back for all of them.",
            mend="leave the tables out.",
            subject=run.migration,
        )
    require_whole_group(run, run.source.read_schema(), tables)
    if checkpoint is None and set(tables) >= set(scene.tables_selected()):
        raise SpecRefused(
            "these are all tables of the run.", mend="leave them out to roll the run back.", subject=run.migration
        )


def _require_checkpoint(scene: Scene, state: RunState, checkpoint: str, *, switched: bool) -> None:
    reached, run = scene.ledger.checkpoints.all(), scene.run
    listed = [one.value for one in RETURNABLE if one in reached]
    others = f"name {' or '.join(listed)}, or none to go back all the way." if listed else "name none."
    if checkpoint == Checkpoint.CUT_OVER:
        raise NotPossible(
            "cut_over is where the application writes to the target: nothing after it can be taken back by itself.",
            mend="leave the checkpoint out: the rollback then leads the application back to the source, without losing"
            " a write." if switched else others,
            subject=run.migration,
        )  # fmt: skip
    if checkpoint not in [one.value for one in RETURNABLE]:
        raise SpecRefused(f"there is no checkpoint {checkpoint!r}.", mend=others, subject=run.migration)
    if switched:
        raise NotPossible(
            f"the run cannot go back to {checkpoint!r} and live on once the target has served.",
            mend="leave the checkpoint out: the rollback then goes all the way, and a new run starts afresh.",
            subject=run.migration,
        )
    if checkpoint not in reached:
        raise NotPossible(
            f"the run has not reached the checkpoint {checkpoint!r} (phase {state.phase}).",
            mend=others,
            subject=run.migration,
        )
    if checkpoint != Checkpoint.VALIDATED and scene.ledger.checkpoints.last_object(checkpoint) is None:
        raise NotPossible(
            f"an earlier release recorded {checkpoint!r}, without what was there.",
            mend="leave the checkpoint out: the rollback then goes all the way.",
            subject=run.migration,
        )


def back_to_checkpoint(
    scene: Scene, trace: Trace, checkpoint: Checkpoint, tables: Sequence[str], *, cutover_begun: bool
) -> str:
    """Go there; what came of it, in words."""
    ledger, run = scene.ledger, scene.run
    wanted = Direction.FORWARD if checkpoint is Checkpoint.VALIDATED and run.online else Direction.OFF
    if cutover_begun or checkpoint is Checkpoint.VALIDATED:
        undo_cutover(scene, trace, then=wanted)
    if checkpoint is not Checkpoint.VALIDATED:
        ledger.notes.put_note(WENT_BACK_NOTE, checkpoint.value)
        ledger.checkpoints.forget_after(checkpoint)
        with appliers_at_rest(scene, trace):
            _drop_later(scene, trace, checkpoint, tables)
            if checkpoint is Checkpoint.PREPARED:
                with trace.step("empty the target's tables") as words:
                    words.append(f"{empty_tables(run, ledger, tables or scene.tables_selected())} tables")
            remember_target(ledger, expected_target(run, ledger).tables, read_target(run, ledger.session))
    whom = f" for {', '.join(tables)}" if tables else ""
    return (
        f"back at the checkpoint {checkpoint}{whom}: the source serves and its log is kept; clear"
        f" {CLEAR_FROM[checkpoint]} and what follows it"
    )


def leave_out(scene: Scene, trace: Trace, tables: Sequence[str], *, cutover_begun: bool) -> str:
    """Take some tables out of the run: what we made of them is dropped, all the rest goes on as it was."""
    run, ledger = scene.run, scene.ledger
    state = ledger.runs.current()
    before = Direction.OFF if state is None else state.replication
    if cutover_begun:
        undo_cutover(scene, trace, then=Direction.FORWARD if run.online else Direction.OFF)
        before = Direction.FORWARD if run.online else Direction.OFF
    with appliers_at_rest(scene, trace):
        for table in tables:
            ledger.chunks.withdraw(table)
        _drop(scene, trace, objects_of(run, ledger.objects.all(), tables))
        left_out = sorted({*run.selection.left_out, *tables})
        ledger.notes.put_note(LEFT_OUT_NOTE, left_out)
        run.forget_selection()
        for table in tables:
            forget_table(ledger, table)
        if run.online:
            rest = [table.name for table in run.selection.of(run.source.read_schema())]
            run.source.change_log.start(run.log_name, run.source.schema, rest)
    ledger.runs.replicate(before)
    return f"{', '.join(tables)} taken out of the run; the other tables go on, nothing has to be cleared"


def _drop_later(scene: Scene, trace: Trace, checkpoint: Checkpoint, tables: Sequence[str]) -> None:
    ledger = scene.ledger
    # Columns that replication has carried over stay: the changes that filled them are not read again.
    later = ledger.objects.after(ledger.checkpoints.last_object(checkpoint) or 0)
    lines = [line for line in later if line.kind != "column"]
    _drop(scene, trace, objects_of(scene.run, lines, tables) if tables else lines)


def _drop(scene: Scene, trace: Trace, lines: Sequence[CreatedObject]) -> None:
    with trace.step("drop what this run created on the target") as words:
        dropped = undo_lines(scene.run, scene.ledger, scene.ledger.session, lines)
        trace.figures["objects_dropped"] = len(dropped)
        words.append(f"{len(dropped)} objects")


__all__ = ["CLEAR_FROM", "back_to_checkpoint", "leave_out", "require_reachable"]
