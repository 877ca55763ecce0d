"""Where a migration stands, read from its ledger in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

from database_migration.engines.protocol import Session
from database_migration.errors import MigrationError
from database_migration.hooks import MigrationHook
from database_migration.ledger import Ledger, MoveLine, ReportLine, Runs, is_installed
from database_migration.model.control import Activity, ControlLine, LaneNow
from database_migration.model.migration_state import (
    AppliedPosition,
    CopyProgress,
    CutoverMove,
    Direction,
    Phase,
    RunState,
)
from database_migration.plugin.copy_pace import CopyPace
from database_migration.plugin.spelling import size
from database_migration.steps.chunked_copy.progress import with_lanes
from database_migration.steps.plan.seconds import Seconds
from database_migration.steps.replicate import lag

_TABLES_SHOWN = 40
_STEPS = (Phase.PLAN, Phase.PREPARE, Phase.EXECUTE, Phase.CUTOVER, Phase.SOAK, Phase.FINALIZED)


@dataclass(frozen=True, slots=True)
class PhaseMark:
    """One phase in the line of all: ``done``, ``now``, ``ahead`` or ``broken``."""

    phase: str
    mark: str


@dataclass(frozen=True, slots=True)
class MoveMark:
    """One move of the cutover with its latest state."""

    move: str
    state: str
    at: datetime
    seconds: float | None


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One run that ever was."""

    run_id: str
    epoch: int
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Status:
    """All that the page shows; times are UTC."""

    read_at: datetime
    state: RunState
    run_id: str
    """The run that is shown, the current one or an earlier."""
    epoch: int
    is_current: bool
    outcome: str | None
    phases: Sequence[PhaseMark]
    copy: Sequence[CopyProgress]
    planned: Mapping[str, Any]
    """The plan's note: rows, seconds_low, seconds_high; empty before the plan."""
    quarantine: Mapping[str, int]
    """Rows that the target cannot hold, by source table."""
    validation: Mapping[str, Any]
    watch: Mapping[str, Any]
    """The watch's note: rounds, chunks, chunks_done, rows_differing; empty where nothing is watched."""
    applied: AppliedPosition | None
    """Forward; reverse positions are kept in the source."""
    replication: Mapping[str, Any]
    """The applier's latest note: direction, lag_seconds, changes_per_second, updated_at."""
    held: str
    """Why replication does not go on, where it does not."""
    moves: Sequence[MoveMark]
    checkpoints: Mapping[str, datetime]
    reports: Sequence[ReportLine]
    runs: Sequence[RunEntry]
    lanes: Sequence[LaneNow] = ()
    """What the copy's lanes did when they last said so."""
    spent: Mapping[str, float] = field(default_factory=dict)
    """Share of the lanes' time by whom they waited for."""
    controls: Sequence[ControlLine] = ()
    """What people told the run, the oldest first."""
    kept: str = ""
    """While replication is paused: the log that is kept for it."""

    @property
    def rows_copied(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.copy)

    @property
    def rows_quarantined(self) -> int:
        """Rows of all tables that were left out."""
        return sum(self.quarantine.values())

    @property
    def rows_estimated(self) -> int:
        """What the copy was planned with; at least what is copied already."""
        return max(sum(max(table.estimated_rows, table.rows) for table in self.copy), self.rows_copied)

    @property
    def bytes_copied(self) -> int:
        """Bytes of all tables."""
        return sum(table.bytes for table in self.copy)

    @property
    def pace(self) -> CopyPace:
        """What the copy does at this moment, and why it is not faster."""
        rows_left = self.rows_estimated - self.rows_copied
        return CopyPace(self.lanes, self.paused(Activity.COPY), self.read_at, rows_left, self.chunks_left)

    def paused(self, activity: Activity | str) -> ControlLine | None:
        """By whom and why an activity is paused; None while it is not."""
        latest = next((line for line in reversed(self.controls) if line.subject == activity), None)
        return latest if latest is not None and latest.state == "paused" and self.is_current else None

    @property
    def limit(self) -> ControlLine | None:
        """The limit that a person has set; None where the spec holds."""
        latest = next((line for line in reversed(self.controls) if line.subject == "limit"), None)
        return latest if latest is not None and latest.state == "limited" else None

    @property
    def may_pause(self) -> Sequence[str]:
        """What can be paused, or resumed, in this phase: nothing that writers wait for."""
        if not self.is_current or self.state.phase.is_over:
            return ()
        copying = self.chunks_left > 0 and self.state.phase in (Phase.PREPARE, Phase.EXECUTE)
        applying = self.applied is not None and self.state.phase is not Phase.CUTOVER
        watching = bool(self.watch) and self.state.phase is Phase.EXECUTE
        able = {"copy": copying, "replication": applying, "validation": watching}
        return [activity for activity, may in able.items() if may]

    @property
    def chunks_left(self) -> int:
        """Chunks that are not done."""
        return self.chunks - self.chunks_done

    @property
    def planned_time(self) -> str:
        """From the plan's approval until the cutover can be asked for; empty where it is not known."""
        low, high = self.planned.get("seconds_low"), self.planned.get("seconds_high")
        return "" if low is None or high is None else str(Seconds(float(low), float(high)))

    @property
    def copy_shown(self) -> Sequence[CopyProgress]:
        """Tables under way first, then those that wait, then those that are done; not more than a page holds."""
        return sorted(self.copy, key=_standing)[:_TABLES_SHOWN] if len(self.copy) > _TABLES_SHOWN else self.copy

    @property
    def tables_done(self) -> int:
        """Tables whose every chunk is copied."""
        return sum(table.chunks_done >= table.chunks for table in self.copy)

    @property
    def chunks_done(self) -> int:
        """Chunks of all tables."""
        return sum(table.chunks_done for table in self.copy)

    @property
    def chunks(self) -> int:
        """Chunks of all tables, done or not."""
        return sum(table.chunks for table in self.copy)


