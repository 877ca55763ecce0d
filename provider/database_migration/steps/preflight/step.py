"""Looks for every reason not to start, before anything but the ledger is created."""

from __future__ import annotations

from collections.abc import Mapping

from database_migration.engines.protocol import Session
from database_migration.ledger import CONTROL_SCHEMA, Ledger
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding, Report, ReportTable, Severity, verdict_of
from database_migration.model.schema import Schema
from database_migration.steps.mapped_schema import mapped_schema
from database_migration.steps.preflight.booleans import decide_booleans
from database_migration.steps.preflight.brakes import brake_findings
from database_migration.steps.preflight.key_collisions import collision_findings
from database_migration.steps.preflight.mapped_back import mapped_back_findings
from database_migration.steps.preflight.mapped_values import mapped_value_findings
from database_migration.steps.preflight.mappings import mapping_findings, tables_of
from database_migration.steps.preflight.open_run import open_run, require_two_databases
from database_migration.steps.preflight.options import PreflightOptions
from database_migration.steps.preflight.quoted_names import quoting_findings
from database_migration.steps.preflight.repeated_keys import repeated_key_findings
from database_migration.steps.preflight.selected_tables import name_findings, selection_findings
from database_migration.steps.preflight.servers import Met, meet, server_findings
from database_migration.steps.preflight.tables import (
    boolean_findings,
    disk_findings,
    key_findings,
    ownership_findings,
)
from database_migration.steps.preflight.values import value_findings
from database_migration.steps.run import Database, MigrationRun
from database_migration.steps.schema_compare import ExpectedSchema, build_expected, read_target
from database_migration.steps.schema_compare.collation_table import collation_table
from database_migration.steps.schema_compare.effort import (
    Effort,
    code_effort,
    judged,
    sum_of,
    table_effort,
    view_effort,
)
from database_migration.steps.schema_compare.names_table import names_table
from database_migration.steps.schema_compare.note_names import note_names
from database_migration.steps.schema_compare.waivers import apply_waivers

_ORDER = (Severity.BLOCKER, Severity.WARNING, Severity.NOTE)


def preflight(
    run: MigrationRun, options: PreflightOptions, *, replicas: Mapping[str, Database] | None = None
) -> Report:
    """Open the run and find every reason why it could fail later: servers, privileges, names, keys, room, values.

    The report's verdict is FAILED when there is a blocker. Decides which tinyint(1) columns become booleans.

    :param replicas: the databases that ``options.brakes.replicas`` name.
    :raises PreflightRefused: source and target are one, or the ledger cannot be created.
    :raises NotPossible: another run of the migration is under way, or it is finalized.
    """
    with run.source.connect("preflight") as source, run.target.connect("preflight") as target:
        require_two_databases(run, source, target)
        versions = {
            "source": run.source.engine.inspection.version(source),
            "target": run.target.engine.inspection.version(target),
        }
        open_run(run, target)
        with run.current_ledger() as ledger:
            schema = run.source.engine.catalog.read(source, run.source.schema)
            actual = read_target(run, target)
            note_names(run, ledger, schema)
            of_source = run.source.engine.inspection.preflight(
                source, schema, run.selection.of(schema), role=Side.SOURCE, online=run.online
            )
            # Without the right to read, the missing grants are told, and nothing is counted yet.
            readable = not any(_keeps_from_reading(finding) for finding in of_source)
            wrong, mapped = _mapped(run, source, schema) if readable else ([], schema)
            booleans = decide_booleans(run, ledger, source, mapped) if readable else {}
            expected = build_expected(run, mapped, booleans, target_version=versions["target"])
            met = meet(run, source, target)
            found = [*of_source, *wrong, *_findings(run, ledger, source, target, mapped, actual, expected, readable)]
            found += server_findings(run, options, expected, met)
            free = met.target.free_bytes if options.target_free_bytes is None else options.target_free_bytes
            found += brake_findings(run, options.brakes, source, target, replicas or {})
            found += disk_findings(expected.selected, free)
            found += boolean_findings(booleans)
    findings = sorted(apply_waivers(found, options.waive), key=lambda finding: _ORDER.index(finding.severity))
    return _report(run, expected, findings, versions, met)


