"""Findings that somebody accepts by name and with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from database_migration.model.report import Finding, Severity


def apply_waivers(findings: Iterable[Finding], waive: Mapping[str, str]) -> list[Finding]:
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
        if key not in used
    ]
    return outcome


__all__ = ["apply_waivers"]
