"""The validation report: a verdict that an auditor can follow down to the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from database_migration.engines.protocol import ColumnFigures
from database_migration.model.report import (
    Finding,
    Report,
    ReportFile,
    ReportPlot,
    ReportTable,
    Scalar,
    Severity,
    verdict_of,
)
from database_migration.steps.quarantine_report import QuarantineState
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate.column_figures import ColumnsCompared, figure_findings, figure_table
from database_migration.steps.validate.counts import TableCount
from database_migration.steps.validate.difference import DifferenceKind
from database_migration.steps.validate.difference_files import difference_files
from database_migration.steps.validate.masking import Mask
from database_migration.steps.validate.options import ValidateOptions
from database_migration.steps.validate.query_pairs import QueryAnswer, query_table
from database_migration.steps.validate.sampling import SampledTable
from database_migration.steps.validate.soda_rules import RuleResults
from database_migration.steps.validate.tally import TableTally
from database_migration.steps.validate.waivers import Waivers

_PLOTTED = 25


@dataclass(slots=True)
class Results:
    """Everything that validation came to."""

    moving: bool
    seconds: float = 0.0
    tallies: dict[str, TableTally] = field(default_factory=dict)
    counts: Sequence[TableCount] = ()
    samples: list[SampledTable] = field(default_factory=list)
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The columns of each table's row key."""
    orphans: list[Finding] = field(default_factory=list)
    repeated: list[Finding] = field(default_factory=list)
    figures: list[ColumnsCompared] = field(default_factory=list)
    queries: list[QueryAnswer] = field(default_factory=list)
    rules: RuleResults | None = None
    quarantine: QuarantineState = field(default_factory=lambda: QuarantineState({}, {}, {}))

    @property
    def compared(self) -> int:
        """Rows compared by checksum, or by value where only a sample was taken."""
        by_checksum = sum(tally.compared for tally in self.tallies.values())
        return by_checksum or sum(sample.sampled for sample in self.samples)

    @property
    def differing(self) -> int:
        """Rows that differ."""
        return sum(tally.differing for tally in self.tallies.values())


def build_report(run: MigrationRun, options: ValidateOptions, results: Results) -> Report:
    """The report of all results, its verdict by the heaviest finding that is not waived."""
    mask = Mask(options.mask, results.keys)
    told = [*_differences(options, results), *_counts(results), *results.orphans, *results.repeated]
    explained = {tally.table for tally in results.tallies.values() if tally.differing}
    told += figure_findings(results.figures, moving=results.moving, explained=explained, mask=mask)
    told += [finding for answer in results.queries if (finding := answer.finding()) is not None]
    findings = _waived(options, told)
    findings += results.quarantine.findings({})
    if results.rules is not None:
        findings += _waived(options, results.rules.findings(moving=results.moving))
    return Report(
        stem="validate",
        title="Validation report",
        verdict=verdict_of(findings),
        migration=run.migration,
        run_id=run.run_id,
        created_at=run.now(),
        summary=_summary(options, results),
        findings=findings,
        tables=tuple(_tables(options, results, mask)),
        plots=_plots(results),
        data=_data(options, results, mask),
        files=_files(results, mask),
    )


def _summary(options: ValidateOptions, results: Results) -> dict[str, Scalar]:
    compared, differing = results.compared, results.differing
    summary: dict[str, Scalar] = {
        "tables": len(results.tallies),
        "rows_compared": compared,
        "rows_differing": differing,
        "rows_in_quarantine": results.quarantine.rows,
        "in_motion": sum(tally.moving for tally in results.tallies.values()),
        "score": round(100 * (1 - differing / compared), 4) if compared and differing <= compared else 0.0,
        "method": _method(options),
        "replication_running": results.moving,
        "seconds": round(results.seconds, 2),
    }
    if not compared and not differing:
        summary["score"] = 100.0
    if options.repair:
        summary["rows_repaired"] = sum(tally.repaired for tally in results.tallies.values())
    if results.rules is not None:
        summary["rules"] = len(results.rules.outcomes)
        summary["rules_passed"] = sum(rule.target == "pass" and rule.agrees for rule in results.rules.outcomes)
    if results.queries:
        summary["queries"] = len(results.queries)
        summary["queries_equal"] = sum(answer.equal for answer in results.queries)
    if options.waive:
        summary["exceptions_waived"] = len(options.waive)
    if results.samples:
        summary["rows_sampled"] = sum(sample.sampled for sample in results.samples)
    return summary


