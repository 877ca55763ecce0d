"""The columns that the source got while the run went on, for the reports of the steps that meet them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from database_migration.ledger import Ledger
from database_migration.model.report import Finding, ReportTable, Severity
from database_migration.steps.known_columns import CARRIED_NOTE, left_out


def carried_tables(ledger: Ledger) -> tuple[ReportTable, ...]:
    """The columns that were carried over; nothing where there are none."""
    noted = cast("list[list[str]]", ledger.notes.get_note(CARRIED_NOTE) or [])
    if not noted:
        return ()
    columns = ("table", "column", "on the source", "log position", "at (UTC)")
    note = "Added on the source while the run went on, and on the target at the same place of the changes' order."
    return (ReportTable("Columns carried over", columns, tuple(tuple(line) for line in noted), note=note),)


def left_out_findings(
    ledger: Ledger, waived: Mapping[str, str], severity: Severity = Severity.WARNING
) -> list[Finding]:
    """One for each column that is left out: of this severity, or a note where the spec waives it."""
    return [
        _finding(f"{table}.{column}", waived.get(f"{table}.{column}"), severity)
        for table, columns in left_out(ledger).items()
        for column in columns
    ]


def _finding(column: str, reason: str | None, severity: Severity) -> Finding:
    message = "The column was added on the source while the run went on and is left out: the target does not have it."
    if reason is not None:
        return Finding(Severity.NOTE, "column_left_out", column, f"{message} Waived: {reason}")
    return Finding(
        severity,
        "column_left_out",
        column,
        message,
        "drop it on the source, or roll back and plan anew; or accept that it stays behind: steps: {cutover:"
        f" {{waive_columns: {{{column}: <reason>}}}}}} (this may be written while the run is under way).",
    )


__all__ = ["carried_tables", "left_out_findings"]
