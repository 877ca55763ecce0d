"""Puts the name of who opened the gate under the validation report."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from database_migration.model.report import Finding, ReportTable, Severity
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate.waivers import WAIVED_NOTE, Waivers

_NOBODY = "nobody (the gate's time ran out)"


def sign_off(run: MigrationRun, by: str, at: datetime, waivers: Waivers) -> bool:
    """File the run's validation report again with name and time; False where there is none.

    Validating again files a report that nobody has signed.
    """
    report = run.archive.read(run.migration, run.run_id, "validate")
    if report is None:
        return False
    name, moment = by or _NOBODY, f"{at:%Y-%m-%d %H:%M:%S} UTC"
    accepted = [finding for finding in report.findings if finding.severity is Severity.WARNING]
    table = ReportTable(
        "Sign-off",
        ("by", "at", "verdict", "accepted with it"),
        ((name, moment, report.verdict.value, "; ".join(map(_words, accepted)) or "nothing"),),
        note="; ".join(f"{exception}: {reason}" for exception, reason in waivers.reasons.items()),
    )
    tables = [one for one in report.tables if one.title != table.title]
    summary = {**report.summary, "signed_off_by": name, "signed_off_at": moment}
    run.archive.file(replace(report, summary=summary, tables=(table, *tables)))
    with run.current_ledger() as ledger:
        ledger.notes.put_note(WAIVED_NOTE, dict(waivers.reasons))
    return True


def _words(finding: Finding) -> str:
    return f"{finding.subject}: {finding.message}"


__all__ = ["sign_off"]
