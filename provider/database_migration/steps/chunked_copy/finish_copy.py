"""The copy's end: every chunk done, statistics fresh, figures told."""

from __future__ import annotations

from collections.abc import Mapping

from database_migration.errors import Interrupted
from database_migration.ledger import Ledger
from database_migration.model.migration_state import CopyProgress, Side
from database_migration.model.report import Report, ReportPlot, ReportTable, Scalar, verdict_of
from database_migration.steps.chunked_copy.identities import advance_identities, advance_sequences
from database_migration.steps.chunked_copy.lane_figures import LaneFigures
from database_migration.steps.chunked_copy.options import ChunkedCopyOptions
from database_migration.steps.chunked_copy.staging.records import UnloadFigures, unloaded
from database_migration.steps.chunked_copy.staging.report import unload_summary, unload_tables
from database_migration.steps.chunked_copy.staging.stage import area_of
from database_migration.steps.quarantine_report import QuarantineState
from database_migration.steps.run import MigrationRun

_BALANCED = 0.6
"""Share of the time from which one side is called the bottleneck."""


def finish_copy(run: MigrationRun, options: ChunkedCopyOptions) -> Report:
    """Note the source's log end (online) or set identities (offline), refresh statistics, and report rates.

    :raises Interrupted: chunks are left.
    """
    # Loaded here: the lanes, which need none of it, would be a fifth larger.
    from database_migration.steps.replicate import note_copy_end, note_target_log

    with run.current_ledger() as ledger:
        unfinished = ledger.chunks.unfinished()
        if unfinished:
            raise Interrupted(
                f"{unfinished} chunks are not copied.",
                mend="clear the lanes' failed tasks; they copy what is left.",
                subject=run.migration,
            )
        if run.online:
            note_copy_end(ledger, run.source.change_log.end())
            note_target_log(ledger, run.target.change_log.end())
        progress = ledger.chunks.progress()
        quarantine = QuarantineState.of(ledger.quarantine)
        figures = _figures(ledger, options)
        unloading = unloaded(ledger.notes, options.lanes)
    with run.target.connect("analyze") as session:
        for pair in run.pairs():
            run.target.engine.rows.analyze(session, run.target.schema, pair.target)
    if options.staging is not None and not options.staging.keep:
        area_of(run, options).remove()
    advanced = 0 if run.online else len(advance_identities(run, Side.TARGET)) + advance_sequences(run, Side.TARGET)
    return _report(run, progress, figures, unloading, quarantine, advanced)


def _figures(ledger: Ledger, options: ChunkedCopyOptions) -> dict[int, LaneFigures]:
    lanes = {lane: LaneFigures.of(ledger.notes, lane) for lane in range(options.lanes)}
    return {lane: figures for lane, figures in lanes.items() if figures.chunks}


