"""What the copy's report says of the unload lanes."""

from __future__ import annotations

from collections.abc import Mapping

from database_migration.model.report import ReportTable, Scalar
from database_migration.steps.chunked_copy.staging.records import UnloadFigures


def unload_summary(lanes: Mapping[int, UnloadFigures]) -> dict[str, Scalar]:
    """Figures of all unload lanes together."""
    total = UnloadFigures()
    for figures in lanes.values():
        total.add(figures)
    busiest = max((one.reading + one.working + one.storing for one in lanes.values()), default=0.0)
    return {
        "unload_lanes": len(lanes),
        "rows_unloaded": total.rows,
        "bytes_stored": total.stored,
        "rows_unloaded_per_second": round(total.rows / busiest, 1) if busiest else 0.0,
    }


def unload_tables(lanes: Mapping[int, UnloadFigures]) -> tuple[ReportTable, ...]:
    """The unload lanes; nothing where the copy was a direct one."""
    if not lanes:
        return ()
    rows = tuple(
        (
            lane,
            one.chunks,
            one.rows,
            one.bytes,
            one.stored,
            round(one.reading, 2),
            round(one.working, 2),
            round(one.storing, 2),
            round(one.paused, 2),
        )
        for lane, one in sorted(lanes.items())
    )
    columns = (
        "lane",
        "chunks",
        "rows",
        "bytes",
        "bytes in the store",
        "source, s",
        "worker, s",
        "store, s",
        "paused, s",
    )
    note = "Of the chunks that were loaded. In the table above, the source of a load lane is the store."
    return (ReportTable("Unload lanes", columns, rows, note=note),)


__all__ = ["unload_summary", "unload_tables"]
