"""Pictures of a report as SVG that stands inside the page: no file, no network, readable on dark and light."""

from __future__ import annotations

import io
import math
import re
from typing import TYPE_CHECKING

from database_migration.model.report import PlotMark, ReportPlot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK = "#123456"  # drawn in this colour, then replaced by currentColor so that the page's theme decides
_COLOURS = ("#3b82f6", "#f59e0b", "#10b981", "#ef4444", "#8b5cf6", "#64748b")
_WIDTH, _ROW, _HEIGHT = 8.4, 0.19, 3.2  # inches
_LABELS_SHOWN = 40


def draw_svg(plot: ReportPlot) -> str:
    """The plot as an ``<svg>`` element; ValueError for a kind that is not line, bar or gantt."""
    # Imported here: DAG files import what leads to this module, and matplotlib takes half a second.
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    draw = {"line": _line, "bar": _bar, "gantt": _gantt}.get(plot.kind)
    if draw is None:
        raise ValueError(f"A plot is drawn as line, bar or gantt, not as {plot.kind!r}.")
    sideways = plot.kind == "gantt" or _is_sideways(plot)
    rows = min(len(plot.x), _LABELS_SHOWN) * (len(plot.series) if plot.kind == "bar" else 2)
    height = max(1.4, 0.9 + _ROW * rows) if sideways else _HEIGHT
    settings = {
        "svg.fonttype": "none",
        "svg.hashsalt": plot.title,
        "font.family": "sans-serif",
        "font.size": 9,
        "text.parse_math": False,  # a dollar sign in a table name is a dollar sign
    }
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        _dress(axes)
        draw(axes, plot)
        if len(plot.series) > 1 and plot.kind != "gantt":
            axes.legend(
                frameon=False,
                labelcolor=_INK,
                loc="lower right",
                bbox_to_anchor=(1, 1),  # above the picture, where it hides nothing
                ncols=len(plot.series),
                borderaxespad=0.2,
            )
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _inline(out.getvalue())


def _is_sideways(plot: ReportPlot) -> bool:
    return plot.kind == "bar" and (len(plot.x) > 8 or any(len(str(name)) > 12 for name in plot.x))


def _dress(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(_INK)
        axes.spines[side].set_alpha(0.35)
    axes.tick_params(colors=_INK, length=3)
    axes.grid(True, color=_INK, alpha=0.12, linewidth=0.8)
    axes.set_axisbelow(True)


def _name_axes(axes: Axes, x_label: str, y_label: str) -> None:
    axes.set_xlabel(x_label, color=_INK)
    axes.set_ylabel(y_label, color=_INK)


def _line(axes: Axes, plot: ReportPlot) -> None:
    numeric = all(isinstance(value, int | float) for value in plot.x)
    x = [float(value or 0) for value in plot.x] if numeric else list(range(len(plot.x)))
    for colour, (name, values) in zip(_cycle(len(plot.series)), plot.series.items(), strict=True):
        marker = "o" if len(values) < 30 else ""
        axes.plot(x[: len(values)], values, label=name, color=colour, linewidth=1.8, marker=marker, markersize=3)
    if not numeric:
        step = max(1, math.ceil(len(x) / 10))
        axes.set_xticks(x[::step], [str(value) for value in plot.x[::step]])
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    _name_axes(axes, plot.x_label, plot.y_label)


def _bar(axes: Axes, plot: ReportPlot) -> None:
    labels = [str(value) for value in plot.x[:_LABELS_SHOWN]]
    width = 0.8 / max(1, len(plot.series))
    sideways = _is_sideways(plot)
    for number, (colour, (name, values)) in enumerate(zip(_cycle(len(plot.series)), plot.series.items(), strict=True)):
        places = [place + (number - (len(plot.series) - 1) / 2) * width for place in range(len(labels))]
        if sideways:
            axes.barh(places, values[:_LABELS_SHOWN], height=width, label=name, color=colour)
        else:
            axes.bar(places, values[:_LABELS_SHOWN], width=width, label=name, color=colour)
    if sideways:
        axes.set_yticks(range(len(labels)), labels)
        axes.set_ylim(-0.6, len(labels) - 0.4)
        axes.invert_yaxis()
        axes.grid(False, axis="y")
        _name_axes(axes, plot.y_label, plot.x_label)
    else:
        axes.set_xticks(range(len(labels)), labels)
        axes.grid(False, axis="x")
        _name_axes(axes, plot.x_label, plot.y_label)


def _gantt(axes: Axes, plot: ReportPlot) -> None:
    labels = [str(value) for value in plot.x[:_LABELS_SHOWN]]
    start, length = (plot.series[name][:_LABELS_SHOWN] for name in ("start", "length"))
    slack = plot.series.get("slack", ())[:_LABELS_SHOWN]
    axes.barh(range(len(labels)), length, left=start, height=0.6, color=_COLOURS[0], label="at best")
    if slack:
        ends = [one + other for one, other in zip(start, length, strict=True)]
        axes.barh(range(len(labels)), slack, left=ends, height=0.6, color=_COLOURS[0], alpha=0.3, label="at worst")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)  # the first row on top
    axes.grid(False, axis="y")
    for mark in plot.marks:
        _mark(axes, mark, labels)
    axes.set_xlim(left=0)
    if slack:
        axes.legend(
            frameon=False, labelcolor=_INK, loc="lower right", bbox_to_anchor=(1, 1), ncols=4, borderaxespad=0.2
        )
    _name_axes(axes, plot.x_label, plot.y_label)


def _mark(axes: Axes, mark: PlotMark, labels: list[str]) -> None:
    """A diamond in its row, a band through all rows, or a word above them."""
    if mark.kind == "gate" and mark.row in labels:
        known = axes.get_legend_handles_labels()[1]
        axes.plot(
            [mark.at], [labels.index(mark.row)], marker="D", markersize=7, color=_COLOURS[1], linestyle="none",
            clip_on=False, zorder=3, label="_" if "gate" in known else "gate",
        )  # fmt: skip
    elif mark.kind == "window":
        axes.axvspan(mark.at, mark.until, color=_COLOURS[2], alpha=0.18, linewidth=0, label=mark.label)
    elif mark.kind == "later":
        axes.annotate(
            mark.label, (0, 1), xycoords="axes fraction", xytext=(2, 6), textcoords="offset points", color=_COLOURS[2],
            ha="left", va="bottom",
        )  # fmt: skip


def _cycle(count: int) -> list[str]:
    return [_COLOURS[number % len(_COLOURS)] for number in range(count)]


def _inline(document: str) -> str:
    """The bare element of an SVG document, sized by the page and inked by its theme."""
    element = document[document.index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    element = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", element, count=1, flags=re.DOTALL)
    element = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", element, count=1, flags=re.DOTALL)
    element = element.replace(_INK, "currentColor")
    return element.replace("<svg", '<svg class="plot" role="img"', 1)


__all__ = ["draw_svg"]
