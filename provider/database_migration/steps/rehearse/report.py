"""The rehearsals side by side: what each phase took, and whether all came to the same."""

from __future__ import annotations

from collections.abc import Sequence

from database_migration.model.report import Finding, Report, ReportPlot, ReportTable, Scalar, Severity, verdict_of
from database_migration.steps.plan.seconds import spoken
from database_migration.steps.rehearse.options import RehearseOptions
from database_migration.steps.rehearse.outcome import Outcome, disagreements
from database_migration.steps.rehearse.rehearsal import Rehearsal

_TIMES = {1: "once", 2: "twice"}


def rehearsal_report(
    rehearsal: Rehearsal, options: RehearseOptions, known: Sequence[Outcome], told: Sequence[Finding]
) -> Report:
    """The report after the last of some tries."""
    run, last = rehearsal.run, known[-1]
    counts = rehearsal.cloned and not options.writes
    said = [words for one in known[:-1] for words in disagreements(one, last, counts=counts)]
    findings = [
        *(
            Finding(
                Severity.BLOCKER, "rehearsals_differ", run.migration, f"{words}.",
                "find out why before the real run: what came out differently once may do so again.",
            )
            for words in said
        ),
        *told,
        *([] if rehearsal.cloned and run.online else [_not_rehearsed(online=run.online)]),
    ]  # fmt: skip
    times = _TIMES.get(len(known), f"{len(known)} times")
    longest = max(known, key=lambda one: one.total)
    pause = max(one.writers_wait_ms for one in known)
    summary: dict[str, Scalar] = {
        "rehearsed": times + ("" if len(known) == 1 else ", with different outcomes" if said else ", the same outcome"),
        "time": spoken(longest.total),
        "pause of writers": f"{pause:,} ms" + ("" if rehearsal.cloned else ", estimated: nobody was held"),
    }
    if last.back_wait_ms is not None:
        summary["pause on the way back"] = f"{max(one.back_wait_ms or 0 for one in known):,} ms"
    summary |= {"rows": sum(last.rows.values()), "rows_differing": max(one.differing for one in known)}
    return Report(
        stem="rehearse",
        title="Rehearsal",
        verdict=verdict_of(findings),
        migration=run.migration,
        run_id=run.run_id,
        created_at=run.now(),
        summary=summary,
        findings=findings,
        tables=[_phases(known), _tables(known), _warnings(last)],
        plots=[
            ReportPlot(
                "Seconds by phase",
                "bar",
                tuple(last.seconds),
                {f"try {one.attempt}": tuple(one.seconds.get(name, 0.0) for name in last.seconds) for one in known},
                "",
                "seconds",
            )
        ],
        data={"tries": [{"attempt": one.attempt, "seconds": dict(one.seconds)} for one in known]},
    )


def _phases(known: Sequence[Outcome]) -> ReportTable:
    rows: list[tuple[Scalar, ...]] = [
        (name, *(one.seconds.get(name) for one in known)) for name in known[-1].seconds
    ]  # fmt: skip
    rows.append(("all of it", *(round(one.total, 3) for one in known)))
    rows.append(("writers wait in the cutover, ms", *(one.writers_wait_ms for one in known)))
    rows.append(("writers wait on the way back, ms", *(one.back_wait_ms for one in known)))
    rows.append(("rows that differ", *(one.differing for one in known)))
    return ReportTable("Tries", ("phase", *(f"try {one.attempt}, s" for one in known)), tuple(rows))


def _tables(known: Sequence[Outcome]) -> ReportTable:
    names = sorted({name for one in known for name in one.rows})
    return ReportTable(
        "Rows copied",
        ("table", *(f"try {one.attempt}" for one in known)),
        tuple((name, *(one.rows.get(name) for one in known)) for name in names),
        note="Where the application writes to what is read, they may differ from try to try.",
    )


def _warnings(last: Outcome) -> ReportTable:
    return ReportTable(
        "What the steps warned of",
        ("step", "severity", "code", "subject"),
        tuple((step, severity, code, subject) for step, severity, code, subject in last.findings),
        note="Their reports are filed under the rehearsal's name.",
    )


def _not_rehearsed(*, online: bool) -> Finding:
    if not online:
        return Finding(
            Severity.NOTE, "cutover_not_rehearsed", "cutover",
            "Offline the cutover holds nobody and nothing is replicated back: comparison and numbers were rehearsed.",
        )  # fmt: skip
    return Finding(
        Severity.NOTE,
        "cutover_not_rehearsed",
        "cutover",
        "The source's fence, the reverse stream and the rollback were not rehearsed: the real source was only read.",
        "restore a backup of the source and name it under steps.rehearse.clone.",
    )


__all__ = ["rehearsal_report"]
