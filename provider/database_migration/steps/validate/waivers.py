"""Differences that somebody has accepted by name: of a whole table, or of one row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from database_migration.model.report import Finding, Severity
from database_migration.steps.validate.difference import Difference

WAIVED_NOTE = "validate_waived"
"""The ledger's note of the names and reasons, for the cutover, which compares again."""


@dataclass(frozen=True, slots=True)
class Waivers:
    """``table`` or ``table/key`` (a key's parts between slashes), by the source's names, to the reason."""

    reasons: Mapping[str, str]

    def of_row(self, table: str, key: tuple[str, ...]) -> str | None:
        """The reason why this very row may differ."""
        return self.reasons.get("/".join((table, *key))) if key else None

    def of(self, one: Difference) -> str | None:
        """The reason why a row may differ, by its own name or its table's."""
        return self.of_row(one.table, one.key) or self.reasons.get(one.table)

    def applied(self, finding: Finding) -> Finding:
        """A blocker of a waived table becomes a warning; subjects are ``table`` or ``table.object``."""
        reason = self.reasons.get(finding.subject.partition(".")[0])
        if finding.severity is not Severity.BLOCKER or reason is None:
            return finding
        return replace(finding, severity=Severity.WARNING, message=f"{finding.message} Waived: {reason}")


__all__ = ["WAIVED_NOTE", "Waivers"]
