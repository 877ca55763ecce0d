"""Applies changes until a goal, alone or beside another applier that got there first."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from database_migration.errors import Interrupted, MigrationError, Paused, PositionLost, SourceChanged
from database_migration.model.log_position import LogPosition
from database_migration.model.migration_state import Direction, Phase, Side
from database_migration.model.report import Report, Scalar, Verdict
from database_migration.steps.added_columns_report import carried_tables, left_out_findings
from database_migration.steps.known_columns import note_policies
from database_migration.steps.paused import require_not_paused
from database_migration.steps.replicate.applied import Applied
from database_migration.steps.replicate.applier import Applier, take_lock
from database_migration.steps.replicate.background import BackgroundApplier
from database_migration.steps.replicate.cascaded import cascaded, is_settled, note_settled_copy
from database_migration.steps.replicate.early_indexes import build_early_indexes
from database_migration.steps.replicate.lag import applied_position, lag
from database_migration.steps.replicate.options import ReplicateOptions
from database_migration.steps.replicate.settled import settled_from
from database_migration.steps.replicate.throughput import Throughput
from database_migration.steps.replicate.until import Until
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate import ValidateOptions, resync

log = logging.getLogger(__name__)

_ASK_EVERY = 0.5


@dataclass(slots=True)
class _Outcome:
    """What this try did; counts only its own work."""

    reached: str
    transactions: int = 0
    changes: int = 0
    rows: int = 0
    position: str = ""
    reconnects: int = 0
    written_again: int = 0

    def add(self, applied: Applied) -> None:
        self.transactions += applied.transactions
        self.changes += applied.changes
        self.rows += applied.rows
        self.position = applied.position.text


def replicate(run: MigrationRun, options: ReplicateOptions, *, until: Until) -> Report:
    """Apply changes until the copy's end, until caught up, or for one stint, and report throughput and lag.

    CAUGHT_UP also records that forward replication is wanted from now on, so that the replication DAG takes over.
    When another applier holds the lock, the goal is waited for instead; a stint ends at once, as it does when somebody
    pauses replication.

    :raises Paused: somebody paused replication before the goal; at a batch's end.
    :raises Interrupted: the goal was not reached within ``options.patience``, or connections keep failing.
    :raises SourceChanged: the read side's tables changed; nothing after the change is applied.
    """
    direction = _direction(run, options, until)
    throughput = Throughput()
    outcome = _Outcome("")
    if direction is not Direction.OFF:
        retries = Retrying(
            retry=retry_if_exception_type(Interrupted),
            stop=stop_after_attempt(options.reconnects + 1),
            wait=wait_exponential(multiplier=0.5, max=15),
            before_sleep=lambda state: _say(state, outcome),
            reraise=True,
        )
        deadline = time.monotonic() + (options.stint if until is Until.STINT else options.patience).total_seconds()
        for attempt in retries:
            with attempt:
                try:
                    throughput = _work(run, options, until, direction, deadline, outcome)
                except Paused:
                    if until is not Until.STINT:
                        raise
                    outcome.reached = "paused"
        _release(run)
    else:
        outcome.reached = "replication is not wanted"
    return _report(run, direction, until, outcome, throughput)


def _direction(run: MigrationRun, options: ReplicateOptions, until: Until) -> Direction:
    with run.current_ledger() as ledger:
        state = ledger.runs.require_current(run.run_id, run.spec_hash)
        note_policies(ledger, options.policies)
        if until is Until.STINT:
            return state.replication
        if until is Until.CAUGHT_UP and state.replication is Direction.OFF and state.serving is Side.SOURCE:
            ledger.runs.replicate(Direction.FORWARD)
        if until is Until.CAUGHT_UP and state.serving is Side.TARGET:
            return Direction.REVERSE
    return Direction.FORWARD


def _work(
    run: MigrationRun,
    options: ReplicateOptions,
    until: Until,
    direction: Direction,
    deadline: float,
    outcome: _Outcome,
) -> Throughput:
    with run.current_ledger() as ledger:
        require_not_paused(ledger)
    with run.database(direction.reads.other).connect("lock") as probe:
        free = take_lock(probe, run.migration)
    if not free:
        return _beside_another(run, options, until, direction, deadline, outcome)
    try:
        if until is not Until.CAUGHT_UP and direction is Direction.FORWARD:
            _make_ready(run)
        obeys = until is not Until.COPY_END
        with Applier(run, options, direction, obeys=obeys, pausable=True, wait=2.0) as applier:
            reached = _goal(run, options, until, applier, deadline)
            try:
                applied = applier.apply_until(reached)
            finally:
                outcome.add(applier.applied)
            if applied.paused:
                require_not_paused(applier.ledger)
    except (SourceChanged, PositionLost) as error:
        _hold(run, error)
        raise
    if until is Until.COPY_END:
        with BackgroundApplier(run, options, direction, wait=5.0) as beside:
            outcome.written_again += _settle(run, beside.catch_up, deadline)
    outcome.reached = "goal reached" if applied.wanted else "another direction is wanted"
    if until is Until.STINT and applied.wanted:
        outcome.reached = "stint over"
    return applier.throughput


def _goal(
    run: MigrationRun, options: ReplicateOptions, until: Until, applier: Applier, deadline: float
) -> Callable[[Applied], bool]:
    """What ``Applier.apply_until`` asks; raises Interrupted when time runs out before a goal."""
    if until is Until.STINT:
        return lambda _: time.monotonic() >= deadline
    if until is Until.COPY_END:
        return _CopyEnd(run, deadline)
    return _CaughtUp(options.max_lag.total_seconds(), applier, deadline)


class _CopyEnd:
    """True when the target is a state of the source; rows that are read again meanwhile put that off a little."""

    def __init__(self, run: MigrationRun, deadline: float) -> None:
        self._run, self._deadline = run, deadline
        self._wanted = _settled(run)

    def __call__(self, applied: Applied) -> bool:
        if self._wanted is None or applied.position >= self._wanted:
            self._wanted = _settled(self._run)
            if self._wanted is not None and applied.position >= self._wanted:
                return True
        return _give_up(self._deadline, applied, self._wanted or applied.position, self._run)


class _CaughtUp:
    """True when a log end that was taken at most ``max_lag`` ago is applied: no two clocks are compared."""

    def __init__(self, max_lag: float, applier: Applier, deadline: float) -> None:
        self._max_lag, self._applier, self._deadline = max_lag, applier, deadline
        self._end: LogPosition | None = None
        self._taken_at = 0.0

    def __call__(self, applied: Applied) -> bool:
        if self._end is not None and applied.position >= self._end:
            if time.monotonic() - self._taken_at <= self._max_lag:
                return True
            self._end = None
        if self._end is None:
            self._taken_at = time.monotonic()
            self._end = self._applier.log_end()
        return _give_up(self._deadline, applied, self._end, self._applier.run)


def _give_up(deadline: float, applied: Applied, wanted: LogPosition, run: MigrationRun) -> bool:
    if time.monotonic() < deadline:
        return False
    raise Interrupted(
        f"changes are applied up to {applied.position} only, {wanted} was not reached in time.",
        mend="raise patience, or look at why the written server is slower than the read one; then clear the task.",
        subject=run.migration,
    )


def _beside_another(
    run: MigrationRun,
    options: ReplicateOptions,
    until: Until,
    direction: Direction,
    deadline: float,
    outcome: _Outcome,
) -> Throughput:
    """Watch the other applier's progress; take over when it ends before the goal (by way of a retry)."""
    throughput = Throughput()
    outcome.reached = "another applier is at work"
    if until is Until.STINT:
        return throughput
    at_copy_end = _CopyEnd(run, deadline) if until is Until.COPY_END else None
    log.info("Another applier is at work; waiting for it to reach the %s.", "copy's end" if at_copy_end else "present")
    with run.current_ledger() as ledger, run.database(direction.reads.other).connect("lock") as probe:
        while True:
            applied = applied_position(run, ledger, direction)
            if at_copy_end is None and lag(run).seconds <= options.max_lag.total_seconds():
                return throughput
            if applied is not None and at_copy_end is not None and at_copy_end(Applied(applied.position, None)):
                outcome.written_again += _settle(run, lambda *, timeout: _wait_applied(run, timeout), deadline)
                return throughput
            if take_lock(probe, run.migration):
                break
            ledger.runs.require_current(run.run_id, run.spec_hash)
            require_not_paused(ledger)
            if applied is not None and time.monotonic() >= deadline:
                _give_up(deadline, Applied(applied.position, None), applied.position, run)
            time.sleep(_ASK_EVERY)
    return _work(run, options, until, direction, deadline, outcome)


