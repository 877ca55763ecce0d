"""The execution plan as a report: what a person approves at the gate, and the same as data."""

from __future__ import annotations

from dataclasses import dataclass

from database_migration.model.report import Finding, Report, ReportPlot, ReportTable, Scalar, verdict_of
from database_migration.steps.plan.estimate import Rates, Seconds, schedule
from database_migration.steps.plan.options import PlanOptions
from database_migration.steps.plan.probe import Measured
from database_migration.steps.plan.volumes import TableVolume
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import ExpectedSchema, table_order

PLAN_SCHEMA_VERSION = 1

_CHECKPOINTS = (
    (
        "prepared",
        "the target's tables exist and the change log is kept from here on",
        "drop what we made; nothing else",
    ),
    ("validated", "rows are copied, changes applied, both sides compared", "drop what we made; nothing else"),
    ("cut_over", "the application writes to the target", "reverse replication has kept the source; switch back"),
)


@dataclass(frozen=True, slots=True)
class ExecutionPlan:
    """What was planned, before it is put into words."""

    expected: ExpectedSchema
    volumes: list[TableVolume]
    measured: list[Measured]
    rates: Rates | None
    lanes: int
    copies: dict[str, Seconds]
    phases: dict[str, Seconds]

    @property
    def total(self) -> Seconds:
        """All phases, one after the other."""
        return sum(self.phases.values(), Seconds(0.0, 0.0))


def plan_report(run: MigrationRun, options: PlanOptions, made: ExecutionPlan, findings: list[Finding]) -> Report:
    """The plan in words, tables and a picture, and under ``data`` as JSON with a version of its own."""
    return Report(
        stem="plan",
        title="Migration execution plan",
        verdict=verdict_of(findings),
        migration=run.migration,
        run_id=run.run_id,
        created_at=run.now(),
        summary={
            "strategy": "online: the application keeps writing"
            if run.online
            else "offline: the application is stopped",
            "source": f"{run.source.endpoint} schema {run.source.schema}",
            "target": f"{run.target.endpoint} schema {run.target.schema}",
            "tables": len(made.volumes),
            "rows (estimated)": sum(volume.rows for volume in made.volumes),
            "bytes (estimated)": sum(volume.bytes for volume in made.volumes),
            "chunks": sum(volume.chunks for volume in made.volumes),
            "lanes": made.lanes,
            "time (estimated)": str(made.total) if made.rates else "not known",
        },
        findings=findings,
        tables=_tables(options, made),
        plots=_plots(made),
        data=_data(options, made),
    )


def _tables(options: PlanOptions, made: ExecutionPlan) -> list[ReportTable]:
    cut = table_order(made.expected.selected).cut
    circles = ", ".join(f"{child} → {parent}" for child, parent in cut)
    return [
        ReportTable(
            "Tables in order",
            ("order", "source", "target", "rows (estimated)", "bytes (estimated)", "chunks", "cut along", "time"),
            tuple(
                (
                    number,
                    volume.name,
                    volume.pair.target.name,
                    volume.rows,
                    volume.bytes,
                    volume.chunks,
                    volume.cut_along or "one chunk",
                    str(made.copies[volume.name]) if made.copies else "",
                )
                for number, volume in enumerate(made.volumes, 1)
            ),
            note="Parents come before children"
            + (f"; circles of foreign keys are cut at {circles}" if circles else "")
            + ". Foreign keys are created after the copy; lanes claim the largest tables first. Rows and bytes are the"
            " source's statistics.",
        ),
        ReportTable(
            "Time",
            ("phase", "at least", "at most", "based on"),
            tuple(
                (name, round(seconds.low, 1), round(seconds.high, 1), _BASIS[name])
                for name, seconds in made.phases.items()
            ),
            note="Seconds. Catching up with changes comes on top and depends on how much is written meanwhile.",
        ),
        ReportTable(
            "Probe",
            ("table", "rows", "bytes", "read rows/s", "loaded rows/s"),
            tuple(
                (
                    one.table,
                    one.rows,
                    one.bytes,
                    round(one.rows / max(one.read_seconds, 1e-6)),
                    None if one.load_seconds is None else round(one.rows / max(one.load_seconds, 1e-6)),
                )
                for one in made.measured
            ),
            note="Measured now; loaded into a table of ours in the control schema and rolled back.",
        ),
        ReportTable("Checkpoints", ("name", "what holds then", "going back from there"), _CHECKPOINTS),
        ReportTable("Validation criteria", ("criterion",), tuple((text,) for text in options.validation)),
        ReportTable("Gates", ("gate",), tuple((gate,) for gate in options.gates)),
        ReportTable("Windows", ("for", "when"), tuple(options.windows.items())),
    ]


_BASIS = {
    "copy": "the probe",
    "indexes and keys": "an assumed rate (steps.plan.index_rows_per_second)",
    "validate": "the probe's reading",
}


def _plots(made: ExecutionPlan) -> list[ReportPlot]:
    if made.rates is None or not made.volumes:
        return []
    times = schedule(made.volumes, made.rates, made.lanes)
    bars = sorted(
        ((name, start, end - start) for name, (start, end) in times.items()), key=lambda bar: (bar[1], -bar[2])
    )
    end = max(start + length for _, start, length in bars)
    for phase in ("indexes and keys", "validate"):
        bars.append((phase, end, made.phases[phase].middle))
        end += made.phases[phase].middle
    labels: tuple[Scalar, ...] = tuple(name for name, _, _ in bars)
    return [
        ReportPlot(
            f"Schedule with {made.lanes} lanes",
            "gantt",
            labels,
            {"start": tuple(start for _, start, _ in bars), "length": tuple(length for _, _, length in bars)},
            x_label="seconds",
        )
    ]


def _data(options: PlanOptions, made: ExecutionPlan) -> dict[str, object]:
    return {
        "schema_version": PLAN_SCHEMA_VERSION,
        "lanes": made.lanes,
        "chunk_rows": options.chunk_rows,
        "tables": [
            {
                "source": volume.name,
                "target": volume.pair.target.name,
                "order": number,
                "rows": volume.rows,
                "bytes": volume.bytes,
                "chunks": volume.chunks,
                "cut_along": volume.cut_along or None,
                "seconds": _range(made.copies.get(volume.name)),
            }
            for number, volume in enumerate(made.volumes, 1)
        ],
        "phases": {name: _range(seconds) for name, seconds in made.phases.items()},
        "seconds": _range(made.total) if made.rates else None,
        "probe": [
            {
                "table": one.table,
                "rows": one.rows,
                "bytes": one.bytes,
                "read_seconds": one.read_seconds,
                "load_seconds": one.load_seconds,
            }
            for one in made.measured
        ],
        "checkpoints": [name for name, _, _ in _CHECKPOINTS],
        "validation": list(options.validation),
        "gates": list(options.gates),
        "windows": dict(options.windows),
    }


def _range(seconds: Seconds | None) -> dict[str, float] | None:
    return None if seconds is None else {"low": round(seconds.low, 3), "high": round(seconds.high, 3)}


__all__ = ["PLAN_SCHEMA_VERSION", "ExecutionPlan", "plan_report"]
