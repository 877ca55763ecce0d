"""A schedule in letters has the rows, ranges, gates and windows of the picture."""

from __future__ import annotations

from database_migration.model.report import PlotMark, ReportPlot
from database_migration.reports.plots import draw_svg
from database_migration.reports.text_gantt import draw_text_gantt

PLOT = ReportPlot(
    "Schedule",
    "gantt",
    ("gate: plan", "copy", "gate: cutover"),
    {"start": (0.0, 0.0, 10.0), "length": (0.0, 10.0, 0.0), "slack": (0.0, 10.0, 10.0)},
    x_label="minutes",
    marks=(
        PlotMark("", "gate", 0.0, row="gate: plan"),
        PlotMark("", "gate", 20.0, row="gate: cutover"),
        PlotMark("cutover window: Sun 2:00", "window", 25.0, until=40.0),
    ),
)


def test_rows_ranges_and_marks() -> None:
    lines = draw_text_gantt(PLOT).splitlines()
    assert lines[0].startswith("gate: plan    ┤◆")
    best, worst = lines[1].count("█"), lines[1].count("░")
    assert best > 0
    assert abs(best - worst) <= 2
    assert "◆" in lines[2]
    assert lines[2].index("◆") > lines[1].index("░")
    assert "40  minutes" in lines[4]
    assert lines[-1] == "│ cutover window: Sun 2:00"


def test_bars_without_slack_have_no_legend() -> None:
    plain = ReportPlot("Lanes", "gantt", ("a", "b"), {"start": (0.0, 1.0), "length": (1.0, 1.0)})
    text = draw_text_gantt(plain)
    assert "at worst" not in text
    assert text.count("█") > 40


def test_the_picture_names_the_window_and_the_ranges() -> None:
    picture = draw_svg(PLOT)
    for word in ("at best", "at worst", "gate", "cutover window: Sun 2:00", "minutes"):
        assert word in picture
    later = ReportPlot(
        "Schedule", "gantt", ("copy",), {"start": (0.0,), "length": (1.0,), "slack": (1.0,)},
        marks=(PlotMark("cutover window: Sun 2:00 →", "later", 3.0),),
    )  # fmt: skip
    assert "cutover window: Sun 2:00 →" in draw_svg(later)
