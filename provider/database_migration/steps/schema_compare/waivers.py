"""Findings that somebody accepts by name and with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import cast

from database_migration.ledger import Ledger
from database_migration.model.report import Finding, Severity

_NOTE = "schema_waivers"


def apply_waivers(
    findings: Iterable[Finding], waive: Mapping[str, str], *, report_unused: bool = True
) -> list[Finding]:
    """The findings, waived ones as notes with their reason; a waiver that meets nothing is a note too.

    A waiver's key is a finding's code, its subject, or ``code:subject``.
    """
    used: set[str] = set()
    outcome = []
    for finding in findings:
        keys = (f"{finding.code}:{finding.subject}", finding.subject, finding.code)
        key = next((key for key in keys if key in waive), None)
        if key is None:
            outcome.append(finding)
            continue
        used.add(key)
        message = f"{finding.message} Waived: {waive[key]}"
        outcome.append(replace(finding, severity=Severity.NOTE, message=message))
    outcome += [
        Finding(Severity.NOTE, "waiver_unused", key, "The waiver meets no finding.", "take it out of the spec.")
        for key in waive
        if report_unused and key not in used
    ]
    return outcome


def note_waivers(ledger: Ledger, waive: Mapping[str, str]) -> None:
    """Store what is accepted, for later steps that compare again."""
    ledger.notes.put_note(_NOTE, dict(waive))


def noted_waivers(ledger: Ledger) -> Mapping[str, str]:
    """What was accepted when schemas were compared first."""
    return cast("dict[str, str]", ledger.notes.get_note(_NOTE) or {})


__all__ = ["apply_waivers", "note_waivers", "noted_waivers"]