def _findings(
    run: MigrationRun,
    ledger: Ledger,
    source: Session,
    target: Session,
    schema: Schema,
    actual: Schema,
    expected: ExpectedSchema,
    readable: bool,
) -> list[Finding]:
    one, other = run.source.engine, run.target.engine
    named = list(name_findings(run.selection, run.declared, expected.selected, one.traits, other.traits))
    # Two tables under one name have no target tables of their own whose types values could be held against.
    countable = readable and not any(finding.code == "name_twice" for finding in named)
    pairs = run.paired(schema, Schema(run.target.schema, tables=expected.tables)) if countable else ()
    return [
        *selection_findings(run.declared, schema),
        *named,
        *quoting_findings(run, expected),
        *key_findings(expected.selected, online=run.online),
        *ownership_findings(expected, actual, ledger),
        *other.inspection.preflight(target, actual, expected.tables, role=Side.TARGET, online=run.online),
        *(value_findings(run, source, schema, pairs) if countable else ()),
        *repeated_key_findings(run, source, pairs),
        *(collision_findings(run, source, target, expected) if countable else ()),
        *(finding for finding in expected.findings if finding.severity is not Severity.NOTE),
    ]


def _mapped(run: MigrationRun, source: Session, schema: Schema) -> tuple[list[Finding], Schema]:
    """What is wrong with the mappings, and the schema by the others: the tables of those are looked at as they are."""
    if not run.declared.mappings:
        return [], schema
    findings = mapping_findings(run, source, schema)
    mapped = _by_usable(run, source, schema, findings)
    findings += [*mapped_value_findings(run, source, mapped), *mapped_back_findings(run, mapped)]
    return findings, _by_usable(run, source, schema, findings)


def _by_usable(run: MigrationRun, source: Session, schema: Schema, findings: list[Finding]) -> Schema:
    unusable = tables_of(findings)
    usable = {name: said for name, said in run.declared.mappings.items() if name not in unusable}
    return mapped_schema(run.source.engine.mapping, source, schema, usable)


def _keeps_from_reading(finding: Finding) -> bool:
    """Whether a grant is missing without which no row of the schema can be read."""
    granted = finding.mend.partition(" ON ")
    return finding.severity is Severity.BLOCKER and "SELECT" in granted[0] and CONTROL_SCHEMA not in granted[2]


def _report(
    run: MigrationRun, expected: ExpectedSchema, findings: list[Finding], versions: dict[str, str], met: Met
) -> Report:
    efforts = _efforts(expected)
    return Report(
        stem="preflight",
        title="Preflight",
        verdict=verdict_of(findings),
        migration=run.migration,
        run_id=run.run_id,
        created_at=run.now(),
        summary={
            "source": versions["source"],
            "target": versions["target"],
            "tables": len(expected.tables),
            "rows (estimated)": sum(table.estimated_rows for table in expected.selected),
            "bytes (estimated)": sum(table.estimated_bytes for table in expected.selected),
            "blockers": sum(finding.severity is Severity.BLOCKER for finding in findings),
            "warnings": sum(finding.severity is Severity.WARNING for finding in findings),
            "effort points": sum_of(efforts),
            "risk": judged(efforts),
        },
        findings=findings,
        tables=[
            ReportTable(
                "Servers",
                ("side", "server", "run by", "address", "schema", "time zone", "clock ahead by", "free connections"),
                tuple(
                    (
                        side,
                        versions[side],
                        facts.service or "its owner",
                        str(database.endpoint),
                        database.schema,
                        facts.time_zone,
                        f"{(facts.clock - asked).total_seconds():.1f} s",
                        facts.free_connections,
                    )
                    for side, database, facts, asked in (
                        ("source", run.source, met.source, met.asked_source),
                        ("target", run.target, met.target, met.asked_target),
                    )
                ),
            ),
            ReportTable(
                "Tables",
                ("source", "target", "rows (estimated)", "bytes (estimated)", "row key", "stored as"),
                tuple(
                    (
                        source.name,
                        target.name,
                        source.estimated_rows,
                        source.estimated_bytes,
                        ", ".join(source.row_key) or "none",
                        source.storage,
                    )
                    for source, target in zip(expected.selected, expected.tables, strict=True)
                ),
            ),
            ReportTable(
                "Effort and risk",
                ("kind", "object", "points", "risk", "because of"),
                tuple(
                    (effort.kind, effort.name, effort.points, effort.risk, ", ".join(effort.reasons))
                    for effort in sorted(efforts, key=lambda effort: (-effort.points, effort.name))
                ),
                note="Points are weights, not hours: up to 1 is low, up to 5 medium, above that high risk.",
            ),
            collation_table(expected),
            names_table(run.name_changes(), expected),
        ],
        data={"versions": versions, "online": run.online},
    )


def _efforts(expected: ExpectedSchema) -> list[Effort]:
    return [
        *(table_effort(*pair) for pair in zip(expected.selected, expected.tables, strict=True)),
        *(view_effort(view.source.name, manual=view.view is None) for view in expected.views),
        *(code_effort(code) for code in expected.source.code),
    ]


__all__ = ["preflight"]
