"""Writes the execution plan: order, volumes, lanes, times from a measured probe, windows, and what must hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from database_migration.ledger import Ledger
from database_migration.model.report import Finding, Report, Severity
from database_migration.steps.plan.estimate import Estimate, estimate, outruns, proposed_lanes
from database_migration.steps.plan.execution_plan import ExecutionPlan
from database_migration.steps.plan.openings import opening
from database_migration.steps.plan.options import PlanOptions
from database_migration.steps.plan.plan_report import plan_report
from database_migration.steps.plan.probe import probe
from database_migration.steps.plan.rehearsed import Tries, rehearsed_seconds, with_rehearsals
from database_migration.steps.plan.volumes import TableVolume, table_volumes
from database_migration.steps.plan.write_rate import WriteRate
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import (
    ExpectedSchema,
    expected_target,
    remember_source,
    require_unchanged,
)

_ONE_CHUNK_MATTERS = 0.5
"""Share of the copy above which a table of one chunk is worth a word."""


def plan(run: MigrationRun, options: PlanOptions) -> Report:
    """Plan the run and remember the source's schema; only the probe touches the target, and takes it back.

    :raises SourceChanged: tables were created for another schema than the source has now.
    """
    with run.current_ledger() as ledger, _watched(run, options) as writes:
        source = run.source_schema()
        if ledger.objects.all():
            require_unchanged(run, ledger, source)  # a second plan must not hide what the first one did not know
        expected = expected_target(run, ledger, source)
        tries = rehearsed_seconds(ledger)
        made, findings = _make(run, options, expected, writes, tries)
        ledger.runs.require_current(run.run_id, run.spec_hash)
        remember_source(run, ledger, source)
        _note(ledger, made, options)
    findings += _said_of(made, made.estimate)
    return plan_report(run, options, made, findings)


@contextmanager
def _watched(run: MigrationRun, options: PlanOptions) -> Iterator[WriteRate | None]:
    """Counts the source's writes meanwhile; None where nothing is replicated, measured or to be observed."""
    if not (run.online and options.observe_writes and options.probe_rows):
        yield None
        return
    with run.source.connect("plan") as session:
        yield WriteRate(run, session)


def _make(
    run: MigrationRun, options: PlanOptions, expected: ExpectedSchema, watched: WriteRate | None, tries: Tries
) -> tuple[ExecutionPlan, list[Finding]]:
    volumes = table_volumes(run, expected, options)
    lanes = options.lanes or proposed_lanes(volumes)
    measured, findings = probe(run, volumes, rows=options.probe_rows, tables=options.probe_tables, lanes=lanes)
    writes = watched.rows_per_second(options.observe_writes) if watched else None
    found = with_rehearsals(estimate(volumes, measured, options, lanes=lanes, writes=writes), tries)
    made_at: datetime = run.now()
    openings = {}
    if found is not None:
        openings = {name: opening(window, made_at, found.total) for name, window in options.windows.items()}
    return ExecutionPlan(made_at, expected, volumes, measured, lanes, writes, found, openings, tries), findings


def _note(ledger: Ledger, made: ExecutionPlan, options: PlanOptions) -> None:
    ledger.notes.put_note(
        "plan",
        {
            "lanes": made.lanes,
            "chunk_rows": options.chunk_rows,
            "rows": made.rows,
            "bytes": made.bytes,
            "seconds_low": None if made.ready is None else made.ready.low,
            "seconds_high": None if made.ready is None else made.ready.high,
        },
    )


def _said_of(made: ExecutionPlan, found: Estimate | None) -> list[Finding]:
    """What the person at the gate should not overlook."""
    if found is None:
        return [_no_estimate()]
    findings = [one.finding(name, made.made_at, found.total) for name, one in made.openings.items()]
    if made.writes is not None and outruns(made.writes, found.apply_rows_per_second):
        findings.append(_outrun(made.writes, found))
    uncut = [volume for volume in made.volumes if volume.chunks == 1 and volume.rows]
    longest = max(uncut, key=lambda volume: found.copies[volume.name].high, default=None)
    if longest is not None and made.lanes > 1 and _share(longest, made, found) > _ONE_CHUNK_MATTERS:
        findings.append(_one_chunk(longest, found))
    return findings


def _share(volume: TableVolume, made: ExecutionPlan, found: Estimate) -> float:
    whole = found.by_lanes[made.lanes].middle
    return found.copies[volume.name].middle / whole if whole and made.chunks > len(made.volumes) else 0.0


def _outrun(writes: float, found: Estimate) -> Finding:
    apply = found.apply_rows_per_second
    told = "" if apply is None else f" and {apply.low:,.0f} to {apply.high:,.0f} are applied"
    return Finding(
        Severity.WARNING,
        "writes_outrun_applying",
        "catch up",
        f"The source's writers write {writes:,.0f} rows a second{told}: catching up may take very long, or not end"
        " while they write as much.",
        "let the copy run when they write less, or select fewer tables for one migration.",
    )


def _one_chunk(volume: TableVolume, found: Estimate) -> Finding:
    return Finding(
        Severity.NOTE,
        "one_chunk",
        volume.name,
        f"The table cannot be cut into chunks, so one lane copies it whole in {found.copies[volume.name]}; more lanes"
        " do not shorten the copy below that.",
        "a primary key would let it be cut.",
    )


def _no_estimate() -> Finding:
    return Finding(
        Severity.NOTE,
        "no_time_estimate",
        "plan",
        "No table could be sampled, so there is no time estimate.",
        "set steps.plan.probe_rows above 0, or measure a copy of the largest table by hand.",
    )


__all__ = ["plan"]
