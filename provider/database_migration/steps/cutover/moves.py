"""The moves of a cutover. Each may be made or taken back again and again; none trusts what it did before.

``do`` returns what the journal keeps of it. ``undo`` works from the ledger and the servers alone, because the
process that made the move may be gone.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import ClassVar, Protocol

from database_migration.errors import Interrupted, ValidationFailed
from database_migration.model.migration_state import Checkpoint, CutoverMove, Direction, Phase, Side
from database_migration.steps.chunked_copy import advance_identities, advance_sequences
from database_migration.steps.cutover.final_check import (
    compare_everything,
    compare_in_flight,
    compare_touched,
    count_differences,
    require_waived,
    without_values,
)
from database_migration.steps.cutover.preflight import check_before
from database_migration.steps.cutover.reverse_stream import (
    prepare_reverse,
    probe_reverse,
    put_triggers_back,
    start_reverse,
)
from database_migration.steps.cutover.scene import Attempt, KnownCatalog, Scene
from database_migration.steps.cutover.verify import verify_target
from database_migration.steps.cutover.waiting_triggers import create_waiting_triggers, drop_waiting_triggers
from database_migration.steps.replicate import TouchedRows

Detail = Mapping[str, object]

_FEW_ROWS = 1000
_ROUNDS = 5


class Move(Protocol):
    """One move, forward and back."""

    name: ClassVar[CutoverMove]

    def do(self, attempt: Attempt) -> Detail:
        """Make it."""
        ...

    def undo(self, scene: Scene) -> None:
        """Take it back, whether it was made in full, in part or not at all."""
        ...


class Preflight:
    """Everything that can be found out, or made ready, while writers still write."""

    name: ClassVar[CutoverMove] = CutoverMove.PREFLIGHT

    def do(self, attempt: Attempt) -> Detail:
        detail = check_before(attempt)
        if attempt.run.online:
            return {**detail, "reverse_log": prepare_reverse(attempt.scene).text}
        return detail

    def undo(self, scene: Scene) -> None:
        if scene.run.online:
            scene.run.target.change_log.stop(scene.run.log_name)


class RampReads:
    """A growing share of the reads goes to the target."""

    name: ClassVar[CutoverMove] = CutoverMove.RAMP_READS

    def do(self, attempt: Attempt) -> Detail:
        if not attempt.traffic.ramps_reads:
            return {"skipped": f"{attempt.traffic.describe()} knows no shares"}
        for percent in attempt.options.reads_ramp:
            attempt.traffic.ramp_reads(percent)
            until = time.monotonic() + attempt.options.ramp_hold.total_seconds()
            while (left := until - time.monotonic()) > 0:
                time.sleep(min(0.5, left))
                if attempt.applier is not None:
                    _ = attempt.applier.applied  # raises what stopped it
                attempt.ledger.runs.require_current(attempt.run.run_id, attempt.run.spec_hash)
        return {"percent": list(attempt.options.reads_ramp)}

    def undo(self, scene: Scene) -> None:
        if scene.traffic.ramps_reads:
            scene.traffic.ramp_reads(0)


class HoldWrites:
    """New writes wait; from here on the pause is measured."""

    name: ClassVar[CutoverMove] = CutoverMove.HOLD_WRITES

    def do(self, attempt: Attempt) -> Detail:
        _nearly_caught_up(attempt)
        _compare_most(attempt)
        attempt.known = KnownCatalog.of(attempt.run)
        attempt.scene.tables(Side.SOURCE)
        lag = _nearly_caught_up(attempt)
        attempt.pause.begin()
        attempt.traffic.hold(timeout=attempt.pause.left())
        return {"catching_up_took_seconds": lag, "held": attempt.traffic.holds_writes}

    def undo(self, scene: Scene) -> None:
        scene.traffic.release()


class FenceSource:
    """Nobody but our applier can write to the source."""

    name: ClassVar[CutoverMove] = CutoverMove.FENCE_SOURCE

    def do(self, attempt: Attempt) -> Detail:
        run = attempt.run
        if attempt.applier is not None:
            attempt.changes_before_fence = attempt.applier.applied.changes
        with run.source.connect("fence") as session:
            timeout = min(attempt.pause.left(), attempt.options.max_write_pause.total_seconds())
            outcome = run.source.engine.fence.raise_(
                session, run.source.schema, attempt.scene.tables(Side.SOURCE), timeout=timeout
            )
        return {"tables": outcome.tables, "sessions_ended": outcome.sessions_ended}

    def undo(self, scene: Scene) -> None:
        run = scene.run
        with run.source.connect("fence") as session:
            run.source.engine.fence.lower(session, run.source.schema, scene.tables(Side.SOURCE))


class Drain:
    """All that was committed on the source is applied; nobody applies any more."""

    name: ClassVar[CutoverMove] = CutoverMove.DRAIN

    def do(self, attempt: Attempt) -> Detail:
        applier = attempt.applying()
        applier.catch_up(timeout=attempt.pause.left())
        applied = applier.stop()
        attempt.applier = None
        return {"changes": applied.changes - attempt.changes_before_fence, "position": applied.position.text}

    def undo(self, scene: Scene) -> None:
        """What is applied stays applied."""


class Validate:
    """What changed since it was last compared is equal, and so are all counts."""

    name: ClassVar[CutoverMove] = CutoverMove.VALIDATE

    def do(self, attempt: Attempt) -> Detail:
        touched = attempt.touched.take()
        require_waived(attempt.run, attempt.ledger, attempt.options.waive_quarantine)
        if not attempt.run.online:
            report = compare_everything(attempt.run)
            return {name: value for name, value in report.summary.items() if name.startswith("rows_")}
        rows, differing = 0, list[str]()
        if touched.keys or touched.whole_tables:
            rows, differing = attempt.pause.within(
                "comparing changed rows", lambda: compare_touched(attempt.known_run, touched)
            )
        tables = 0
        if attempt.options.final_counts:
            tables, miscounted = attempt.pause.within("counting rows", lambda: count_differences(attempt.known_run))
            differing += miscounted
        if differing:
            raise ValidationFailed(
                f"with writes held, {len(differing)} differences remain: {without_values(differing)}.",
                mend="traffic is back on the source; run validate to see the rows, repair them or roll back.",
                subject=attempt.run.migration,
            )
        return {"rows_compared": rows, "tables_counted": tables, "rows_differing": 0}

    def undo(self, scene: Scene) -> None:
        """Nothing was changed."""


class Sequences:
    """The target's generated numbers go on behind the source's."""

    name: ClassVar[CutoverMove] = CutoverMove.SEQUENCES

    def do(self, attempt: Attempt) -> Detail:
        return {
            "columns": len(advance_identities(attempt.run, Side.TARGET)),
            "sequences": advance_sequences(attempt.run, Side.TARGET),
        }

    def undo(self, scene: Scene) -> None:
        """Numbers may have gaps."""


class StartReverse:
    """What the application will write to the target can be applied to the source."""

    name: ClassVar[CutoverMove] = CutoverMove.START_REVERSE

    def do(self, attempt: Attempt) -> Detail:
        # Before the position is taken: what makes them is then none of the changes that go back.
        created = create_waiting_triggers(attempt.scene)
        position = start_reverse(attempt.scene)
        probe_reverse(attempt.known_run, timeout=attempt.pause.left())
        return {"position": position.text, "triggers_created": created}

    def undo(self, scene: Scene) -> None:
        put_triggers_back(scene.run)
        drop_waiting_triggers(scene)


class Switch:
    """The application writes to the target: the traffic first, the ledger after it, so that the ledger never says
    more than is true; in between, the journal's open line makes the next try ask the traffic."""

    name: ClassVar[CutoverMove] = CutoverMove.SWITCH

    def do(self, attempt: Attempt) -> Detail:
        attempt.pause.left()
        attempt.traffic.switch(Side.TARGET)
        settle_switch(attempt.scene)
        return {"traffic": attempt.traffic.describe()}

    def undo(self, scene: Scene) -> None:
        scene.traffic.switch(Side.SOURCE)


