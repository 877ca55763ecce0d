"""The cutover checklist: every move with its state and time, made from the journal whenever somebody asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from database_migration.ledger import Ledger, MoveLine
from database_migration.model.migration_state import CutoverMove, Side
from database_migration.model.report import Finding, Report, ReportPlot, ReportTable, Scalar, verdict_of
from database_migration.steps.cutover.moves import moves_of
from database_migration.steps.run import MigrationRun

APPROVAL_NOTE = "cutover_approved_by"

_SAID = {
    CutoverMove.PREFLIGHT: "Look at traffic, schema and queries; compare every row; open the target's log",
    CutoverMove.RAMP_READS: "Lead a growing share of the reads to the target",
    CutoverMove.HOLD_WRITES: "Hold writes",
    CutoverMove.FENCE_SOURCE: "Fence the source",
    CutoverMove.DRAIN: "Apply the log to its end",
    CutoverMove.VALIDATE: "Compare what changed, count all",
    CutoverMove.SEQUENCES: "Move generated numbers behind the source's",
    CutoverMove.START_REVERSE: "Make reverse replication ready and prove it",
    CutoverMove.SWITCH: "Lead writes to the target",
    CutoverMove.VERIFY: "Verify the target, let writes through",
}


def cutover_checklist(
    run: MigrationRun, ledger: Ledger, *, findings: Sequence[Finding] = (), traffic: str = ""
) -> Report:
    """The checklist as it stands now."""
    journal = ledger.moves.journal()
    latest = {line.move: line for line in journal}
    state = ledger.runs.current()
    detail = {move: line.detail for move, line in latest.items() if line.state == "done"}
    summary: dict[str, Scalar] = {
        "serving": Side.SOURCE.value if state is None else state.serving.value,
        "writes_paused_ms": _paused(journal),
        "sessions_ended": _figure(detail, CutoverMove.FENCE_SOURCE, "sessions_ended"),
        "changes_drained": _figure(detail, CutoverMove.DRAIN, "changes"),
        "rows_compared": _figure(detail, CutoverMove.VALIDATE, "rows_compared"),
        "rows_differing": _figure(detail, CutoverMove.VALIDATE, "rows_differing"),
        "traffic": traffic,
        "approved_by": str(ledger.notes.get_note(APPROVAL_NOTE) or "") or None,
        "tries_undone": sum(1 for line in journal if line.state == "undone" and line.move is CutoverMove.PREFLIGHT),
    }
    moves = [move.name for move in moves_of(online=run.online)]
    return Report(
        stem="cutover",
        title="Cutover checklist",
        verdict=verdict_of(findings),
        migration=run.migration,
        run_id=run.run_id,
        created_at=run.now(),
        summary=summary,
        findings=tuple(findings),
        tables=(
            ReportTable(
                "Checklist",
                ("move", "what", "state", "at (UTC)", "seconds", "detail"),
                tuple(_row(move, latest.get(move)) for move in moves),
            ),
            ReportTable(
                "Journal",
                ("at (UTC)", "move", "state", "detail"),
                tuple((_time(line.at), line.move.value, line.state, _words(line.detail)) for line in journal),
                note="Every line as it was written, tries that were taken back included.",
            ),
        ),
        plots=(_plot(moves, detail),) if detail else (),
    )


def _row(move: CutoverMove, line: MoveLine | None) -> tuple[Scalar, ...]:
    if line is None:
        return (move.value, _SAID[move], "open", None, None, "")
    seconds = line.detail.get("seconds")
    rest = {name: value for name, value in line.detail.items() if name != "seconds"}
    return (move.value, _SAID[move], line.state, _time(line.at), cast("float | None", seconds), _words(rest))


def _plot(moves: Sequence[CutoverMove], detail: Mapping[CutoverMove, Mapping[str, object]]) -> ReportPlot:
    done = [move for move in moves if move in detail]
    lengths = [float(cast(float, detail[move].get("seconds", 0.0))) for move in done]
    starts = [sum(lengths[:position]) for position in range(len(lengths))]
    return ReportPlot(
        "Time per move", "gantt", tuple(move.value for move in done),
        {"start": tuple(starts), "length": tuple(lengths)}, "seconds",
    )  # fmt: skip


def _paused(journal: Sequence[MoveLine]) -> int | None:
    """As measured by the process that let writes through; after a repair, from the journal's times."""
    held: datetime | None = None
    for line in journal:
        if line.move is CutoverMove.HOLD_WRITES:
            held = line.at if line.state == "done" else None
        if line.move is CutoverMove.VERIFY and line.state == "done":
            measured = line.detail.get("writes_paused_ms")
            if measured is not None:
                return int(cast(int, measured))
            return None if held is None else round((line.at - held).total_seconds() * 1000)
    return None


def _figure(detail: Mapping[CutoverMove, Mapping[str, object]], move: CutoverMove, name: str) -> int | None:
    value = detail.get(move, {}).get(name)
    return None if value is None else int(cast(int, value))


def _time(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="milliseconds")


def _words(detail: Mapping[str, object]) -> str:
    return ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in detail.items() if value not in ("", None))


__all__ = ["APPROVAL_NOTE", "cutover_checklist"]
