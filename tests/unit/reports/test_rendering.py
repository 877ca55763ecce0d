"""The three forms of a report: golden files for what people read, and what no form may do."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest

from database_migration.errors import Refused
from database_migration.model.report import (
    Finding,
    Report,
    ReportPlot,
    ReportScript,
    ReportTable,
    Severity,
    Verdict,
)
from database_migration.reports import read_report, render_html, render_json, render_markdown

GOLDEN = Path(__file__).parents[2] / "golden" / "reports"

REPORT = Report(
    stem="validate",
    title="Validation report",
    verdict=Verdict.FAILED,
    migration="shop_to_postgres",
    run_id="manual__2026-11-22T17:31:47+00:00",
    created_at=datetime(2026, 11, 22, 17, 40, tzinfo=UTC),
    summary={"tables": 12, "rows_compared": 1_200_345, "rows_differing": 1, "seconds": 12.345, "sample": None},
    findings=(
        Finding(Severity.NOTE, "storage_engine", "shop.log", "A MyISAM table <b>copied</b> as it is."),
        Finding(
            Severity.BLOCKER,
            "row_differs",
            "shop.orders",
            "Row 17 differs in `total`.",
            "UPDATE shop.orders SET total = 1 WHERE id = 17;",
        ),
        Finding(Severity.WARNING, "collation", "shop.users.email", "Case is told apart on the target."),
    ),
    tables=(
        ReportTable(
            "Tables",
            ("table", "rows", "seconds", "same", "verdict"),
            (("orders", 120_000, 1.25, True, "PASSED"), ("a|b\nc", None, 0.001, False, "FAILED")),
            "Counted at the cutover.",
        ),
        ReportTable("Quarantine", ("table", "reason"), ()),
    ),
    scripts=(
        ReportScript("Tables", "CREATE TABLE x (\n  a int -- ```\n);", "V1__tables.sql"),
        ReportScript("What was asked", "SELECT 1 < 2"),
    ),
    data={"nan": float("nan"), "decimal": Decimal("1.50"), "set": frozenset({"b", "a"})},
)

PLOTS = (
    ReportPlot("Rows per second", "line", (0, 1, 2), {"copied": (0.0, 5.0, 3.0)}, "s", "rows/s"),
    ReportPlot("Latency", "bar", ("a", "b"), {"source": (1.0, 2.0), "target": (2.0, 1.0)}, "", "ms"),
    ReportPlot("Many", "bar", tuple(f"query_{n}" for n in range(60)), {"target": tuple(map(float, range(60)))}),
    ReportPlot("Phases", "gantt", ("plan", "$x$ <b>"), {"start": (0.0, 2.0), "length": (2.0, 1.0)}, "s"),
)


@pytest.mark.parametrize(
    ("file", "render"),
    [("report.html", render_html), ("report.md", render_markdown), ("report.json", render_json)],
)
def test_each_form_reads_as_its_golden_file_does(file: str, render) -> None:
    text = render(REPORT)
    if file.endswith("html"):
        text = re.sub(r"<style>.*?</style>", "<style></style>", text, flags=re.DOTALL)
    if os.environ.get("WRITE_GOLDEN"):
        (GOLDEN / file).write_text(text, encoding="utf-8")
    assert text == (GOLDEN / file).read_text(encoding="utf-8")


def test_json_reads_back_as_the_report_that_it_was_made_from() -> None:
    report = replace(REPORT, data={"queries": [{"name": "a", "ms": 1.5}]}, plots=PLOTS)
    again = read_report(render_json(report))
    assert again == report
    assert render_json(again) == render_json(report)


def test_json_names_its_schema_version_first() -> None:
    assert next(iter(json.loads(render_json(REPORT)))) == "schema_version"


@pytest.mark.parametrize("text", ["", "[]", '{"schema_version": 1}', '{"schema_version": 99}'])
def test_what_is_not_a_report_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_report(text, subject="plan.json")
    assert str(refusal.value).startswith("plan.json: ")
    assert refusal.value.mend


class _Markup(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.references += [value or "" for key, value in attrs if key in {"src", "href", "xlink:href"}]


def test_the_page_needs_no_network_and_runs_no_script() -> None:
    markup = _Markup()
    markup.feed(render_html(replace(REPORT, plots=PLOTS)))
    assert "script" not in markup.tags
    assert markup.tags.count("svg") == len(PLOTS)
    assert not [ref for ref in markup.references if ref.startswith(("http:", "https:", "//"))]


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'])
def test_text_from_a_database_is_never_markup(text: str) -> None:
    report = replace(
        REPORT,
        title=text,
        summary={text: text},
        findings=(Finding(Severity.NOTE, text, text, text, text),),
        tables=(ReportTable(text, (text,), ((text,),), text),),
        scripts=(ReportScript(text, text, text, text),),
        plots=(ReportPlot(text, "bar", (text,), {text: (1.0,)}, text, text),),
    )
    markup = _Markup()
    markup.feed(render_html(report))
    assert not {"script", "img"} & set(markup.tags)
    outside_code = re.sub(r"(`+).*?\1", "", render_markdown(replace(report, scripts=())), flags=re.DOTALL)
    assert "<" not in re.sub(r"(?s)```.*?```", "", outside_code)


def test_long_tables_are_cut_in_the_page_and_whole_in_the_data() -> None:
    table = ReportTable("Rows", ("n",), tuple((n,) for n in range(5_000)))
    report = replace(REPORT, tables=(table,))
    page = render_html(report)
    assert page.count("<tr>") == 201
    assert "The first 200 of 5000 rows" in page
    assert "The first 100 of 5000 rows" in render_markdown(report)
    assert len(json.loads(render_json(report))["tables"][0]["rows"]) == 5_000


def test_pictures_are_the_same_each_time() -> None:
    report = replace(REPORT, plots=PLOTS)
    assert render_html(report) == render_html(report)


def test_a_plot_of_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(ValueError, match="pie"):
        render_html(replace(REPORT, plots=(ReportPlot("x", "pie", (), {}),)))


def test_empty_plots_are_drawn() -> None:
    plots = tuple(ReportPlot("x", kind, (), {"start": (), "length": ()}) for kind in ("line", "bar", "gantt"))
    assert render_html(replace(REPORT, plots=plots)).count("<svg") == 3
