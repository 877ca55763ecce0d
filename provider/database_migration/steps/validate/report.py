"""The validation report: a verdict that an auditor can follow down to the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from database_migration.model.report import Finding, Report, ReportPlot, ReportTable, Scalar, Severity, verdict_of
from database_migration.steps.quarantine_report import QuarantineState
from database_migration.steps.run import MigrationRun
from database_migration.steps.validate.counts import TableCount
from database_migration.steps.validate.difference import DifferenceKind
from database_migration.steps.validate.options import ValidateOptions
from database_migration.steps.validate.sampling import SampledTable
from database_migration.steps.validate.soda_rules import RuleResults
from database_migration.steps.validate.tally import TableTally

_PLOTTED = 25


@dataclass(slots=True)
class Results:
    """Everything that validation came to."""

    moving: bool
    seconds: float = 0.0
    tallies: dict[str, TableTally] = field(default_factory=dict)
    counts: Sequence[TableCount] = ()
    samples: list[SampledTable] = field(default_factory=list)
    orphans: list[Finding] = field(default_factory=list)
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
    findings = [*_differences(options, results), *_counts(options, results), *_waived(options, results.orphans)]
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
        tables=tuple(_tables(options, results)),
        plots=_plots(results),
        data=_data(options, results),
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
    if results.samples:
        summary["rows_sampled"] = sum(sample.sampled for sample in results.samples)
    return summary


def _method(options: ValidateOptions) -> str:
    parts = ["checksums of every row"] if options.checksum == "full" else ["counts"]
    if options.sample is not None:
        parts.append("a random sample by value")
    if options.soda is not None:
        parts.append("business rules")
    return ", ".join(parts)


def _differences(options: ValidateOptions, results: Results) -> list[Finding]:
    findings = []
    for tally in results.tallies.values():
        if tally.differing:
            kinds = ", ".join(f"{tally.count(kind)} {kind}" for kind in DifferenceKind if tally.count(kind))
            if tally.uncounted:
                kinds += f"{', ' if kinds else ''}{tally.uncounted} not told apart"
            findings.append(
                Finding(
                    Severity.BLOCKER,
                    "rows_differ",
                    tally.table,
                    f"{tally.differing} rows differ ({kinds}).",
                    "find out who wrote them; steps.validate.repair: true writes the source's values over them,"
                    " steps.validate.waive names a table whose differences are accepted.",
                )
            )
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
    return _waived(options, findings)


def _counts(options: ValidateOptions, results: Results) -> list[Finding]:
    findings = [
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
    return _waived(options, findings)


def _waived(options: ValidateOptions, findings: Sequence[Finding]) -> list[Finding]:
    """Blockers of tables that the spec names become warnings; subjects are ``table`` or ``table.object``."""
    told = []
    for finding in findings:
        reason = options.waive.get(finding.subject.partition(".")[0])
        if finding.severity is Severity.BLOCKER and reason is not None:
            message = f"{finding.message} Waived: {reason}"
            finding = replace(finding, severity=Severity.WARNING, message=message)
        told.append(finding)
    return told


def _tables(options: ValidateOptions, results: Results) -> list[ReportTable]:
    tables = [
        ReportTable(
            "Tables",
            ("table", "rows compared", "missing", "extra", "changed", "in quarantine", "in motion", "repaired"),
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
        listed = tally.listed(options.max_differences_listed)
        if listed:
            tables.append(
                ReportTable(
                    f"Rows of {tally.table} that differ",
                    ("difference", "key", "columns", "source", "target"),
                    tuple(
                        (
                            d.kind.value,
                            ", ".join(d.key) or f"{d.rows} equal rows",
                            ", ".join(d.columns),
                            d.shown_source,
                            d.shown_target,
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
                    tuple((", ".join(key),) for key in moving),
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
    if results.rules is not None:
        tables.append(results.rules.table())
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


def _data(options: ValidateOptions, results: Results) -> Mapping[str, object]:
    return {
        "tables": {
            tally.table: {
                "compared": tally.compared,
                "differing": tally.differing,
                "in_quarantine": results.quarantine.counts.get(tally.table, 0),
                "in_motion": tally.moving,
                "differences": [
                    {**asdict(d), "kind": d.kind.value} for d in tally.listed(options.max_differences_listed)
                ],
            }
            for tally in results.tallies.values()
        },
        "rules": [asdict(rule) for rule in results.rules.outcomes] if results.rules is not None else [],
        "waived": dict(options.waive),
    }


__all__ = ["Results", "build_report"]
