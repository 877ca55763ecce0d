"""Runs the translated workload on both sides: the same results, and how long each side takes.

While writes go on, the target is behind by the replication's lag. A difference therefore counts only when
it stays while the source's own answer does not move.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from database_migration.model.report import (
    Finding,
    Report,
    ReportPlot,
    ReportScript,
    ReportTable,
    Severity,
    verdict_of,
)
from database_migration.steps.dual_read.options import DualReadOptions
from database_migration.steps.run import MigrationRun
from database_migration.steps.translate_queries.corpus import Query
from database_migration.steps.translate_queries.judge import Judging, judge
from database_migration.steps.translate_queries.step import judged_data, translate_given, translated_corpus
from database_migration.steps.translate_queries.verdicts import (
    Judgement,
    QueryVerdict,
    TranslatedQuery,
    counts,
    percentiles,
)

_PLOTTED, _SLOWER_TOLD = 20, 10
_MILLISECONDS_THAT_MATTER = 5.0
"""Below it a ratio of latencies is noise."""


def dual_read(run: MigrationRun, options: DualReadOptions) -> Report:
    """Compare results and latencies of every query; a difference that is not waived is a blocker.

    Queries come from ``options.queries``, else from this run's translation report.
    """
    queries = _queries(run, options)
    how = Judging(
        compare=True,
        max_rows=options.max_rows,
        timeout=options.statement_timeout_seconds,
        tolerance=options.tolerance,
        repeat=options.repeat,
        patience=options.settle.total_seconds() if run.online else 0,
    )
    judgements = [
        replace(judgement, waived=options.waive.get(judgement.name, "")) for judgement in judge(run, queries, how)
    ]
    findings = [finding for judgement in judgements for finding in _findings(judgement)]
    findings += _slower(judgements, options)
    if not judgements:
        findings = [_nothing_to_read()]
    measured = [judgement for judgement in judgements if judgement.source_seconds and judgement.target_seconds]
    return Report(
        stem="dual_read",
        title="Dual read report",
        verdict=verdict_of(findings),
        migration=run.migration,
        run_id=run.run_id,
        created_at=run.now(),
        summary={
            "queries": len(judgements),
            **counts(judgements),
            "differing": sum(judgement.differs for judgement in judgements),
            **_total_latency(measured),
        },
        findings=findings,
        tables=[_table(judgements)],
        scripts=_scripts(run, judgements),
        plots=[_plot(measured)] if measured else [],
        data={"queries": [judged_data(judgement) | _latency_data(judgement) for judgement in judgements]},
    )


def _queries(run: MigrationRun, options: DualReadOptions) -> list[TranslatedQuery]:
    if options.queries is not None:
        return translated_corpus(run, options.queries, options.translated, fold_case=options.fold_case)[0]
    report = run.archive.read(run.migration, run.run_id, "translate_queries")
    given = report.data.get("queries") if report is not None else None
    if not isinstance(given, list):
        return []
    queries = []
    by_hand = {}
    for item in given:
        queries.append(Query(str(item["name"]), str(item["source_sql"]), str(item["file"]), int(item["line"])))
        if item["by_hand"]:
            by_hand[queries[-1].name] = replace(queries[-1], sql=str(item["target_sql"]))
    fold_case = options.fold_case or (report is not None and report.data.get("fold_case") is True)
    return translate_given(run, queries, by_hand, fold_case=fold_case)[0]


def _findings(judgement: Judgement) -> list[Finding]:
    subject, found = judgement.name, []
    if judgement.differs or judgement.verdict is QueryVerdict.MANUAL:
        blocks = judgement.differs and not judgement.waived
        severity = Severity.NOTE if judgement.waived else Severity.BLOCKER if blocks else Severity.WARNING
        waived = f" (waived: {judgement.waived})" if judgement.waived else ""
        code = "result_differs" if judgement.differs else "query_manual"
        mend = f"steps: {{dual_read: {{waive: {{{subject}: <reason>}}}}}}, or write it for the target (translated)."
        found.append(Finding(severity, code, subject, f"{judgement.reason}{waived}", mend))
    elif judgement.verdict is QueryVerdict.RISK:
        severity = Severity.NOTE if judgement.waived else Severity.WARNING
        found.append(Finding(severity, "query_risk", subject, judgement.reason))
    elif judgement.in_motion:
        mend = "Run dual_read again in a quiet hour, or ask for rows that are settled."
        found.append(Finding(Severity.WARNING, "in_motion", subject, judgement.reason, mend))
    return found


def _slower(judgements: Sequence[Judgement], options: DualReadOptions) -> list[Finding]:
    """One finding for all queries that the target answers too slowly, the worst first."""
    if options.max_slowdown is None:
        return []
    ratios = [(_slowdown(judgement) or 0, judgement.name) for judgement in judgements]
    slower = sorted((pair for pair in ratios if pair[0] > options.max_slowdown), reverse=True)
    if not slower:
        return []
    told = ", ".join(f"{name} ({ratio:.1f} times)" for ratio, name in slower[:_SLOWER_TOLD])
    more = f" and {len(slower) - _SLOWER_TOLD} more" if len(slower) > _SLOWER_TOLD else ""
    return [
        Finding(
            Severity.WARNING,
            "slower",
            slower[0][1] if len(slower) == 1 else f"{len(slower)} queries",
            f"Slower on the target by p50: {told}{more}.",
            "Look at EXPLAIN (ANALYZE) on the target: an index that the translation cannot use, or stale statistics.",
        )
    ]


def _slowdown(judgement: Judgement) -> float | None:
    source, target = percentiles(judgement.source_seconds), percentiles(judgement.target_seconds)
    if source is None or target is None or target.p50 < _MILLISECONDS_THAT_MATTER:
        return None
    return target.p50 / max(source.p50, 0.001)


def _nothing_to_read() -> Finding:
    return Finding(
        Severity.NOTE,
        "no_queries",
        "queries",
        "No queries were given, so nothing was read from both sides.",
        "steps: {translate_queries: {queries: include/queries/<application>}}",
    )


def _total_latency(measured: Sequence[Judgement]) -> dict[str, float]:
    if not measured:
        return {}
    sides = {"source": [j.source_seconds for j in measured], "target": [j.target_seconds for j in measured]}
    medians = {side: [percentiles(seconds) for seconds in runs] for side, runs in sides.items()}
    return {f"{side} ms, sum of p50": round(sum(p.p50 for p in of if p is not None), 1) for side, of in medians.items()}


def _table(judgements: Sequence[Judgement]) -> ReportTable:
    rows = []
    for judgement in judgements:
        source, target = percentiles(judgement.source_seconds), percentiles(judgement.target_seconds)
        rows.append(
            (
                judgement.name,
                judgement.verdict.value,
                judgement.reason,
                judgement.rows,
                source.p50 if source else None,
                source.p95 if source else None,
                target.p50 if target else None,
                target.p95 if target else None,
                judgement.waived or None,
            )
        )
    headings = (
        "query",
        "verdict",
        "why",
        "rows",
        "source p50 ms",
        "source p95 ms",
        "target p50 ms",
        "target p95 ms",
        "waived",
    )
    return ReportTable("Queries", headings, tuple(rows), "Times include fetching the rows; the first run may be cold.")


def _plot(measured: Sequence[Judgement]) -> ReportPlot:
    def medians(of: str) -> tuple[float, ...]:
        found = (percentiles(getattr(judgement, of)) for judgement in measured)
        return tuple(p.p50 if p is not None else 0.0 for p in found)

    def by_target(judgement: Judgement) -> float:
        found = percentiles(judgement.target_seconds)
        return found.p50 if found is not None else 0.0

    measured = sorted(measured, key=by_target, reverse=True)[:_PLOTTED]
    return ReportPlot(
        f"Latency (p50) of the slowest {len(measured)}",
        "bar",
        tuple(judgement.name for judgement in measured),
        {"source": medians("source_seconds"), "target": medians("target_seconds")},
        y_label="ms",
    )


def _scripts(run: MigrationRun, judgements: Sequence[Judgement]) -> list[ReportScript]:
    engines = run.source.engine.traits.engine, run.target.engine.traits.engine
    scripts = []
    for judgement in judgements:
        if judgement.verdict is not QueryVerdict.PROVEN:
            scripts.append(ReportScript(f"{judgement.name} · {engines[0]}", judgement.query.query.sql))
            scripts.append(
                ReportScript(f"{judgement.name} · {engines[1]}", judgement.query.translation.sql or "-- none")
            )
    return scripts


def _latency_data(judgement: Judgement) -> dict[str, object]:
    return {
        "differs": judgement.differs,
        "in_motion": judgement.in_motion,
        "waived": judgement.waived,
        "source_ms": [round(seconds * 1000, 3) for seconds in judgement.source_seconds],
        "target_ms": [round(seconds * 1000, 3) for seconds in judgement.target_seconds],
    }


__all__ = ["dual_read"]
