"""What becomes of triggers, routines and events: they are listed, never translated silently."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from database_migration.model.report import Finding, ReportScript, Severity
from database_migration.model.schema import CodeKind, StoredCode
from database_migration.steps.schema_compare.effort import Effort, code_effort

CARRIED, REPLACED, MANUAL = "carried", "replaced", "manual"


@dataclass(frozen=True, slots=True)
class CodeOutcome:
    """A piece of stored code and what became of it."""

    code: StoredCode
    outcome: str
    """``carried``: the target has one of this kind and name. ``replaced``: the spec says by what. ``manual``."""
    reason: str

    @property
    def effort(self) -> Effort:
        """Points; none where nothing is left to do."""
        effort = code_effort(self.code)
        return effort if self.outcome == MANUAL else Effort(effort.kind, effort.name, 0.0, (self.reason,))


def code_outcomes(
    source: Iterable[StoredCode], target: Iterable[StoredCode], replaced: Mapping[str, str]
) -> list[CodeOutcome]:
    """What became of each piece of the source's stored code; ``replaced``: name → by what."""
    # A function may stand in for a procedure and the other way round: callers use both alike.
    there = {(_family(code.kind), code.name.lower()) for code in target}
    outcomes = []
    for code in source:
        if code.name in replaced:
            outcomes.append(CodeOutcome(code, REPLACED, replaced[code.name]))
        elif (_family(code.kind), code.name.lower()) in there:
            outcomes.append(CodeOutcome(code, CARRIED, "the target has one of this name"))
        else:
            outcomes.append(CodeOutcome(code, MANUAL, "its language is the source's"))
    return outcomes


def _family(kind: CodeKind) -> str:
    return "routine" if kind in (CodeKind.FUNCTION, CodeKind.PROCEDURE) else kind.value


def code_findings(outcomes: Iterable[CodeOutcome]) -> list[Finding]:
    """A warning for each piece that is left to a person."""
    return [
        Finding(
            Severity.WARNING,
            f"{outcome.code.kind.value}_manual",
            outcome.code.name,
            f"The {outcome.code.kind.value} is not created on the target: {outcome.reason}.",
            "write it in the target's language and name the file in steps.apply_schema.scripts, or name what replaces"
            " it in steps.schema_compare.replaced_code; its source is in this report.",
        )
        for outcome in outcomes
        if outcome.outcome == MANUAL
    ]


def code_scripts(outcomes: Iterable[CodeOutcome]) -> list[ReportScript]:
    """The source texts, for whoever carries them."""
    return [
        ReportScript(f"{outcome.code.kind.value} {outcome.code.name}: {outcome.outcome}", outcome.code.definition)
        for outcome in outcomes
    ]


__all__ = ["CARRIED", "MANUAL", "REPLACED", "CodeOutcome", "code_findings", "code_outcomes", "code_scripts"]
