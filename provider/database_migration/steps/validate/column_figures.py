"""Every column in figures that a person can check: NULLs, least, greatest and sum, side by side.

Checksums see more; these are what an auditor can ask the servers for again. While replication runs they are taken
as the table is at two moments, so a difference is only noted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from database_migration.engines.protocol import ColumnFigures, Measure
from database_migration.model.column_type import Form, Kind
from database_migration.model.report import Finding, ReportTable, Severity
from database_migration.model.table_selection import ColumnPair, TablePair
from database_migration.steps.validate.masking import HIDDEN, Mask
from database_migration.steps.validate.sides import Sides

_LONGEST_SUM = 40
"""Digits of decimals up to which a server adds them up without losing any."""
_TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT, Kind.ENUM, Kind.SET})
_BYTES = frozenset({Kind.BINARY, Kind.VARBINARY, Kind.BLOB})
_CLOSE = 1e-12


@dataclass(frozen=True, slots=True)
class ColumnsCompared:
    """A column's figures on both sides."""

    table: str
    column: str
    measure: Measure
    source: ColumnFigures
    target: ColumnFigures

    @property
    def differing(self) -> tuple[str, ...]:
        """Which of the figures differ."""
        names = ("nulls", "least", "most", "total")
        pairs = [(str(getattr(self.source, name)), str(getattr(self.target, name))) for name in names]
        return tuple(name for name, (one, other) in zip(names, pairs, strict=True) if not _same(one, other))


def compare_figures(sides: Sides, pair: TablePair) -> list[ColumnsCompared]:
    """The figures of every column of a table, both sides asked at the same time."""
    asked = [(column, _measure(column)) for column in pair.columns]
    run = sides.run
    source, target = sides.both(
        lambda session: run.source.engine.rows.column_figures(
            session, run.source.schema, pair.source, [(column.on_source, measure) for column, measure in asked]
        ),
        lambda session: run.target.engine.rows.column_figures(
            session, run.target.schema, pair.target, [(column.on_target, measure) for column, measure in asked]
        ),
    )
    return [
        ColumnsCompared(pair.source.name, column.source.name, measure, one, other)
        for (column, measure), one, other in zip(asked, source, target, strict=True)
    ]


def figure_findings(
    found: Sequence[ColumnsCompared], *, moving: bool, explained: Set[str], mask: Mask
) -> list[Finding]:
    """A finding for each column whose figures differ without a row that does: a blocker where both sides stand still.

    ``explained``: tables of which rows that differ are told by themselves.
    """
    return [_finding(one, moving, mask) for one in found if one.differing and one.table not in explained]


def _finding(one: ColumnsCompared, moving: bool, mask: Mask) -> Finding:
    said = ", ".join(
        f"{name} {_shown(one, name, one.source, mask)} on the source,"
        f" {_shown(one, name, one.target, mask)} on the target"
        for name in one.differing
    )
    mend = (
        "nothing: writes go on while the tables are read." if moving else "compare with steps.validate.checksum: full."
    )
    severity = Severity.NOTE if moving else Severity.BLOCKER
    return Finding(severity, "figures_differ", f"{one.table}.{one.column}", f"{said}.", mend)


def figure_table(found: Sequence[ColumnsCompared], mask: Mask) -> ReportTable:
    """For the report: one value where both sides have it, both where they differ."""
    return ReportTable(
        "Columns",
        ("table", "column", "NULLs", "least", "greatest", "sum", "of what"),
        tuple(
            (one.table, one.column, *(_cell(one, name, mask) for name in ("nulls", "least", "most", "total")),
             _WORDS[one.measure])
            for one in found
        ),
    )  # fmt: skip


_WORDS = {
    Measure.NUMBER: "values",
    Measure.RANGE: "values",
    Measure.OCTETS: "octets",
    Measure.BYTES: "octets",
    Measure.NULLS: "",
}


def _measure(column: ColumnPair) -> Measure:
    """What both sides can tell alike of a column's values; text on either side makes no numbers."""
    kinds = {column.source.type.kind, column.target.type.kind}
    number = column.form in (Form.INTEGER, Form.DECIMAL, Form.YEAR, Form.BOOLEAN) and not kinds & _TEXTS
    if number and max(column.source.type.precision or 0, column.target.type.precision or 0) <= _LONGEST_SUM:
        return Measure.NUMBER
    if (number or column.form in (Form.DOUBLE, Form.DATE, Form.DATETIME, Form.TIMESTAMP)) and not kinds & _TEXTS:
        return Measure.RANGE
    if column.form is Form.TEXT and kinds <= _TEXTS:
        return Measure.OCTETS
    if column.form is Form.BINARY and kinds <= _BYTES:
        return Measure.BYTES
    return Measure.NULLS


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    try:
        mine, its = Decimal(one), Decimal(other)
    except InvalidOperation:
        return False
    return mine == its or ("e" in f"{one}{other}".lower() and math.isclose(mine, its, rel_tol=_CLOSE))


def _cell(one: ColumnsCompared, name: str, mask: Mask) -> str:
    here, there = _shown(one, name, one.source, mask), _shown(one, name, one.target, mask)
    return f"{here} ≠ {there}" if name in one.differing else here


def _shown(one: ColumnsCompared, name: str, figures: ColumnFigures, mask: Mask) -> str:
    value = getattr(figures, name)
    if value is None:
        return ""
    hidden = name != "nulls" and one.measure in (Measure.NUMBER, Measure.RANGE) and mask.hides(one.table, one.column)
    return HIDDEN if hidden else str(value)


__all__ = ["ColumnsCompared", "compare_figures", "figure_findings", "figure_table"]
