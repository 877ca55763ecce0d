"""The execution plan as data; ``plan.schema.json`` beside this file says what each key means."""

from __future__ import annotations

from database_migration.steps.plan.execution_plan import ExecutionPlan, checkpoints
from database_migration.steps.plan.options import PlanOptions
from database_migration.steps.plan.seconds import Seconds
from database_migration.steps.run import MigrationRun

PLAN_SCHEMA_VERSION = 2
"""Raised with ``plan.schema.json`` whenever a key goes or means something else."""


def plan_data(run: MigrationRun, options: PlanOptions, made: ExecutionPlan) -> dict[str, object]:
    """The plan in JSON's types."""
    estimate = made.estimate
    return {
        "schema_version": PLAN_SCHEMA_VERSION,
        "made_at": made.made_at.isoformat(),
        "strategy": "online" if run.online else "offline",
        "lanes": made.lanes,
        "chunk_rows": options.chunk_rows,
        "rows": made.rows,
        "rows_known_by": made.counted,
        "bytes": made.bytes,
        "tables": [
            {
                "source": volume.name,
                "target": volume.pair.target.name,
                "order": number,
                "rows": volume.rows,
                "rows_counted": volume.counted,
                "bytes": volume.bytes,
                "chunks": volume.chunks,
                "cut_along": volume.cut_along or None,
                "seconds": _range(None if estimate is None else estimate.copies[volume.name]),
            }
            for number, volume in enumerate(made.volumes, 1)
        ],
        "phases": []
        if estimate is None
        else [
            {"name": phase.name, "seconds": _range(phase.seconds), "based_on": phase.basis} for phase in estimate.phases
        ],
        "seconds": _range(made.ready),
        "copy_by_lanes": []
        if estimate is None
        else [{"lanes": lanes, "seconds": _range(seconds)} for lanes, seconds in estimate.by_lanes.items()],
        "source_rows_written_per_second": None if made.writes is None else round(made.writes, 3),
        "probe": {
            "tables": [
                {
                    "table": one.table,
                    "rows": one.rows,
                    "bytes": one.bytes,
                    "copy_seconds": round(one.copy_seconds, 6),
                    "samples": len(one.samples),
                    "indexes": one.indexes,
                    "index_seconds": one.index_seconds,
                    "applied_rows_per_second": one.apply_rows_per_second,
                }
                for one in made.measured.tables
            ],
            "speed_up": None
            if made.measured.speed_up is None
            else {"lanes": made.measured.speed_up.lanes, "factor": round(made.measured.speed_up.factor, 3)},
        },
        "checkpoints": [
            {"name": one.name, "holds": one.holds, "going_back": one.going_back, "cost": one.cost}
            for one in checkpoints(made, online=run.online, write_pause=options.write_pause.total_seconds())
        ],
        "validation": list(options.validation),
        "gates": list(options.gates),
        "windows": {
            name: {
                "cron": window.cron,
                "timezone": window.timezone,
                "duration_seconds": window.duration.total_seconds(),
                **_opening(made, name),
            }
            for name, window in options.windows.items()
        },
    }


def _opening(made: ExecutionPlan, name: str) -> dict[str, str | None]:
    found = made.openings.get(name)
    return {
        "next_opening": None if found is None else found.opens.isoformat(),
        "used_at_best": None if found is None else found.at_best.isoformat(),
        "used_at_worst": None if found is None else found.at_worst.isoformat(),
    }


def _range(seconds: Seconds | None) -> dict[str, float] | None:
    return None if seconds is None else {"low": round(seconds.low, 3), "high": round(seconds.high, 3)}


__all__ = ["PLAN_SCHEMA_VERSION", "plan_data"]
