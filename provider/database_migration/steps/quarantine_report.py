"""What is in quarantine, for the reports of the steps that put rows there, compare around them or wait for a waiver."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from database_migration.ledger import Quarantine, QuarantinedRow
from database_migration.model.report import Finding, ReportScript, ReportTable, Severity

_LISTED = 100


@dataclass(frozen=True, slots=True)
class QuarantineState:
    """Rows by source table, and the first of each as they were left out."""

    counts: Mapping[str, int]
    kinds: Mapping[str, Mapping[tuple[str, str | None], int]]
    listed: Mapping[str, Sequence[QuarantinedRow]]

    @classmethod
    def of(cls, lines: Quarantine) -> QuarantineState:
        """What the ledger has now."""
        counts = lines.counts()
        kinds = {table: lines.kinds(table) for table in counts}
        return cls(counts, kinds, {table: list(lines.rows(table, at_most=_LISTED)) for table in counts})

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(self.counts.values())

    def findings(self, waived: Mapping[str, str], severity: Severity = Severity.WARNING) -> list[Finding]:
        """One for each table: of this severity, or a note where the spec waives it."""
        return [self._finding(table, waived.get(table), severity) for table in self.counts]

    def _finding(self, table: str, reason: str | None, severity: Severity) -> Finding:
        kinds = self.kinds[table].items()
        words = ", ".join(f"{kind} in {column}: {n}" if column else f"{kind}: {n}" for (kind, column), n in kinds)
        keys = ", ".join("/".join(row.key) for row in self.listed[table][:5] if row.key)
        message = f"{self.counts[table]:,} rows are in quarantine and not in the target's table ({words})"
        message += f"; keys: {keys}." if keys else "."
        if reason is not None:
            return Finding(Severity.NOTE, "quarantine", table, f"{message} Waived: {reason}")
        return Finding(
            severity,
            "quarantine",
            table,
            message,
            "correct the rows on the source: replication lets them in, as does steps.validate.repair: true; or accept"
            f" that they stay behind: steps: {{cutover: {{waive_quarantine: {{{table}: <reason>}}}}}} (this may be"
            " written while the run is under way).",
        )

    def tables(self) -> list[ReportTable]:
        """The rows, by table."""
        return [
            ReportTable(
                f"Rows of {table} in quarantine",
                ("key", "column", "kind", "why", "met by", "at (UTC)"),
                tuple(("/".join(row.key), row.column, row.kind, row.reason, row.origin, _moment(row)) for row in rows),
                note=f"{len(rows)} of {self.counts[table]} listed. Their values are in the ledger, the table"
                " database_migration.quarantine on the target.",
            )
            for table, rows in self.listed.items()
        ]


def quarantine_csv(lines: Quarantine) -> ReportScript:
    """Every row with its values, to be filed beside a report, for when the ledger is gone."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("table", "key", "column", "kind", "reason", "met by", "at (UTC)", "values"))
    for table in lines.counts():
        for row in lines.rows(table):
            values = json.dumps(row.values)
            key = json.dumps(row.key)
            writer.writerow((table, key, row.column, row.kind, row.reason, row.origin, _moment(row), values))
    return ReportScript("Rows that stay in quarantine", text.getvalue(), filename="quarantine.csv", language="csv")


def _moment(row: QuarantinedRow) -> str:
    return "" if row.at is None else row.at.isoformat(sep=" ", timespec="seconds")


__all__ = ["QuarantineState", "quarantine_csv"]