def _settled(run: MigrationRun) -> LogPosition | None:
    with run.ledger() as ledger:
        return settled_from(ledger)


def _make_ready(run: MigrationRun) -> None:
    """Build what applying needs while the copy is at work; later, all indexes are there."""
    with run.current_ledger() as ledger:
        ready = is_settled(ledger)
    if not ready:
        build_early_indexes(run)


def _settle(run: MigrationRun, catch_up: Callable[..., object], deadline: float) -> int:
    """Put right what cascades did during the copy, now that its end is reached; rows that were written anew.

    An applier is at work, and ``catch_up`` waits until it has applied the log that there is. Replication rests
    afterwards, until ``catch_up`` asks for it: keys are built meanwhile, and neither should wait for the other.
    """
    with run.current_ledger() as ledger:
        tables = cascaded(ledger)
        written = 0
        if tables and not is_settled(ledger):
            log.info("Cascades reached %s during the copy: comparing.", ", ".join(sorted(tables)))
            written = resync(run, ledger, tables, ValidateOptions(orphans=False))
            catch_up(timeout=max(1.0, deadline - time.monotonic()))
        note_settled_copy(ledger)
        state = ledger.runs.require_current(run.run_id, run.spec_hash)
        if state.replication is Direction.FORWARD and state.phase is Phase.EXECUTE:
            ledger.runs.replicate(Direction.OFF)
    return written


