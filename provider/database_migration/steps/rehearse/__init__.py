"""Rehearse: the whole migration beforehand, beside the real target and away from traffic and writers."""

from __future__ import annotations

from database_migration.steps.rehearse.clear import clear_rehearsal
from database_migration.steps.rehearse.options import RehearsedSteps, RehearseOptions
from database_migration.steps.rehearse.outcome import Outcome, outcomes
from database_migration.steps.rehearse.rehearsal import Rehearsal, rehearsal_of
from database_migration.steps.rehearse.rehearse import rehearse

__all__ = [
    "Outcome",
    "Rehearsal",
    "RehearseOptions",
    "RehearsedSteps",
    "clear_rehearsal",
    "outcomes",
    "rehearsal_of",
    "rehearse",
]
