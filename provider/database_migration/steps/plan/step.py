"""Writes the execution plan: order, volumes, lanes, a time estimate from a measured probe, and what must hold."""

from __future__ import annotations

from database_migration.ledger import Ledger
from database_migration.model.report import Finding, Report, Severity
from database_migration.steps.plan.estimate import (
    Seconds,
    copy_seconds,
    index_seconds,
    proposed_lanes,
    rates_of,
    validation_seconds,
)
from database_migration.steps.plan.execution_plan import ExecutionPlan, plan_report
from database_migration.steps.plan.options import PlanOptions
from database_migration.steps.plan.probe import Measured, probe
from database_migration.steps.plan.volumes import TableVolume, table_volumes
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import (
    ExpectedSchema,
    expected_target,
    remember_source,
    require_unchanged,
)


def plan(run: MigrationRun, options: PlanOptions) -> Report:
    """Plan the run and remember the source's schema; only the probe touches the target, and takes it back.

    :raises SourceChanged: tables were created for another schema than the source has now.
    """
    with run.current_ledger() as ledger:
        source = run.source.read_schema()
        if ledger.objects.all():
            require_unchanged(run, ledger, source)  # a second plan must not hide what the first one did not know
        expected = expected_target(run, ledger, source)
        volumes = table_volumes(run, expected, options.chunk_rows)
        measured, findings = probe(run, volumes, rows=options.probe_rows, tables=options.probe_tables)
        made = _build(expected, volumes, measured, options)
        ledger.runs.require_current(run.run_id, run.spec_hash)
        remember_source(run, ledger, source)
        _note(ledger, made, options)
    if made.rates is None:
        findings.append(_no_estimate())
    return plan_report(run, options, made, findings)


def _build(
    expected: ExpectedSchema, volumes: list[TableVolume], measured: list[Measured], options: PlanOptions
) -> ExecutionPlan:
    rates = rates_of(volumes, measured)
    lanes = options.lanes or proposed_lanes(volumes)
    copies = {volume.name: copy_seconds(volume, rates, lanes=lanes) for volume in volumes} if rates else {}
    phases = {}
    if rates:
        phases = {
            "copy": sum(copies.values(), Seconds(0.0, 0.0)),
            "indexes and keys": index_seconds(volumes, options.index_rows_per_second),
            "validate": validation_seconds(volumes, rates),
        }
    return ExecutionPlan(expected, volumes, measured, rates, lanes, copies, phases)


def _note(ledger: Ledger, made: ExecutionPlan, options: PlanOptions) -> None:
    ledger.notes.put_note(
        "plan",
        {
            "lanes": made.lanes,
            "chunk_rows": options.chunk_rows,
            "rows": sum(volume.rows for volume in made.volumes),
            "bytes": sum(volume.bytes for volume in made.volumes),
            "seconds_low": made.total.low,
            "seconds_high": made.total.high,
        },
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
