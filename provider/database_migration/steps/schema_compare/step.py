"""Compares the schema that the target is to have with the one that it has, and writes the scripts between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from database_migration.engines.protocol import IndexUse
from database_migration.ledger import Ledger
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding, Report, ReportScript, ReportTable, verdict_of
from database_migration.model.schema import Schema
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare.advice.indexes import (
    Advice,
    advice_script,
    advice_table,
    missing_for_foreign_keys,
    redundant,
    unused,
)
from database_migration.steps.schema_compare.advice.workload import missing_for_queries
from database_migration.steps.schema_compare.collation_table import collation_table
from database_migration.steps.schema_compare.differences.schemas import AnyDifference, Comparison, compare_schemas
from database_migration.steps.schema_compare.differences.spelling import spell_type
from database_migration.steps.schema_compare.existing import read_target
from database_migration.steps.schema_compare.expected.build import ExpectedSchema, expected_target
from database_migration.steps.schema_compare.expected.code import REPLACED_NOTE, expected_code
from database_migration.steps.schema_compare.names_table import names_table
from database_migration.steps.schema_compare.options import SchemaCompareOptions
from database_migration.steps.schema_compare.scripts import schema_is_ours, schema_scripts
from database_migration.steps.schema_compare.stored_code import (
    CodeOutcome,
    code_findings,
    code_outcomes,
    code_scripts,
    stub_script,
)
from database_migration.steps.schema_compare.waivers import apply_waivers, note_waivers
from database_migration.steps.translate_queries.corpus import read_corpus


def schema_compare(run: MigrationRun, options: SchemaCompareOptions) -> Report:
    """Compare the expected target schema with the target's catalog.

    Before apply_schema what is missing is to be created; after it the same comparison finds what drifted.
    Values that would be lost are blockers, other behaviour warnings, unless waived by name.
    """
    with run.current_ledger() as ledger:
        expected = expected_target(run, ledger)
        actual = read_target(run, ledger.session)
        comparison = compare_with_ledger(run, ledger, expected, actual)
        note_waivers(ledger, options.waive)
        ledger.notes.put_note(REPLACED_NOTE, sorted(options.replaced_code))
        create_schema = schema_is_ours(run, ledger)
    use, advice = _index_advice(run, options, expected)
    with run.source.connect("stored code") as session:
        by_itself = expected_code(run, session)
    code = code_outcomes(expected.source.code, actual.code, options.replaced_code, by_itself)
    findings = apply_waivers(
        [
            *difference_findings(comparison.differences),
            *expected.findings,
            *code_findings(code),
            *(one.finding for one in advice),
        ],
        options.waive,
    )
    return Report(
        stem="schema_compare",
        title="Schema comparison",
        verdict=verdict_of(findings),
        migration=run.migration,
        run_id=run.run_id,
        created_at=run.now(),
        summary={
            "tables": len(expected.tables),
            "to be created": len(comparison.to_create),
            "differences": len(comparison.differences),
            "views": len(expected.views),
            "views left to a person": sum(view.view is None for view in expected.views),
            "triggers, routines and events": len(code),
            "pieces of advice about indexes": len(advice),
        },
        findings=findings,
        tables=[*_tables(run, expected, comparison, code), *([advice_table(advice, use)] if use else [])],
        scripts=[
            *schema_scripts(run, expected, create_schema=create_schema),
            *advice_script(advice),
            *_view_sources(expected),
            *code_scripts(code),
            *stub_script(run.target.engine.code, run.target.schema, code, by_itself, run.source.engine.traits.engine),
        ],
        data={
            "differences": [_as_data(difference) for difference in comparison.differences],
            "to_create": [f"{statement.kind} {statement.subject}" for statement in comparison.to_create],
        },
    )


def _index_advice(
    run: MigrationRun, options: SchemaCompareOptions, expected: ExpectedSchema
) -> tuple[IndexUse | None, list[Advice]]:
    """What could be better about indexes; (None, []) where nobody asked."""
    if not options.index_advice:
        return None, []
    ddl, schema, traits = run.target.engine.ddl, run.target.schema, run.target.engine.traits
    with run.source.connect("index advice") as session:
        use = run.source.engine.inspection.index_use(session, run.source.schema)
        queries = read_corpus(options.queries, backslash_escapes=run.source.engine.traits.engine == "mysql")
        asked = list(missing_for_queries(run, session, expected, queries))
    advice = []
    for source, target in zip(expected.selected, expected.tables, strict=True):
        twice = list(redundant(ddl, schema, target))
        named = {one.index for one in twice}
        advice += twice
        advice += [one for one in unused(ddl, schema, source, target, use) if one.index not in named]
        if not traits.indexes_foreign_keys:
            advice += missing_for_foreign_keys(ddl, schema, target)
    return use, advice + asked


def compare_with_ledger(run: MigrationRun, ledger: Ledger, expected: ExpectedSchema, actual: Schema) -> Comparison:
    """Compare, knowing what this run has made and what earlier runs left behind."""
    made = {(line.kind, line.subject) for line in ledger.objects.all() if line.side is Side.TARGET and line.made}
    own = {subject for _, subject in made}
    earlier = {line.subject for _, line in ledger.objects.of_earlier_runs() if line.side is Side.TARGET}
    found = compare_schemas(
        expected, actual, made=made, replaced=earlier - own, dialect=run.target.engine.traits.engine
    )
    # Indexes that were advised and that the spec asked for are expected by nobody, and are ours all the same.
    foreign = (d for d in found.differences if d.expected is not None or (d.aspect, d.subject) not in made)
    return replace(found, differences=tuple(foreign))


def difference_findings(differences: Iterable[AnyDifference]) -> list[Finding]:
    """Differences as findings, the worst first."""
    order = ("data loss", "behaviour", "cosmetic")
    return [
        Finding(
            difference.weight.severity,
            difference.code,
            difference.subject,
            f"{difference.message} ({difference.weight})",
            f"change the target, or accept it: steps.schema_compare.waive: {{{difference.subject}: <reason>}}.",
        )
        for difference in sorted(differences, key=lambda d: (order.index(d.weight), d.subject, d.code))
    ]


def _tables(
    run: MigrationRun, expected: ExpectedSchema, comparison: Comparison, code: list[CodeOutcome]
) -> list[ReportTable]:
    waiting = {statement.subject for statement in comparison.to_create if statement.kind == "table"}
    return [
        ReportTable(
            "Tables",
            ("source", "target", "columns", "indexes", "foreign keys", "checks", "state"),
            tuple(
                (
                    source.name,
                    target.name,
                    len(target.columns),
                    len(target.indexes),
                    len(target.foreign_keys),
                    len(target.checks),
                    "to be created" if target.name in waiting else "exists",
                )
                for source, target in zip(expected.selected, expected.tables, strict=True)
            ),
        ),
        ReportTable(
            "Differences",
            ("weight", "code", "object", "expected", "actual"),
            tuple((d.weight.value, d.code, d.subject, d.expected_text, d.actual_text) for d in comparison.differences),
            note="" if comparison.differences else "None: what exists is as expected.",
        ),
        ReportTable(
            "Columns",
            ("table", "column", "source type", "target type in neutral words"),
            tuple(
                (target.name, there.name, here.type.native or spell_type(here.type), spell_type(there.type))
                for source, target in zip(expected.selected, expected.tables, strict=True)
                for here, there in zip(source.columns, target.columns, strict=False)
            ),
        ),
        collation_table(expected),
        names_table(run.name_changes(), expected),
        ReportTable(
            "Views",
            ("view", "what became of it", "why"),
            tuple((view.source.name, view.outcome, view.reason) for view in expected.views),
        ),
        ReportTable(
            "Triggers, routines and events",
            ("kind", "name", "signature", "table", "effort", "what became of it", "why"),
            tuple(
                (
                    outcome.code.kind.value,
                    outcome.code.name,
                    outcome.code.signature,
                    outcome.code.table or "",
                    outcome.effort.points,
                    outcome.outcome,
                    outcome.reason,
                )
                for outcome in code
            ),
        ),
    ]


def _view_sources(expected: ExpectedSchema) -> list[ReportScript]:
    return [
        ReportScript(f"view {view.source.name}: {view.outcome}", view.source.definition)
        for view in expected.views
        if view.view is None
    ]


def _as_data(difference: AnyDifference) -> dict[str, str]:
    return {
        "code": difference.code,
        "subject": difference.subject,
        "weight": difference.weight.value,
        "expected": difference.expected_text,
        "actual": difference.actual_text,
    }


__all__ = ["compare_with_ledger", "difference_findings", "schema_compare"]
