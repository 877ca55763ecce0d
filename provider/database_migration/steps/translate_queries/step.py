"""Translates the application's statements and says of each how far the translation can be relied upon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from database_migration.errors import SpecRefused
from database_migration.model.report import Finding, Report, ReportScript, ReportTable, Severity, verdict_of
from database_migration.model.schema import Schema
from database_migration.steps.run import MigrationRun
from database_migration.steps.translate_queries.corpus import Query, read_corpus
from database_migration.steps.translate_queries.judge import Judging, judge
from database_migration.steps.translate_queries.mapped_columns import mapped_column_findings
from database_migration.steps.translate_queries.options import TranslateQueriesOptions
from database_migration.steps.translate_queries.translate import facts_of, translate
from database_migration.steps.translate_queries.translation import Weight
from database_migration.steps.translate_queries.verdicts import (
    Judgement,
    QueryVerdict,
    TranslatedQuery,
    counts,
    percentiles,
)

WORKLOAD = "translated_queries.sql"


def translate_queries(run: MigrationRun, options: TranslateQueriesOptions) -> Report:
    """Translate every statement of the corpus and judge it as far as the target's state allows.

    Before apply_schema the target has no tables: statements are then TRANSLATED, not yet PLANS. Raises
    SpecRefused for a corpus that cannot be read.
    """
    queries, present = translated_corpus(run, options.queries, options.translated, fold_case=options.fold_case)
    how = Judging(
        compare=options.compare,
        max_rows=options.max_rows,
        timeout=options.statement_timeout_seconds,
        tolerance=options.tolerance,
    )
    judgements = judge(run, queries, how, present=present)
    findings = [*_findings(judgements, options), *mapped_column_findings(run, judgements)]
    return Report(
        stem="translate_queries",
        title="Query translation report",
        verdict=verdict_of(findings),
        migration=run.migration,
        run_id=run.run_id,
        created_at=run.now(),
        summary={"queries": len(judgements), **counts(judgements)},
        findings=findings,
        tables=[_table(judgements), _notes_table(judgements)],
        scripts=[_workload(run, judgements), *_scripts(run, judgements)] if judgements else [],
        data={
            "fold_case": options.fold_case,
            "queries": [judged_data(judgement) for judgement in judgements],
        },
    )


def translated_corpus(
    run: MigrationRun, path: Path | None, by_hand: Path | None, *, fold_case: bool = False
) -> tuple[list[TranslatedQuery], frozenset[str]]:
    """The corpus with translations, and the source tables that the target has already."""
    engines = run.source.engine.traits.engine, run.target.engine.traits.engine
    corpus = read_corpus(path, backslash_escapes=engines[0] == "mysql")
    written = {query.name: query for query in read_corpus(by_hand, backslash_escapes=engines[1] == "mysql")}
    unknown = sorted(written.keys() - {query.name for query in corpus})
    if unknown:
        raise SpecRefused(
            f"No query is called {', '.join(unknown)}.",
            mend="Name statements in the target's dialect as the queries that they stand for.",
            subject=str(by_hand),
        )
    return translate_given(run, corpus, written, fold_case=fold_case)


def translate_given(
    run: MigrationRun, corpus: Sequence[Query], written: Mapping[str, Query], *, fold_case: bool = False
) -> tuple[list[TranslatedQuery], frozenset[str]]:
    """The same for statements that are read already; ``written`` are those by a person, by name."""
    if not corpus:
        return [], frozenset()
    source = run.source_schema()
    target, present = target_schemas(run, source)
    translated = [_translated(run, query, source, target, written.get(query.name), fold_case) for query in corpus]
    return translated, present


def target_schemas(run: MigrationRun, source: Schema) -> tuple[Schema, frozenset[str]]:
    """The target as it is, completed by what it is to become; and the source tables that it has."""
    # Imported late: schema_compare translates views with this package.
    from database_migration.steps.schema_compare import expected_target, read_target

    with run.current_ledger() as ledger:
        actual = read_target(run, ledger.session)
        expected = expected_target(run, ledger, source).tables
    tables = (*actual.tables, *(table for table in expected if not actual.has_table(table.name)))
    names = {table.name: run.selection.target_name(table.name) for table in source.tables}
    present = frozenset(name for name, target in names.items() if actual.has_table(target))
    return Schema(run.target.schema, tables, actual.views, engine=run.target.engine.traits.engine), present


def _translated(
    run: MigrationRun, query: Query, source: Schema, target: Schema, written: Query | None, fold_case: bool
) -> TranslatedQuery:
    dialects = run.source.engine.traits.engine, run.target.engine.traits.engine
    if written is not None:
        return TranslatedQuery(query, facts_of(query.sql, dialects[0], source, written.sql), by_hand=True)
    translation = translate(
        query.sql,
        source_dialect=dialects[0],
        target_dialect=dialects[1],
        source_schema=source,
        target_schema=target,
        selection=run.selection,
        fold_case=fold_case,
    )
    return TranslatedQuery(query, translation)


def _findings(judgements: Sequence[Judgement], options: TranslateQueriesOptions) -> list[Finding]:
    if not judgements:
        message = "No queries were given, so nothing is known about how the application's queries will fare."
        mend = "steps: {translate_queries: {queries: include/queries/<application>}}"
        return [Finding(Severity.NOTE, "no_queries", "queries", message, mend)]
    findings = []
    for judgement in judgements:
        if judgement.verdict not in {QueryVerdict.RISK, QueryVerdict.MANUAL}:
            continue
        waived = options.waive.get(judgement.name)
        severity = Severity.BLOCKER if judgement.verdict in options.fail_on else Severity.WARNING
        message = judgement.reason
        if waived is not None:
            severity, message = Severity.NOTE, f"{message} (waived: {waived})"
        findings.append(
            Finding(severity, f"query_{judgement.verdict.lower()}", judgement.name, message, _mend(judgement))
        )
    findings.extend(_cautions(judgements))
    return findings


def _mend(judgement: Judgement) -> str:
    least = Weight.CAUTION if judgement.differs else Weight.RISK
    mends = [note.mend for note in judgement.query.translation.notes if note.weight >= least and note.mend]
    return "\n".join(dict.fromkeys(mends)) or (
        "Change the query so that both sides understand it the same way, or write it for the target under the same"
        " name (translate_queries.translated); waive it by name if it does not matter."
    )


def _cautions(judgements: Sequence[Judgement]) -> list[Finding]:
    """One warning per kind of caution, with the queries that it is about."""
    found: dict[tuple[str, str, str], list[str]] = {}
    subjects: dict[tuple[str, str, str], list[str]] = {}
    for judgement in judgements:
        for note in judgement.query.translation.notes_of(Weight.CAUTION):
            kind = (note.code, note.message, note.mend)
            found.setdefault(kind, []).append(judgement.name)
            if note.subject:
                subjects.setdefault(kind, []).append(note.subject)
    return [
        Finding(
            Severity.WARNING,
            kind[0],
            ", ".join(dict.fromkeys(subjects.get(kind, ["queries"]))),
            f"{kind[1]} (In {', '.join(dict.fromkeys(names))}.)",
            kind[2],
        )
        for kind, names in found.items()
    ]


def _table(judgements: Sequence[Judgement]) -> ReportTable:
    return ReportTable(
        "Queries",
        ("query", "verdict", "why", "rows", "source ms", "target ms", "where"),
        tuple(
            (
                judgement.name,
                judgement.verdict.value,
                judgement.reason,
                judgement.rows,
                _milliseconds(judgement.source_seconds),
                _milliseconds(judgement.target_seconds),
                f"{judgement.query.query.file}:{judgement.query.query.line}",
            )
            for judgement in judgements
        ),
        note="PROVEN: the same result on both sides. PLANS: the target accepts it, not compared. TRANSLATED: by rules"
        " only, the target has no tables yet. RISK: differs or may differ. MANUAL: for a person.",
    )


def _notes_table(judgements: Sequence[Judgement]) -> ReportTable:
    return ReportTable(
        "What the rules say",
        ("query", "weight", "code", "message", "about"),
        tuple(
            (judgement.name, note.weight.name.lower(), note.code, note.message, note.subject)
            for judgement in judgements
            for note in judgement.query.translation.notes
        ),
    )


def _milliseconds(seconds: Sequence[float]) -> float | None:
    measured = percentiles(seconds)
    return None if measured is None else measured.p50


def _workload(run: MigrationRun, judgements: Sequence[Judgement]) -> ReportScript:
    parts = []
    for judgement in judgements:
        translation = judgement.query.translation
        heading = f"-- name: {judgement.name}\n-- {judgement.verdict}: {' '.join(judgement.reason.split())}\n"
        text = translation.sql or "\n".join(f"-- {line}" for line in (translation.draft or "(none)").splitlines())
        parts.append(f"{heading}{text.rstrip().rstrip(';')};" if translation.sql else f"{heading}{text}")
    return ReportScript("The translated workload", "\n\n".join(parts) + "\n", WORKLOAD)


def _scripts(run: MigrationRun, judgements: Sequence[Judgement]) -> list[ReportScript]:
    source, target = run.source.engine.traits.engine, run.target.engine.traits.engine
    scripts = []
    for judgement in judgements:
        translation = judgement.query.translation
        scripts.append(ReportScript(f"{judgement.name} · {source}", judgement.query.query.sql))
        text = translation.sql or translation.draft or "-- no translation"
        scripts.append(ReportScript(f"{judgement.name} · {target}", text))
    return scripts


def judged_data(judgement: Judgement) -> dict[str, object]:
    """A judgement in JSON's types, as dual_read takes it up again."""
    translation = judgement.query.translation
    return {
        "name": judgement.name,
        "source_sql": judgement.query.query.sql,
        "target_sql": translation.sql,
        "draft": translation.draft if translation.sql is None else "",
        "verdict": judgement.verdict.value,
        "reason": judgement.reason,
        "by_hand": judgement.query.by_hand,
        "file": judgement.query.query.file,
        "line": judgement.query.query.line,
        "notes": [
            {
                "weight": note.weight.name.lower(),
                "code": note.code,
                "message": note.message,
                "mend": note.mend,
                "subject": note.subject,
            }
            for note in translation.notes
        ],
    }


__all__ = ["WORKLOAD", "judged_data", "target_schemas", "translate_given", "translate_queries", "translated_corpus"]
