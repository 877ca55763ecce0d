"""What a step has to tell, as data; rendering it is the business of ``reports``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Scalar = str | int | float | bool | None


class Severity(StrEnum):
    """How much a finding weighs."""

    BLOCKER = "blocker"
    """The run stops until it is mended."""
    WARNING = "warning"
    """Behaviour will differ or care is needed; the run goes on."""
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a reader should know, with what to do about it."""

    severity: Severity
    code: str
    """A stable, lower-case word by which a waiver names it (``binlog_row_metadata``, ``collation_lost``)."""
    subject: str
    """The object it is about: ``shop.orders.total``, ``source server``."""
    message: str
    mend: str = ""
    """The exact statement, setting or spec line that mends it."""


class Verdict(StrEnum):
    """What a report comes to."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ReportTable:
    """Rows under headings."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Scalar, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReportScript:
    """Text that a person may run or read: DDL, a query, a routine's source."""

    title: str
    text: str
    filename: str = ""
    """Where given, the text is also filed under this name beside the report (``V1__tables.sql``)."""
    language: str = "sql"


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file that is filed beside the report as it is; the report's own forms only name it."""

    filename: str
    content: bytes | None
    """None: it lies there already, as beside a report that was read back."""
    title: str


@dataclass(frozen=True, slots=True)
class PlotMark:
    """Something beside the bars of a gantt picture, at a place on its axis."""

    label: str
    kind: str
    """``gate`` (a diamond in a row), ``window`` (a band through all rows) or ``later`` (a word above the rows)."""
    at: float
    until: float = 0.0
    """Where a window ends."""
    row: str = ""
    """The label of the row that a gate stands in."""


@dataclass(frozen=True, slots=True)
class ReportPlot:
    """A picture drawn from numbers when the report is rendered.

    ``kind``: ``line`` (series over ``x``), ``bar`` (series per label in ``x``) or ``gantt`` (series
    ``start`` and ``length`` per label in ``x``, and ``slack``, which a bar may take longer, where given).
    """

    title: str
    kind: str
    x: tuple[Scalar, ...]
    series: Mapping[str, tuple[float, ...]]
    x_label: str = ""
    y_label: str = ""
    marks: Sequence[PlotMark] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A step's whole outcome."""

    stem: str
    """The step: ``preflight``, ``schema_compare``, …"""
    title: str
    verdict: Verdict
    migration: str
    run_id: str
    created_at: datetime
    summary: Mapping[str, Scalar] = field(default_factory=dict)
    """Figures worth a line each, in the order in which they are read."""
    findings: Sequence[Finding] = ()
    tables: Sequence[ReportTable] = ()
    scripts: Sequence[ReportScript] = ()
    plots: Sequence[ReportPlot] = ()
    data: Mapping[str, object] = field(default_factory=dict)
    """Machine-readable detail for the JSON form only; JSON types throughout."""
    files: Sequence[ReportFile] = ()
    """What else is filed beside it."""
    schema_version: int = 1

    @property
    def blockers(self) -> tuple[Finding, ...]:
        """Findings that stop the run."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.BLOCKER)


def verdict_of(findings: Sequence[Finding]) -> Verdict:
    """The verdict that a list of findings comes to by its heaviest."""
    severities = {finding.severity for finding in findings}
    if Severity.BLOCKER in severities:
        return Verdict.FAILED
    return Verdict.WARNED if Severity.WARNING in severities else Verdict.PASSED


__all__ = [
    "Finding",
    "PlotMark",
    "Report",
    "ReportFile",
    "ReportPlot",
    "ReportScript",
    "ReportTable",
    "Scalar",
    "Severity",
    "Verdict",
    "verdict_of",
]
