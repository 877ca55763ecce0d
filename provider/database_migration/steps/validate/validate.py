"""Compares the two sides, while changes flow or when all stands still."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Set
from pathlib import Path

from database_migration.errors import Interrupted
from database_migration.ledger import Ledger
from database_migration.model.migration_state import Direction, Side
from database_migration.model.report import Report
from database_migration.model.table_selection import TablePair
from database_migration.steps.paused import require_not_paused
from database_migration.steps.quarantine_report import QuarantineState
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate.authors import told_apart
from database_migration.steps.validate.column_figures import compare_figures
from database_migration.steps.validate.compare_tables import compare_tables
from database_migration.steps.validate.counts import count_tables, find_orphans
from database_migration.steps.validate.difference import Difference, DifferenceKind
from database_migration.steps.validate.left_out import LeftOut
from database_migration.steps.validate.motion import Motion
from database_migration.steps.validate.options import ValidateOptions
from database_migration.steps.validate.query_pairs import ask_queries
from database_migration.steps.validate.repair import repair_rows
from database_migration.steps.validate.repeated_keys import find_repeated_keys
from database_migration.steps.validate.report import Results, build_report
from database_migration.steps.validate.row_values import RowKey
from database_migration.steps.validate.sampling import sample_table
from database_migration.steps.validate.sides import Sides
from database_migration.steps.validate.soda_rules import run_rules
from database_migration.steps.validate.tally import TableTally
from database_migration.steps.validate.waivers import WAIVED_NOTE

log = logging.getLogger(__name__)


def validate(run: MigrationRun, options: ValidateOptions) -> Report:
    """Compare every row of every table, count, sample, look for orphans and run the business rules.

    Online, and as long as the application writes to the source, rows may be on their way: a difference counts
    when it outlives replication (see ``motion``), so an applier has to be at work. Differences are
    blockers in the report unless their table is waived.

    :raises Interrupted: replication does not advance, so rows that differ cannot be judged.
    :raises Paused: somebody paused it.
    """
    began = time.monotonic()
    pairs = run.pairs()
    with run.current_ledger() as ledger:
        moving = _is_moving(run, ledger)
        if moving:
            require_not_paused(ledger)  # rows that differ could not be judged
        written_back = ledger.runs.require_current(run.run_id, run.spec_hash).serving is Side.TARGET
        if written_back:
            pairs = tuple(pair.written_back for pair in pairs)
        results = Results(
            moving,
            tallies={pair.source.name: TableTally(pair.source.name) for pair in pairs},
            keys={pair.source.name: [column.source.name for column in pair.row_key] for pair in pairs},
        )
        ledger.notes.put_note(WAIVED_NOTE, dict(options.waive))
        settle_seconds = options.settle.total_seconds()
        left_out = LeftOut(ledger.quarantine, pairs)
        epoch = ledger.epoch if moving else None
        with Motion(run, epoch, settle_seconds=settle_seconds, written_back=written_back) as motion:
            if options.checksum == "full":
                compare_tables(run, options, ledger, pairs, results.tallies, motion)
            else:
                results.counts = count_tables(run, ledger.quarantine.counts(), written_back=written_back)
            _sample(run, options, pairs, results, motion)
            if options.repair:
                _repair(run, ledger, pairs, results, motion, left_out)
            for tally in results.tallies.values():
                tally.keyless = left_out.without(tally.keyless)
            with Sides(run) as sides:
                for pair in pairs:
                    tally = results.tallies[pair.source.name]
                    if tally.differences:
                        told = told_apart(ledger, sides, pair, tally.differences.values())
                        tally.differences |= {one.key: one for one in told}
                results.queries = ask_queries(sides, options, motion)
                if options.figures:
                    apart = frozenset(left_out.counts)  # rows that were left out take part in the source's figures
                    compared = [
                        pair
                        for pair in pairs
                        if pair.source.name not in apart and not (written_back and pair.source.where)
                    ]
                    results.figures = [one for pair in compared for one in compare_figures(sides, pair)]
                if options.repeated_keys:
                    results.repeated = find_repeated_keys(sides, pairs)
                if options.orphans:
                    results.orphans = find_orphans(sides, pairs, left_out=frozenset(left_out.counts))
        results.quarantine = QuarantineState.of(ledger.quarantine)
        if options.soda is not None:
            results.rules = run_rules(run, options, pairs, Path(options.soda))
        ledger.runs.require_current(run.run_id, run.spec_hash)
    _refuse_unjudged(run, results)
    results.seconds = time.monotonic() - began
    return build_report(run, options, results)


def validate_rows(
    run: MigrationRun,
    touched: Mapping[str, Set[RowKey]],
    *,
    moving: bool = False,
    settle_seconds: float = 30.0,
    written_back: bool = False,
) -> list[Difference]:
    """Compare some rows by value: source tables' names to row keys (transfer texts, in row key order).

    For a last look at what was touched lately: when nobody writes and everything is applied, or, with
    ``moving``, while an applier works (rows that do not come to rest are left out then). ``written_back``: the target's
    changes were applied to the source.

    :raises Interrupted: with ``moving``, when replication does not advance.
    """
    pairs = {pair.source.name: pair.written_back if written_back else pair for pair in run.pairs()}
    differences: list[Difference] = []
    with run.current_ledger() as ledger:
        epoch = ledger.epoch if moving else None
        waits = Motion(run, epoch, settle_seconds=settle_seconds, written_back=written_back)
        with Sides(run) as sides, waits as motion:
            for table, keys in touched.items():
                judgement = motion.judge(sides, pairs[table], keys)
                if judgement.not_judged:
                    raise _stuck(run, len(judgement.not_judged))
                differences += judgement.differences
    return differences


def _is_moving(run: MigrationRun, ledger: Ledger) -> bool:
    if not run.online:
        return False
    state = ledger.runs.require_current(run.run_id, run.spec_hash)
    return state.serving is Side.SOURCE and ledger.positions.get(Direction.FORWARD) is not None


def _sample(
    run: MigrationRun, options: ValidateOptions, pairs: tuple[TablePair, ...], results: Results, motion: Motion
) -> None:
    if options.sample is None:
        return
    with Sides(run) as sides:
        for pair in pairs:
            if not pair.row_key:
                continue
            sample, judgement = sample_table(sides, pair, motion, rows=options.sample_rows, confidence=options.sample)
            results.samples.append(sample)
            results.tallies[pair.source.name].add(judgement)


def _repair(
    run: MigrationRun,
    ledger: Ledger,
    pairs: tuple[TablePair, ...],
    results: Results,
    motion: Motion,
    left_out: LeftOut,
) -> None:
    for pair in pairs:
        tally = results.tallies[pair.source.name]
        # Rows in quarantine are tried again: the source's may have been mended.
        waiting = left_out.keys(tally.table)
        found = [
            *tally.differences.values(),
            *(Difference(tally.table, DifferenceKind.MISSING, key) for key in waiting),
        ]
        if found:
            log.info("Repairing %d rows of %s.", len(found), pair.target.name)
            tally.replace(repair_rows(run, ledger, pair, found, motion))


def _refuse_unjudged(run: MigrationRun, results: Results) -> None:
    rows = sum(len(tally.not_judged) for tally in results.tallies.values())
    if rows:
        raise _stuck(run, rows)


def _stuck(run: MigrationRun, rows: int) -> Interrupted:
    return Interrupted(
        f"{rows} rows differ, and whether they are on their way cannot be told: replication did not advance.",
        mend=f"see that {run.migration}__replication runs and is not held by an error, then clear the task.",
        subject=run.migration,
    )


__all__ = ["validate", "validate_rows"]