def _report(
    run: MigrationRun,
    progress: list[CopyProgress],
    lanes: dict[int, LaneFigures],
    unloading: dict[int, UnloadFigures],
    quarantine: QuarantineState,
    identities: int,
) -> Report:
    spent = {
        "source": sum(figures.reading for figures in lanes.values()),
        "worker": sum(figures.working for figures in lanes.values()),
        "target": sum(figures.loading for figures in lanes.values()),
        "limit": sum(figures.held for figures in lanes.values()),
    }
    busiest = max((figures.seconds for figures in lanes.values()), default=0.0)
    rows = sum(table.rows for table in progress)
    summary: dict[str, Scalar] = {
        "tables": len(progress),
        "chunks": sum(table.chunks for table in progress),
        "binary_chunks": sum(figures.binary_chunks for figures in lanes.values()),
        "rows": rows,
        "rows_in_quarantine": quarantine.rows,
        "bytes": sum(table.bytes for table in progress),
        "rows_per_second": _rate(rows, busiest),
        "bottleneck": _bottleneck(spent),
        "reading_seconds": round(spent["source"], 2),
        "working_seconds": round(spent["worker"], 2),
        "loading_seconds": round(spent["target"], 2),
        "held_seconds": round(spent["limit"], 2),
        "paused_seconds": round(sum(figures.paused for figures in lanes.values()), 2),
        "lanes": len(lanes),
    }
    if unloading:
        summary |= unload_summary(unloading)
    if not run.online:
        summary["identities_set"] = identities
    findings = quarantine.findings({})
    by_rows = sorted(progress, key=lambda table: table.rows, reverse=True)
    names = tuple(table.table for table in by_rows[:25])
    return Report(
        stem="chunked_copy",
        title="Copy",
        verdict=verdict_of(findings),
        migration=run.migration,
        run_id=run.run_id,
        created_at=run.now(),
        summary=summary,
        findings=findings,
        tables=(
            ReportTable(
                "Tables",
                ("table", "chunks", "rows", "quarantined", "bytes", "seconds", "rows per second", "MB per second"),
                tuple(
                    (
                        t.table,
                        t.chunks,
                        t.rows,
                        quarantine.counts.get(t.table, 0),
                        t.bytes,
                        round(t.seconds, 2),
                        _rate(t.rows, t.seconds),
                        _rate(t.bytes, t.seconds * 1e6),
                    )
                    for t in by_rows
                ),
                note="Seconds are summed over the lanes that worked on a table.",
            ),
            ReportTable(
                "Lanes",
                (
                    "lane",
                    "chunks",
                    "of them binary",
                    "rows",
                    "bytes",
                    "source, s",
                    "worker, s",
                    "target, s",
                    "limit, s",
                    "between chunks, s",
                ),
                tuple(
                    (
                        lane,
                        f.chunks,
                        f.binary_chunks,
                        f.rows,
                        f.bytes,
                        round(f.reading, 2),
                        round(f.working, 2),
                        round(f.loading, 2),
                        round(f.held, 2),
                        round(f.paused, 2),
                    )
                    for lane, f in sorted(lanes.items())
                ),
                note="Seconds in which a lane waited for the source, worked itself, waited for the target, was held by"
                " the limit of rows or bytes per second, and, between chunks, waited for busy servers.",
            ),
            *unload_tables(unloading),
            *quarantine.tables(),
        ),
        plots=(
            _time_plot(lanes),
            ReportPlot("Rows copied", "bar", names, {"rows": tuple(float(t.rows) for t in by_rows[:25])}, "", "rows"),
            ReportPlot(
                "Speed by table",
                "bar",
                names,
                {"rows per second": tuple(_rate(t.rows, t.seconds) for t in by_rows[:25])},
                "",
                "rows per second and lane",
            ),
        ),
    )


def _time_plot(lanes: Mapping[int, LaneFigures]) -> ReportPlot:
    """Which side each lane spent its time on: the longest bar is where more speed would help."""
    shown = [figures for _, figures in sorted(lanes.items())]
    series = {
        "source": tuple(figures.reading for figures in shown),
        "worker": tuple(figures.working for figures in shown),
        "target": tuple(figures.loading for figures in shown),
        "limit": tuple(figures.held for figures in shown),
        "busy servers": tuple(figures.paused for figures in shown),
    }
    return ReportPlot(
        "Where the time went",
        "bar",
        tuple(f"lane {lane}" for lane in sorted(lanes)),
        {name: values for name, values in series.items() if sum(values) > 0.005},
        "",
        "seconds",
    )


def _rate(amount: float, seconds: float) -> float:
    return round(amount / seconds, 1) if seconds > 0 else 0.0


def _bottleneck(spent: Mapping[str, float]) -> str:
    """Who was waited for most of the time."""
    whole = sum(spent.values())
    if whole == 0:
        return "none"
    who = max(spent, key=lambda one: spent[one])
    return who if spent[who] / whole >= _BALANCED else "balanced"


__all__ = ["finish_copy"]
