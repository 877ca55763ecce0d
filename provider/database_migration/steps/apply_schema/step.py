"""Creates what the comparison expects, in two stages around the copy, and stores how each object is taken back."""

from __future__ import annotations

from database_migration.errors import Interrupted
from database_migration.ledger import Ledger
from database_migration.model.migration_state import Checkpoint, Phase
from database_migration.model.report import Finding, Report, ReportScript, ReportTable, verdict_of
from database_migration.steps.apply_schema.create import Created
from database_migration.steps.apply_schema.keys_stage import KeysStage
from database_migration.steps.apply_schema.options import ApplySchemaOptions, Stage
from database_migration.steps.apply_schema.tables_stage import create_tables, drop_earlier
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import (
    ExpectedSchema,
    compare_with_ledger,
    expected_target,
    read_target,
    remember_target,
    require_unchanged,
)
from database_migration.steps.schema_compare.scripts import statement_text
from database_migration.steps.schema_compare.step import difference_findings
from database_migration.steps.schema_compare.waivers import apply_waivers, noted_waivers
from database_migration.steps.wait_for_lock import wait_for_lock


def apply_schema(run: MigrationRun, options: ApplySchemaOptions, stage: Stage) -> Report:
    """Create tables (before the copy) or everything else (after it) on the target; again is harmless.

    :raises TargetNotOurs: a table that no run of this migration created stands in the way.
    :raises SourceChanged: the source's schema is not the one that was planned for.
    :raises Interrupted: another session applies this migration's schema at this moment.
    """
    with run.current_ledger() as ledger:
        name = f"database_migration:{run.migration}:apply_schema"
        if not wait_for_lock(lambda: ledger.session.try_lock(name)):
            raise Interrupted(
                "another session is applying this migration's schema.",
                mend="wait until it has ended; the next try goes on from there.",
                subject=run.migration,
            )
        source = run.source_schema()
        require_unchanged(run, ledger, source)
        expected = expected_target(run, ledger, source)
        if stage is Stage.TABLES:
            ledger.runs.advance(run.run_id, Phase.PREPARE)
            findings, created = drop_earlier(run, ledger), list[Created]()
            for one in create_tables(run, ledger, expected):
                findings.append(one) if isinstance(one, Finding) else created.append(one)
        else:
            ledger.checkpoints.set(Checkpoint.COPIED)
            work = KeysStage(run, ledger, options)
            work.apply(expected)
            created, findings = work.created, work.findings
        findings += _drift(run, ledger, expected)
    return _report(run, stage, created, findings)


def _drift(run: MigrationRun, ledger: Ledger, expected: ExpectedSchema) -> list[Finding]:
    """What the target holds otherwise than expected after all was created."""
    actual = read_target(run, ledger.session)
    remember_target(ledger, expected.tables, actual)
    comparison = compare_with_ledger(run, ledger, expected, actual)
    return apply_waivers(difference_findings(comparison.differences), noted_waivers(ledger), report_unused=False)


def _report(run: MigrationRun, stage: Stage, created: list[Created], findings: list[Finding]) -> Report:
    fresh = [one for one in created if not one.before]
    return Report(
        stem="apply_schema",
        title=f"Schema applied: {stage}",
        verdict=verdict_of(findings),
        migration=run.migration,
        run_id=run.run_id,
        created_at=run.now(),
        summary={
            "stage": stage.value,
            "created": len(fresh),
            "created by an earlier try": len(created) - len(fresh),
            "seconds": round(sum(one.seconds for one in fresh), 3),
        },
        findings=findings,
        tables=[
            ReportTable(
                "Objects",
                ("kind", "object", "seconds", "when"),
                tuple(
                    (
                        one.statement.kind,
                        one.statement.subject,
                        round(one.seconds, 3),
                        "by an earlier try" if one.before else "now",
                    )
                    for one in sorted(created, key=lambda one: -one.seconds)
                ),
            )
        ],
        scripts=[ReportScript("Statements", statement_text(one.statement for one in fresh))] if fresh else [],
        data={
            "objects": [
                {"kind": one.statement.kind, "subject": one.statement.subject, "seconds": one.seconds} for one in fresh
            ]
        },
    )


__all__ = ["apply_schema"]
