"""What rehearsals measured, in the place of what a probe foretells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from database_migration.ledger import Ledger
from database_migration.model.report import ReportTable
from database_migration.steps.plan.estimate import Estimate, Phase
from database_migration.steps.plan.seconds import around, spoken

Tries = Sequence[Mapping[str, float]]
"""Seconds by phase, a mapping for each rehearsal."""

_MOST = 9


def rehearsed_seconds(ledger: Ledger) -> Tries:
    """The phases of the run's rehearsals as the ledger has them; empty where there was none."""
    notes = [ledger.notes.get_note(f"rehearsal_{attempt}") for attempt in range(1, _MOST + 1)]
    return [cast("Mapping[str, float]", note["seconds"]) for note in notes if isinstance(note, dict)]


def with_rehearsals(estimate: Estimate | None, tries: Tries) -> Estimate | None:
    """The estimate with the measured seconds of every phase that was rehearsed, a little wider than they spread."""
    if estimate is None or not tries:
        return estimate
    return replace(estimate, phases=tuple(_measured(phase, tries) for phase in estimate.phases))


def rehearsal_table(tries: Tries) -> list[ReportTable]:
    """Seconds by phase and try."""
    if not tries:
        return []
    return [
        ReportTable(
            "Rehearsals",
            ("phase", *(f"try {number}, s" for number in range(1, len(tries) + 1))),
            tuple((name, *(one.get(name) for one in tries)) for name in tries[-1]),
            note="Phases that were rehearsed take their time in this plan from here.",
        )
    ]


def _measured(phase: Phase, tries: Tries) -> Phase:
    seconds = [one[phase.name] for one in tries if phase.name in one]
    if not seconds:
        return phase
    told = " and ".join(spoken(each) for each in seconds)
    return Phase(phase.name, around(seconds), f"rehearsed: {told} (the probe: {phase.seconds})")


__all__ = ["Tries", "rehearsal_table", "rehearsed_seconds", "with_rehearsals"]
