"""Rehearses a migration once, compares that with the times before, and leaves nothing behind."""

from __future__ import annotations

import logging
from dataclasses import replace

from database_migration.errors import Interrupted, MigrationError
from database_migration.model.report import Report
from database_migration.steps.rehearse.clear import clear_behind, clear_rehearsal
from database_migration.steps.rehearse.options import RehearsedSteps, RehearseOptions
from database_migration.steps.rehearse.outcome import Outcome, note_outcome, outcomes
from database_migration.steps.rehearse.play import OnPhase, Play
from database_migration.steps.rehearse.rehearsal import (
    Rehearsal,
    require_apart,
    set_the_stage,
    stage_ledger,
    take_stage,
)
from database_migration.steps.rehearse.report import rehearsal_report

log = logging.getLogger(__name__)


def _quiet(phase: str) -> None:
    log.info("Rehearsing: %s.", phase)


def rehearse(
    rehearsal: Rehearsal,
    options: RehearseOptions,
    steps: RehearsedSteps,
    *,
    attempt: int = 1,
    on_phase: OnPhase = _quiet,
) -> Report:
    """One try; whatever becomes of it, nothing of it is left. What a killed one left is removed first.

    :raises Refused: what would stop the real run, or a stage that is one of the real databases.
    :raises Interrupted: a server went away; the next try begins anew.
    """
    require_apart(rehearsal)
    clear_rehearsal(rehearsal)
    rehearsed = replace(rehearsal.rehearsed, run_id=f"{rehearsal.run.run_id}__{attempt}")
    rehearsed.forget_selection()
    rehearsal = replace(rehearsal, rehearsed=rehearsed)
    with rehearsal.run.current_ledger():
        set_the_stage(rehearsal)
    outcome = Outcome(attempt, cloned=rehearsal.cloned)
    play = Play(rehearsal, options, steps, outcome, on_phase)
    with stage_ledger(rehearsal) as stage:
        if stage is None or not take_stage(rehearsal, stage.session):
            raise Interrupted(
                "another rehearsal of this migration is at work.",
                mend="let it end; the task tries again.",
                subject=rehearsal.run.migration,
            )
        try:
            play.play()
        except MigrationError:
            try:
                clear_behind(rehearsal, stage)
            except MigrationError:
                log.exception("The rehearsal could not be removed; the task clear does it.")
            raise
        clear_behind(rehearsal, stage)
    with rehearsal.run.current_ledger() as ledger:
        note_outcome(ledger, outcome)
        known = [one for one in outcomes(ledger) if one.attempt <= attempt]
    return rehearsal_report(rehearsal, options, known, play.told)


__all__ = ["rehearse"]
