"""A gantt picture in letters, for Markdown: the same rows, ranges, gates and windows."""

from __future__ import annotations

from database_migration.model.report import ReportPlot

_WIDTH = 56  # letters between the axis and the right edge
_AT_BEST, _AT_WORST, _GATE, _WINDOW = "█", "░", "◆", "│"


def draw_text_gantt(plot: ReportPlot) -> str:
    """The picture as lines of one width; ``plot.kind`` is ``gantt``."""
    starts, lengths = plot.series["start"], plot.series["length"]
    slacks = plot.series.get("slack", (0.0,) * len(starts))
    ends = [sum(three) for three in zip(starts, lengths, slacks, strict=True)]
    longest = max([*ends, *(max(mark.at, mark.until) for mark in plot.marks), 0.0]) or 1.0
    names = [str(name) for name in plot.x]
    margin = max([*(len(name) for name in names), 1])

    def place(value: float) -> int:
        return min(_WIDTH - 1, round(value / longest * (_WIDTH - 1)))

    lines = []
    for name, start, length, end in zip(names, starts, lengths, ends, strict=True):
        row = [" "] * _WIDTH
        for mark in plot.marks:
            if mark.kind == "window":
                row[place(mark.at)] = row[place(mark.until)] = _WINDOW
        row[place(start) : place(end) + 1] = _AT_WORST * (place(end) - place(start) + 1)
        row[place(start) : place(start + length) + 1] = _AT_BEST * (place(start + length) - place(start) + 1)
        for mark in plot.marks:
            if mark.kind == "gate" and mark.row == name:
                row[place(mark.at)] = _GATE
        lines.append(f"{name:<{margin}} ┤{''.join(row)}".rstrip())
    scale = f"{'':<{margin}} └{'─' * _WIDTH}"
    figures = f"{'':<{margin}}  0{f'{longest:.4g}':>{_WIDTH - 1}}  {plot.x_label}"
    legend = [f"{_AT_BEST} at best  {_AT_WORST} at worst  {_GATE} gate"] if "slack" in plot.series else []
    windows = [f"{_WINDOW} {mark.label}" if mark.kind == "window" else mark.label for mark in plot.marks if mark.label]
    return "\n".join([*lines, scale, figures, *legend, *windows])


__all__ = ["draw_text_gantt"]