def _wait_applied(run: MigrationRun, timeout: float) -> None:
    """Wait until another applier has applied all that the source's log holds now."""
    end, deadline = run.source.change_log.end(), time.monotonic() + timeout
    with run.current_ledger() as ledger:
        while (applied := applied_position(run, ledger, Direction.FORWARD)) is None or applied.position < end:
            if applied is not None:
                _give_up(deadline, Applied(applied.position, None), end, run)
            time.sleep(_ASK_EVERY)


def _hold(run: MigrationRun, error: MigrationError) -> None:
    with run.ledger() as ledger:
        ledger.notes.put_note("replication_held", {"reason": str(error), "at": run.now().isoformat()})


def _release(run: MigrationRun) -> None:
    with run.ledger() as ledger:
        if ledger.notes.get_note("replication_held") is not None:
            ledger.notes.put_note("replication_held", None)


def _say(state: RetryCallState, outcome: _Outcome) -> None:
    outcome.reconnects += 1
    log.warning("Applying was interrupted and goes on: %s", state.outcome.exception() if state.outcome else "")


def _report(run: MigrationRun, direction: Direction, until: Until, outcome: _Outcome, throughput: Throughput) -> Report:
    seconds = throughput.seconds
    summary: dict[str, Scalar] = {
        "direction": direction.value,
        "until": until.value,
        "outcome": outcome.reached,
        "transactions": outcome.transactions,
        "changes": outcome.changes,
        "rows_written": outcome.rows,
        "changes_per_second": round(outcome.changes / seconds, 1) if seconds > 0 else 0.0,
        "worst_lag_seconds": round(throughput.worst_lag, 3),
        "lag_seconds": round(throughput.lag, 3),
        "position": outcome.position,
        "reconnects": outcome.reconnects,
    }
    if outcome.written_again:
        summary["rows_written_again"] = outcome.written_again
    with run.ledger() as ledger:
        findings, tables = left_out_findings(ledger, {}), carried_tables(ledger)
    return Report(
        stem="replicate",
        title=f"Replication ({direction.value}, {until.value.replace('_', ' ')})",
        verdict=Verdict.WARNED if findings else Verdict.PASSED,
        migration=run.migration,
        run_id=run.run_id,
        created_at=run.now(),
        summary=summary,
        findings=tuple(findings),
        tables=tables,
        plots=throughput.plots(),
    )


__all__ = ["replicate"]