class Verify:
    """The target serves; writers go on whatever the user's queries say, because only a rollback loses nothing now."""

    name: ClassVar[CutoverMove] = CutoverMove.VERIFY

    def do(self, attempt: Attempt) -> Detail:
        try:
            detail = verify_target(attempt)
        finally:
            attempt.traffic.release()
            attempt.pause.end()
        attempt.ledger.checkpoints.set(Checkpoint.CUT_OVER)
        attempt.ledger.runs.advance(attempt.run.run_id, Phase.SOAK)
        return detail

    def undo(self, scene: Scene) -> None:
        """There is no way back but a rollback."""


def settle_switch(scene: Scene) -> None:
    """Record in the ledger that the target serves and that its changes are to flow back."""
    scene.ledger.runs.serve_from(Side.TARGET)
    scene.ledger.runs.replicate(Direction.REVERSE if scene.run.online else Direction.OFF)


def moves_of(*, online: bool) -> tuple[Move, ...]:
    """The moves in order; without replication there is nothing to drain and nothing to reverse."""
    every: tuple[Move, ...] = (
        Preflight(), RampReads(), HoldWrites(), FenceSource(), Drain(), Validate(), Sequences(), StartReverse(),
        Switch(), Verify(),
    )  # fmt: skip
    replicated = {CutoverMove.DRAIN, CutoverMove.START_REVERSE}
    return tuple(move for move in every if online or move.name not in replicated)


def _compare_most(attempt: Attempt) -> None:
    """Compare what was touched so far while writers write, so that little is left for the pause.

    Only a help: what cannot be judged now, because too much is on its way, is compared when nobody writes.
    """
    left = None
    for _ in range(_ROUNDS):
        rows = len(attempt.touched)
        if attempt.applier is None or rows <= _FEW_ROWS or (left is not None and rows > left / 2):
            return
        left = rows
        taken = attempt.touched.take()
        try:
            differing = compare_in_flight(attempt.run, taken)
        except Interrupted:
            attempt.touched.give_back(taken)
            _ = attempt.applier.applied  # raises what stopped it, if that is why
            return
        attempt.touched.give_back(TouchedRows({}, taken.whole_tables))
        if differing:
            raise ValidationFailed(
                f"{len(differing)} rows differ while the application writes: {without_values(differing)}.",
                mend="run validate to see the rows, repair them or roll back; writers were not held.",
                subject=attempt.run.migration,
            )


def _nearly_caught_up(attempt: Attempt) -> float:
    """Wait until catching up takes little time; how many seconds it took last."""
    if attempt.applier is None:
        return 0.0
    deadline = time.monotonic() + attempt.options.patience.total_seconds()
    while True:
        begun = time.monotonic()
        attempt.applier.catch_up(timeout=max(deadline - begun, 0.1))
        took = time.monotonic() - begun
        if took <= attempt.options.max_lag_before_fence.total_seconds():
            return round(took, 3)
        if time.monotonic() >= deadline:
            raise Interrupted(
                f"catching up still takes {took:.1f} s.",
                mend="raise max_lag_before_fence, or cut over when the application writes less; writers were not held.",
                subject=attempt.run.migration,
            )


__all__ = ["Move", "moves_of", "settle_switch"]
