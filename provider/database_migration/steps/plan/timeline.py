"""The schedule as a picture: phases with their ranges, gates, and the cutover's window."""

from __future__ import annotations

from dataclasses import dataclass

from database_migration.model.report import PlotMark, ReportPlot
from database_migration.steps.plan.estimate import COPY, Estimate, schedule
from database_migration.steps.plan.execution_plan import ExecutionPlan
from database_migration.steps.plan.openings import Opening

_TABLES_SHOWN = 8
_WINDOW_IS_NEAR = 3.0
"""Times the whole schedule: a window further away is told at the edge, or the schedule would be a dot."""
_UNITS = (
    ("seconds", 1.0, 300.0),
    ("minutes", 60.0, 3 * 3600.0),
    ("hours", 3600.0, 3 * 86400.0),
    ("days", 86400.0, 0.0),
)


@dataclass(frozen=True, slots=True)
class _Bar:
    label: str
    start: float
    at_best: float
    at_worst: float
    """Seconds from the approval; start and end at best, end at worst."""


def timeline(made: ExecutionPlan, gates: tuple[str, ...]) -> list[ReportPlot]:
    """One Gantt picture; none where nothing was measured."""
    if made.estimate is None or not made.volumes:
        return []
    bars, marks = _bars(made, made.estimate), []
    ready = made.estimate.total
    if "plan" in gates:
        bars.insert(0, _Bar("gate: plan", 0.0, 0.0, 0.0))
        marks.append(PlotMark("", "gate", 0.0, row="gate: plan"))
    if "cutover" in gates:
        bars.append(_Bar("gate: cutover", ready.low, ready.low, ready.high))
        marks.append(PlotMark("", "gate", ready.high, row="gate: cutover"))
    for name, found in made.openings.items():
        marks += _window(name, found, made, ready.high)
    unit, size = _unit(max([ready.high, *(mark.until for mark in marks)]))
    return [
        ReportPlot(
            "Schedule",
            "gantt",
            tuple(bar.label for bar in bars),
            {
                "start": tuple(bar.start / size for bar in bars),
                "length": tuple((bar.at_best - bar.start) / size for bar in bars),
                "slack": tuple((bar.at_worst - bar.at_best) / size for bar in bars),
            },
            x_label=f"{unit} from the approval of the plan, with {made.lanes} lanes",
            marks=tuple(
                PlotMark(mark.label, mark.kind, mark.at / size, until=mark.until / size, row=mark.row) for mark in marks
            ),
        )
    ]


def _bars(made: ExecutionPlan, estimate: Estimate) -> list[_Bar]:
    bars: list[_Bar] = []
    low = high = 0.0
    for phase in estimate.phases:
        bars.append(_Bar(phase.name, low, low + phase.seconds.low, high + phase.seconds.high))
        if phase.name == COPY:
            bars += _tables(made, estimate, low, high)
        low, high = low + phase.seconds.low, high + phase.seconds.high
    return bars


def _tables(made: ExecutionPlan, estimate: Estimate, low: float, high: float) -> list[_Bar]:
    """The tables that take longest, where they lie within the copy."""
    if len(made.volumes) < 2:
        return []
    copy = estimate.seconds_of(COPY)
    times = schedule(made.volumes, estimate.copies, copy, made.lanes)
    longest = sorted(times, key=lambda name: times[name][0] - times[name][1])[:_TABLES_SHOWN]
    best, worst = (edge / copy.middle if copy.middle else 0.0 for edge in (copy.low, copy.high))
    return [
        _Bar(f"· {name}", low + first * best, low + last * best, high + last * worst)
        for name, (first, last) in sorted(times.items(), key=lambda item: item[1])
        if name in longest
    ]


def _window(name: str, found: Opening, made: ExecutionPlan, ready: float) -> list[PlotMark]:
    """The next opening and the one that is used, or a word at the edge where they are far away."""
    marks = []
    for moment in dict.fromkeys((found.opens, found.at_best, found.at_worst)):
        opens = (moment - made.made_at).total_seconds()
        closes = opens + found.window.duration.total_seconds()
        label = f"{name} window: {found.spell(moment)}"
        if opens > ready * _WINDOW_IS_NEAR:
            marks.append(PlotMark(f"{label} →", "later", ready * 1.15, until=ready * 1.15))
            break
        shown = min(closes, max(opens, 0.0) + ready * _WINDOW_IS_NEAR)
        marks.append(PlotMark(label, "window", max(opens, 0.0), until=shown))
    return marks


def _unit(longest: float) -> tuple[str, float]:
    return next((name, size) for name, size, limit in _UNITS if longest <= limit or not limit)


__all__ = ["timeline"]
