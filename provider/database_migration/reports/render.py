"""A ``Report`` as HTML for people, Markdown for pull requests and JSON for machines.

The JSON form holds everything; the other two cut long tables and say so.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence, Set
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING

from database_migration.model.report import Finding, Report, Severity
from database_migration.reports import cells
from database_migration.reports.plots import draw_svg
from database_migration.reports.text_gantt import draw_text_gantt

if TYPE_CHECKING:
    from jinja2 import Environment

HTML_ROWS = 200
MARKDOWN_ROWS = 100

_WEIGHT = {Severity.BLOCKER: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def render_html(report: Report, *, name: str | None = None) -> str:
    """One self-contained page; ``name`` is the file's name without suffix where it is not the stem."""
    template = _environment().select_template([f"{report.stem}.html.j2", "report.html.j2"])
    return template.render(
        report=report,
        name=name or report.stem,
        findings=by_weight(report.findings),
        plots=[(plot, draw_svg(plot)) for plot in report.plots],
        rows_shown=HTML_ROWS,
    )


def render_markdown(report: Report, *, name: str | None = None) -> str:
    """The same report in CommonMark with tables; of the pictures only schedules, in letters."""
    template = _environment().select_template([f"{report.stem}.md.j2", "report.md.j2"])
    text = template.render(
        report=report,
        name=name or report.stem,
        findings=by_weight(report.findings),
        gantts=[(plot.title, draw_text_gantt(plot)) for plot in report.plots if plot.kind == "gantt"],
        rows_shown=MARKDOWN_ROWS,
    )
    return text.rstrip() + "\n"


def render_json(report: Report) -> str:
    """All of the report; ``schema_version`` first, keys always in the same order, no NaN or Infinity."""
    document = {"schema_version": report.schema_version} | {
        field.name: plain(getattr(report, field.name))
        for field in dataclasses.fields(report)
        if field.name not in ("schema_version", "files")
    }
    if report.files:
        document["files"] = [{"filename": file.filename, "title": file.title} for file in report.files]
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def by_weight(findings: Sequence[Finding]) -> list[Finding]:
    """Blockers first, then warnings, then notes; within each in the order in which they were found."""
    return sorted(findings, key=lambda finding: _WEIGHT[finding.severity])


def plain(value: object) -> object:
    """A value in JSON's types: times in ISO 8601 (UTC where they have a zone), what has no number as null."""
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case bytes():
            return value.hex()
        case Set():
            return sorted((plain(item) for item in value), key=str)
        case Sequence():
            return [plain(item) for item in value]
        case _ if dataclasses.is_dataclass(value):
            return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        case _:
            return str(value)


@cache
def _environment() -> Environment:
    # Loaded when a report is rendered: copy lanes hold an archive, but file nothing.
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("database_migration.reports", "templates"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "spell": cells.spell,
        "label": cells.label,
        "tone": cells.tone,
        "moment": cells.moment,
        "number_columns": cells.number_columns,
        "md_cell": cells.markdown_cell,
        "md_text": cells.markdown_text,
        "md_code": cells.markdown_code,
        "md_block": cells.markdown_block,
    }
    return environment


def render_index(migration: str, run_id: str, entries: Sequence[tuple[str, Report]]) -> str:
    """The page that links a run's reports; ``entries`` are (file name without suffix, report)."""
    template = _environment().get_template("index.html.j2")
    return template.render(migration=migration, run_id=run_id, entries=entries)


__all__ = ["by_weight", "plain", "render_html", "render_index", "render_json", "render_markdown"]
