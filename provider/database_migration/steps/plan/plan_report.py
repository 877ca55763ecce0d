"""The execution plan as a report: what a person approves at the gate."""

from __future__ import annotations

from database_migration.model.report import Finding, Report, ReportTable, Scalar, verdict_of
from database_migration.steps.plan.execution_plan import ExecutionPlan, checkpoints
from database_migration.steps.plan.options import PlanOptions
from database_migration.steps.plan.plan_data import plan_data
from database_migration.steps.plan.probe import TableProbe
from database_migration.steps.plan.rehearsed import rehearsal_table
from database_migration.steps.plan.timeline import timeline
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import table_order


def plan_report(run: MigrationRun, options: PlanOptions, made: ExecutionPlan, findings: list[Finding]) -> Report:
    """The plan in words, tables and a picture, and under ``data`` as JSON with a version and a schema of its own."""
    return Report(
        stem="plan",
        title="Migration execution plan",
        verdict=verdict_of(findings),
        migration=run.migration,
        run_id=run.run_id,
        created_at=made.made_at,
        summary=_summary(run, made),
        findings=findings,
        tables=_tables(options, made, online=run.online),
        plots=timeline(made, options.gates),
        data=plan_data(run, options, made),
    )


def _summary(run: MigrationRun, made: ExecutionPlan) -> dict[str, Scalar]:
    summary: dict[str, Scalar] = {
        "time until ready to cut over": "not known" if made.ready is None else str(made.ready),
        "tables": len(made.volumes),
        f"rows ({made.counted})": made.rows,
        "bytes (estimated)": made.bytes,
        "chunks": made.chunks,
        "lanes": made.lanes,
    }
    if made.writes is not None:
        summary["rows/s written on the source"] = round(made.writes)
    for name, opening in made.openings.items():
        summary[f"{name} window"] = opening.spell(opening.at_worst)
    return summary | {
        "strategy": "online: the application keeps writing" if run.online else "offline: the application is stopped",
        "source": f"{run.source.endpoint} schema {run.source.schema}",
        "target": f"{run.target.endpoint} schema {run.target.schema}",
    }


def _tables(options: PlanOptions, made: ExecutionPlan, *, online: bool) -> list[ReportTable]:
    return [
        _time(made),
        *rehearsal_table(made.rehearsals),
        _tables_in_order(made),
        *_lanes(made),
        *_windows(made, options),
        ReportTable(
            "Checkpoints, and what going back costs",
            ("checkpoint", "what holds then", "going back from there", "what that costs"),
            tuple(
                (one.name, one.holds, one.going_back, one.cost)
                for one in checkpoints(made, online=online, write_pause=options.write_pause.total_seconds())
            ),
            note="prepared, copied and validated can be chosen in the form of the rollback DAG, as long as the target"
            " never served: the run then lives on from there. Without a choice it goes all the way.",
        ),
        ReportTable("Validation criteria", ("criterion",), tuple((text,) for text in options.validation)),
        ReportTable(
            "Gates",
            ("gate", "what is asked"),
            tuple((gate, _ASKED.get(gate, "")) for gate in options.gates),
            note="A gate waits in Airflow's UI until somebody answers, which no estimate knows.",
        ),
        _probe(made),
    ]


_ASKED = {
    "plan": "after this report, before anything is created",
    "cutover": "after validation, before the application is led over",
    "finalize": "after the soak, before the point of no return",
}


def _time(made: ExecutionPlan) -> ReportTable:
    phases = made.estimate.phases if made.estimate else ()
    rows = [(one.name, *_edges(one.seconds.low, one.seconds.high), one.basis) for one in phases]
    if made.ready is not None:
        rows.append(("all of it", *_edges(made.ready.low, made.ready.high), ""))
    return ReportTable(
        "Time",
        ("phase", "at best, s", "at worst, s", "based on"),
        tuple(rows),
        note="From the approval of the plan until the cutover can be asked for. Each phase includes a few seconds for"
        " starting its tasks. The range is wide because samples are small: the first chunks of the copy tell more.",
    )


def _edges(low: float, high: float) -> tuple[float, float]:
    return round(low, 1), round(high, 1)


def _tables_in_order(made: ExecutionPlan) -> ReportTable:
    cut = table_order(made.expected.selected).cut
    circles = ", ".join(f"{child} → {parent}" for child, parent in cut)
    copies = made.estimate.copies if made.estimate else {}
    return ReportTable(
        "Tables in order",
        ("order", "source", "target", "rows", "known by", "bytes (estimated)", "chunks", "cut along", "one lane takes"),
        tuple(
            (
                number,
                volume.name,
                volume.pair.target.name,
                volume.rows,
                "count" if volume.counted else "statistics",
                volume.bytes,
                volume.chunks,
                volume.cut_along or "one chunk",
                str(copies[volume.name]) if volume.name in copies else "",
            )
            for number, volume in enumerate(made.volumes, 1)
        ),
        note="Parents come before children"
        + (f"; circles of foreign keys are cut at {circles}" if circles else "")
        + ". Foreign keys are created after the copy; lanes claim the largest tables first. Bytes are data and indexes"
        " as the source's statistics have them; rows too, where they are not counted (steps.plan.count_rows: exact).",
    )


def _lanes(made: ExecutionPlan) -> list[ReportTable]:
    if made.estimate is None:
        return []
    return [
        ReportTable(
            "The copy by number of lanes",
            ("lanes", "at best, s", "at worst, s", ""),
            tuple(
                (lanes, *_edges(seconds.low, seconds.high), "planned" if lanes == made.lanes else "")
                for lanes, seconds in made.estimate.by_lanes.items()
            ),
            note="More lanes help as long as neither server is the limit; a table of one chunk keeps one lane.",
        )
    ]


def _windows(made: ExecutionPlan, options: PlanOptions) -> list[ReportTable]:
    if not options.windows:
        return []
    rows = []
    for name, window in options.windows.items():
        found = made.openings.get(name)
        times = (found.spell(found.opens), found.spell(found.at_worst)) if found else ("", "")
        rows.append((name, f"{window.cron} ({window.timezone}), open for {window.duration}", *times))
    return [
        ReportTable(
            "Windows",
            ("for", "when", "opens next", "used, when everything takes as long as it may"),
            tuple(rows),
            note="Gates are taken as answered at once.",
        )
    ]


def _probe(made: ExecutionPlan) -> ReportTable:
    return ReportTable(
        "Probe",
        (
            "table",
            "rows",
            "bytes a row",
            "rows/s, one lane",
            "waiting for the source, %",
            "checksum rows/s",
            "index rows/s",
            "changes put/s",
        ),
        tuple(_probe_row(one) for one in made.measured.tables),
        note="Measured now, from up to three places of each table's key, after a first sample that is not counted;"
        " copied into a table of ours in the control schema and taken back.",
    )


def _probe_row(one: TableProbe) -> tuple[Scalar, ...]:
    waiting = sum(sample.read_seconds for sample in one.samples)
    checksum = sum(max(sample.source_checksum_seconds, sample.target_checksum_seconds) for sample in one.samples)
    return (
        one.table,
        one.rows,
        round(one.bytes / one.rows),
        _per_second(one.rows, one.copy_seconds),
        round(100 * waiting / one.copy_seconds) if one.copy_seconds else None,
        _per_second(one.rows, checksum),
        None if one.index_seconds is None else _per_second(one.rows * one.indexes, one.index_seconds),
        None if one.apply_rows_per_second is None else round(one.apply_rows_per_second),
    )


def _per_second(rows: int, seconds: float) -> int:
    return round(rows / max(seconds, 1e-6))


__all__ = ["plan_report"]