def _standing(table: CopyProgress) -> tuple[int, int]:
    if 0 < table.chunks_done < table.chunks:
        return 0, -table.estimated_rows
    return (1 if table.chunks_done == 0 else 2), -table.estimated_rows


def read_status(hook: MigrationHook, run_id: str | None = None) -> Status | None:
    """The status of a run, or of the current one where the ledger does not know that run.

    None before the migration's first run. Raises MigrationError when the ledger is out of reach.
    """
    with hook.target.connect("Migration page") as session:
        if not is_installed(session):
            return None
        runs = Runs(session, hook.migration)
        state = runs.current()
        if state is None:
            return None
        entries = [RunEntry(*line) for line in runs.history()]
        shown = next((entry for entry in entries if entry.run_id == (run_id or state.run_id)), None)
        if shown is None:
            shown = next(entry for entry in entries if entry.run_id == state.run_id)
        status = _status(session, state, shown, entries)
    if status.paused(Activity.REPLICATION) is not None:
        status = replace(status, kept=_kept(hook, state.run_id))
    return status


def _status(session: Session, state: RunState, shown: RunEntry, entries: Sequence[RunEntry]) -> Status:
    ledger = Ledger(session, state.migration, shown.run_id, shown.epoch)
    held = ledger.notes.get_note("replication_held")
    moves = _moves(ledger.moves.journal())
    is_current = shown.run_id == state.run_id
    lanes, now = ledger.lanes.all(), datetime.now(UTC)
    phase = state.phase if is_current else Phase(shown.outcome or Phase.ROLLED_BACK.value)
    return Status(
        read_at=now,
        state=state,
        run_id=shown.run_id,
        epoch=shown.epoch,
        is_current=is_current,
        outcome=shown.outcome,
        phases=_phases(phase, reached=_reached(ledger, moves)),
        copy=with_lanes(ledger.chunks.progress(), lanes, now),
        planned=_note(ledger, "plan"),
        quarantine=ledger.quarantine.counts() if ledger.quarantine.is_there() else {},
        validation=_note(ledger, "validate"),
        watch=_note(ledger, "watch"),
        applied=ledger.positions.get(Direction.FORWARD),
        replication=_note(ledger, "replication"),
        held=str(held.get("reason", "")) if isinstance(held, dict) else "",
        moves=moves,
        checkpoints=ledger.checkpoints.all(),
        reports=ledger.reports.of_run(shown.run_id),
        runs=entries,
        lanes=lanes,
        spent=_spent(ledger),
        controls=ledger.controls.journal(),
    )


def _spent(ledger: Ledger) -> dict[str, float]:
    """Shares of the lanes' time inside chunks, from their figures so far."""
    figures = [said for _, said in ledger.notes.named("copy_lane_")]
    parts = {"source": "reading", "worker": "working", "target": "loading", "limit": "held"}
    sums = {name: sum(float(said.get(part, 0.0)) for said in figures) for name, part in parts.items()}
    whole = sum(sums.values())
    return {name: seconds / whole for name, seconds in sums.items() if seconds > 0} if whole > 0 else {}


def _kept(hook: MigrationHook, run_id: str) -> str:
    """How much log the read side keeps while nobody applies it."""
    try:
        behind = lag(hook.run(run_id))
    except MigrationError as error:
        return f"How much log is kept is not known: {error.problem}"
    return f"{size(behind.bytes)} of log are kept for it on the server that is read."


def problem_of(error: MigrationError) -> str:
    """What the page says when the ledger cannot be read; errors of ours hold no secrets."""
    return str(error)


def _phases(phase: Phase, *, reached: Phase) -> list[PhaseMark]:
    if phase is Phase.ROLLED_BACK:
        marks = [
            PhaseMark(step.value, "done" if _STEPS.index(step) < _STEPS.index(reached) else "ahead") for step in _STEPS
        ]
        marks[_STEPS.index(reached)] = PhaseMark(reached.value, "broken")
        return marks
    now = _STEPS.index(phase)
    done = phase is Phase.FINALIZED
    return [
        PhaseMark(step.value, "done" if number < now or done else "now" if number == now else "ahead")
        for number, step in enumerate(_STEPS)
    ]


def _reached(ledger: Ledger, moves: Sequence[MoveMark]) -> Phase:
    """How far a rolled-back run came, as far as its traces tell."""
    names = ledger.checkpoints.all()
    if "cut_over" in names:
        return Phase.SOAK
    if moves:
        return Phase.CUTOVER
    if ledger.chunks.progress():
        return Phase.EXECUTE
    return Phase.PREPARE if "prepared" in names else Phase.PLAN


def _moves(journal: Sequence[MoveLine]) -> list[MoveMark]:
    begun: dict[CutoverMove, datetime] = {}
    marks: dict[CutoverMove, MoveMark] = {}
    for line in journal:
        if line.state == "begun":
            begun[line.move] = line.at
        since = begun.get(line.move)
        seconds = (line.at - since).total_seconds() if since is not None and line.state == "done" else None
        marks[line.move] = MoveMark(line.move.value, line.state, line.at, seconds)
    return [marks[move] for move in CutoverMove if move in marks]


def _note(ledger: Ledger, name: str) -> Mapping[str, Any]:
    note = ledger.notes.get_note(name)
    return cast("dict[str, Any]", note) if isinstance(note, dict) else {}


__all__ = ["MoveMark", "PhaseMark", "RunEntry", "Status", "problem_of", "read_status"]