def _method(options: ValidateOptions) -> str:
    parts = ["checksums of every row"] if options.checksum == "full" else ["counts"]
    if options.sample is not None:
        parts.append("a random sample by value")
    if options.figures:
        parts.append("figures of every column")
    if options.queries:
        parts.append("queries")
    if options.soda is not None:
        parts.append("business rules")
    return ", ".join(parts)


def _differences(options: ValidateOptions, results: Results) -> list[Finding]:
    findings = []
    for tally in results.tallies.values():
        findings += _rows_differ(tally, Waivers(options.waive))
        if tally.moving:
            findings.append(
                Finding(
                    Severity.WARNING,
                    "rows_in_motion",
                    tally.table,
                    f"{tally.moving} rows changed on the source each time they were looked at.",
                    "nothing: the cutover compares them again when nobody writes; a longer settle may help.",
                )
            )
        if tally.digests_only:
            findings.append(
                Finding(
                    Severity.WARNING,
                    "digests_only",
                    tally.table,
                    f"{tally.digests_only} rows have different digests although every value is equal.",
                    "report it as a defect, with the table's definition.",
                )
            )
        if tally.repaired:
            findings.append(
                Finding(Severity.NOTE, "rows_repaired", tally.table, f"{tally.repaired} rows were repaired.")
            )
    return findings


def _rows_differ(tally: TableTally, waivers: Waivers) -> list[Finding]:
    """A blocker for the rows that differ, and a warning for those that were waived one by one."""
    reasons = [reason for key in tally.differences if (reason := waivers.of_row(tally.table, key)) is not None]
    findings = []
    if reasons:
        findings.append(
            Finding(
                Severity.WARNING,
                "rows_waived",
                tally.table,
                f"{len(reasons)} rows differ and are waived by their keys: {'; '.join(dict.fromkeys(reasons))}.",
            )
        )
    if tally.differing == len(reasons):
        return findings
    kinds = ", ".join(f"{tally.count(kind)} {kind}" for kind in DifferenceKind if tally.count(kind))
    if tally.uncounted:
        kinds += f"{', ' if kinds else ''}{tally.uncounted} not told apart"
    others = sum(bool(one.written_by) for one in tally.differences.values())
    told = f" {others} of them were written by somebody else." if others else ""
    findings.append(
        Finding(
            Severity.BLOCKER,
            "rows_differ",
            tally.table,
            f"{tally.differing - len(reasons)} rows differ ({kinds}).{told}",
            "find out who wrote them; steps.validate.repair: true writes the source's values over them,"
            " steps.validate.waive names a table, or table/key, whose differences are accepted.",
        )
    )
    return findings


def _counts(results: Results) -> list[Finding]:
    return [
        Finding(
            Severity.NOTE if results.moving else Severity.BLOCKER,
            "counts_differ",
            count.table,
            f"{count.source} rows on the source, {count.target} on the target.",
            "nothing: writes go on while counting."
            if results.moving
            else "compare with steps.validate.checksum: full.",
        )
        for count in results.counts
        if not count.equal
    ]


def _waived(options: ValidateOptions, findings: Sequence[Finding]) -> list[Finding]:
    waivers = Waivers(options.waive)
    return [waivers.applied(finding) for finding in findings]


def _files(results: Results, mask: Mask) -> tuple[ReportFile, ...]:
    found = [mask.shown(one) for tally in results.tallies.values() for one in tally.listed(None)]
    return difference_files(found) if found else ()


