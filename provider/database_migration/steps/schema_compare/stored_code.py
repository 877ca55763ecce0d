"""What becomes of triggers, routines and events: they are listed, never translated silently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from database_migration.engines.protocol import StoredCodeCarrier
from database_migration.model.report import Finding, ReportScript, Severity
from database_migration.model.schema import CodeKind, StoredCode
from database_migration.steps.schema_compare.effort import Effort, code_effort
from database_migration.steps.schema_compare.expected.code import ExpectedCode

CARRIED, REPLACED, MANUAL = "carried", "replaced", "manual"


@dataclass(frozen=True, slots=True)
class CodeOutcome:
    """A piece of stored code and what became of it."""

    code: StoredCode
    outcome: str
    """``carried``: the target has one of this kind and name, or gets it by itself. ``replaced``: the spec says by
    what. ``manual``."""
    reason: str

    @property
    def effort(self) -> Effort:
        """Points; none where nothing is left to do."""
        effort = code_effort(self.code)
        return effort if self.outcome == MANUAL else Effort(effort.kind, effort.name, 0.0, (self.reason,))


def code_outcomes(
    source: Iterable[StoredCode],
    target: Iterable[StoredCode],
    replaced: Mapping[str, str],
    expected: Iterable[ExpectedCode] = (),
) -> list[CodeOutcome]:
    """What became of each piece of the source's stored code; ``replaced``: name → by what.

    ``expected``: what becomes of it by itself.
    """
    by_itself = {(one.source.kind, one.source.name): one for one in expected}
    # A function may stand in for a procedure and the other way round: callers use both alike.
    there = {(_family(code.kind), code.name.lower()) for code in target}
    outcomes = []
    for code in source:
        if code.name in replaced:
            outcomes.append(CodeOutcome(code, REPLACED, replaced[code.name]))
        elif (_family(code.kind), code.name.lower()) in there:
            outcomes.append(CodeOutcome(code, CARRIED, "the target has one of this name"))
        else:
            one = by_itself.get((code.kind, code.name))
            outcome = MANUAL if one is None or one.statement is None else CARRIED
            outcomes.append(CodeOutcome(code, outcome, one.reason if one else "its language is the source's"))
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


def stub_script(
    carrier: StoredCodeCarrier, schema: str, outcomes: Iterable[CodeOutcome], code: Iterable[ExpectedCode], dialect: str
) -> list[ReportScript]:
    """``stubs.sql``: an outline in the target's language of each piece that is left to a person; never executed."""
    left = {(outcome.code.kind, outcome.code.name) for outcome in outcomes if outcome.outcome == MANUAL}
    seen: Counter[str] = Counter()
    stubs = []
    for one in code:
        if (one.source.kind, one.source.name) in left:
            seen[one.source.name] += 1
            again = seen[one.source.name]  # of several routines of one name each gets a name of its own
            named = one.source if again == 1 else replace(one.source, name=f"{one.source.name}_{again}")
            stubs.append(carrier.stub(schema, named, dialect=dialect))
    if not stubs:
        return []
    head = (
        "-- Outlines of what is left to a person. Each can be created as it is, and fails when it is called. Write\n"
        "-- the bodies, then name this file in steps.apply_schema.scripts; nothing executes it before."
    )
    return [ReportScript("Stubs of stored code", "\n\n".join([head, *stubs]) + "\n", "stubs.sql")]


def code_scripts(outcomes: Iterable[CodeOutcome]) -> list[ReportScript]:
    """The source texts, for whoever carries them."""
    return [
        ReportScript(f"{outcome.code.kind.value} {outcome.code.name}: {outcome.outcome}", outcome.code.definition)
        for outcome in outcomes
    ]


__all__ = [
    "CARRIED",
    "MANUAL",
    "REPLACED",
    "CodeOutcome",
    "code_findings",
    "code_outcomes",
    "code_scripts",
    "stub_script",
]