def _tables(options: ValidateOptions, results: Results, mask: Mask) -> list[ReportTable]:
    tables = [
        ReportTable(
            "Tables",
            (
                "table",
                "rows compared",
                *(kind.value for kind in DifferenceKind),
                "in quarantine",
                "in motion",
                "repaired",
            ),
            tuple(
                (
                    t.table,
                    t.compared,
                    *(t.count(kind) for kind in DifferenceKind),
                    results.quarantine.counts.get(t.table, 0),
                    t.moving,
                    t.repaired,
                )
                for t in results.tallies.values()
            ),
        )
    ]
    for tally in results.tallies.values():
        listed = [mask.shown(one) for one in tally.listed(options.max_differences_listed)]
        if listed:
            tables.append(
                ReportTable(
                    f"Rows of {tally.table} that differ",
                    ("difference", "key", "columns", "source", "target", "written by somebody else"),
                    tuple(
                        (
                            d.kind.value,
                            ", ".join(d.key) or f"{d.rows} equal rows",
                            ", ".join(d.columns),
                            d.shown_source,
                            d.shown_target,
                            d.written_by,
                        )
                        for d in listed
                    ),
                    note=f"{len(listed)} of {tally.differing} listed.",
                )
            )
        if tally.in_motion:
            moving = sorted(tally.in_motion)[: options.max_differences_listed]
            tables.append(
                ReportTable(
                    f"Rows of {tally.table} in motion",
                    ("key",),
                    tuple((", ".join(mask.key(tally.table, key)),) for key in moving),
                    note=f"{len(moving)} of {tally.moving} listed.",
                )
            )
    tables += results.quarantine.tables()
    if results.counts:
        tables.append(
            ReportTable(
                "Counts", ("table", "source", "target"), tuple((c.table, c.source, c.target) for c in results.counts)
            )
        )
    if results.samples:
        tables.append(
            ReportTable(
                "Samples",
                ("table", "rows", "sampled", "differing", "what it says"),
                tuple(
                    (
                        s.table,
                        s.rows,
                        s.sampled,
                        results.tallies[s.table].differing,
                        "differs" if results.tallies[s.table].differing else s.statement,
                    )
                    for s in results.samples
                ),
            )
        )
    if results.queries:
        tables.append(query_table(results.queries))
    if results.rules is not None:
        tables.append(results.rules.table())
    if results.figures:
        tables.append(figure_table(results.figures, mask))
    return tables


def _plots(results: Results) -> tuple[ReportPlot, ...]:
    largest = sorted(results.tallies.values(), key=lambda tally: tally.compared, reverse=True)[:_PLOTTED]
    plots = [
        ReportPlot(
            "Rows compared",
            "bar",
            tuple(tally.table for tally in largest),
            {"rows": tuple(float(tally.compared) for tally in largest)},
            "",
            "rows",
        )
    ]
    differing = [tally for tally in results.tallies.values() if tally.differing][:_PLOTTED]
    if differing:
        plots.append(
            ReportPlot(
                "Rows differing",
                "bar",
                tuple(tally.table for tally in differing),
                {kind.value: tuple(float(tally.count(kind)) for tally in differing) for kind in DifferenceKind},
                "",
                "rows",
            )
        )
    return tuple(plots)


def _data(options: ValidateOptions, results: Results, mask: Mask) -> Mapping[str, object]:
    return {
        "tables": {
            tally.table: {
                "compared": tally.compared,
                "differing": tally.differing,
                "in_quarantine": results.quarantine.counts.get(tally.table, 0),
                "in_motion": tally.moving,
                "differences": [
                    {**asdict(mask.shown(d)), "kind": d.kind.value}
                    for d in tally.listed(options.max_differences_listed)
                ],
            }
            for tally in results.tallies.values()
        },
        "rules": [asdict(rule) for rule in results.rules.outcomes] if results.rules is not None else [],
        "queries": [asdict(answer) for answer in results.queries],
        "columns": [
            {**asdict(one), "source": _figures(one, mask, one.source), "target": _figures(one, mask, one.target)}
            for one in results.figures
        ],
        "waived": dict(options.waive),
    }


def _figures(one: ColumnsCompared, mask: Mask, figures: ColumnFigures) -> Mapping[str, object]:
    return {"nulls": figures.nulls} if mask.hides(one.table, one.column) else asdict(figures)


__all__ = ["Results", "build_report"]
