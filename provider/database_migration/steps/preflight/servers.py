"""What two servers, we and the volume together say against a migration, though each alone is sound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from database_migration.engines.protocol import ServerFacts, Session
from database_migration.model.column_type import Kind
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Table
from database_migration.steps.preflight.options import PreflightOptions
from database_migration.steps.run import MigrationRun
from database_migration.steps.schema_compare import ExpectedSchema

_CLOCKS_APART = timedelta(seconds=5)
_BESIDE_LANES = 8
"""Sessions beside those of the lanes: ledger, appliers, their readers, sensors, the page in the UI."""
_LOCAL_TIMES = frozenset({Kind.DATE, Kind.TIME, Kind.DATETIME})


@dataclass(frozen=True, slots=True)
class Met:
    """What was seen of both servers, with our own time beside each."""

    source: ServerFacts
    target: ServerFacts
    asked_source: datetime
    asked_target: datetime


def meet(run: MigrationRun, source: Session, target: Session) -> Met:
    """Both servers' figures now."""
    one, asked_source = run.source.engine.inspection.facts(source), run.now()
    other, asked_target = run.target.engine.inspection.facts(target), run.now()
    return Met(one, other, asked_source, asked_target)


def server_findings(run: MigrationRun, options: PreflightOptions, expected: ExpectedSchema, met: Met) -> list[Finding]:
    """Findings about clocks, zones, connections, value sizes, and the time that a log is kept."""
    return [
        *clock_findings(met),
        *zone_findings(met, expected.tables),
        *connection_findings(met, options.lanes),
        *_size_findings(run, met, expected.tables),
        *(retention_findings(met, options.copy_bytes_per_second, expected.selected) if run.online else ()),
    ]


def clock_findings(met: Met) -> Iterator[Finding]:
    """Clocks that differ: lag, windows and timestamps in reports would be wrong by as much."""
    for name, facts, asked in (("source", met.source, met.asked_source), ("target", met.target, met.asked_target)):
        apart = facts.clock - asked
        if abs(apart) > _CLOCKS_APART:
            ahead = "ahead of" if apart > timedelta(0) else "behind"
            yield Finding(
                Severity.WARNING,
                "clock_differs",
                f"{name} server",
                f"Its clock is {abs(apart).total_seconds():.0f} s {ahead} this worker's: the lag that sensors and"
                " reports show is wrong by as much, and so are times that a default sets after the cutover.",
                "let the servers and the workers follow one NTP source.",
            )


def zone_findings(met: Met, tables: Iterable[Table]) -> Iterator[Finding]:
    """Servers in different zones, where a default writes the time of day without one."""
    one, other = met.source, met.target
    same = one.time_zone == other.time_zone or (
        one.zone_offset_seconds is not None and one.zone_offset_seconds == other.zone_offset_seconds
    )
    if same:
        return
    affected = [
        f"{table.name}.{column.name}"
        for table in tables
        for column in table.columns
        if column.type.kind in _LOCAL_TIMES
        and column.default is not None
        and column.default.is_expression
        and "CURRENT_" in column.default.text.upper()
    ]
    yield Finding(
        Severity.WARNING if affected else Severity.NOTE,
        "time_zone_differs",
        "target server",
        f"The source's time zone is {one.time_zone}, the target's {other.time_zone}. What is copied is not affected."
        + (
            f" Defaults that write the server's local time will write another one after the cutover:"
            f" {', '.join(affected[:5])}{' …' if len(affected) > 5 else ''}."
            if affected
            else ""
        ),
        "give the target's database or the application's role the source's time zone.",
    )


def connection_findings(met: Met, lanes: int) -> Iterator[Finding]:
    """Whether the lanes get their connections."""
    needed = lanes + _BESIDE_LANES
    for name, facts in (("source", met.source), ("target", met.target)):
        if facts.free_connections < needed:
            yield Finding(
                Severity.BLOCKER if facts.free_connections < lanes + 2 else Severity.WARNING,
                "too_few_connections",
                f"{name} server",
                f"{facts.free_connections} more connections are allowed; {lanes} lanes and what runs beside them take"
                f" up to {needed}.",
                "raise the server's or the account's connection limit, or set fewer lanes (steps.chunked_copy.lanes).",
            )


def _size_findings(run: MigrationRun, met: Met, tables: Iterable[Table]) -> Iterator[Finding]:
    largest, taken = met.source.largest_value_bytes, met.target.largest_value_bytes
    same_engine = run.source.engine.traits.engine == run.target.engine.traits.engine
    wide = [
        f"{table.name}.{column.name}"
        for table in tables
        for column in table.copied_columns
        if column.type.kind in (Kind.TEXT, Kind.BLOB, Kind.JSON)
        and (column.type.length is None or column.type.length > taken)
    ]
    if taken < largest and wide and (same_engine or taken < 64 * 1024 * 1024):
        yield Finding(
            Severity.WARNING,
            "value_size",
            "target server",
            f"The target takes values of up to {taken:,} bytes (max_allowed_packet), the source has up to {largest:,};"
            f" larger ones in {', '.join(wide[:5])}{' …' if len(wide) > 5 else ''} would stop the run.",
            "raise max_allowed_packet on the target (up to 1 GiB).",
        )


def retention_findings(met: Met, bytes_per_second: int, tables: Iterable[Table]) -> Iterator[Finding]:
    """A log that is thrown away before the copy is done: the run would have to begin again."""
    kept = met.source.log_kept_seconds
    if kept is None:
        return
    volume = sum(table.estimated_bytes for table in tables)
    copying = volume / bytes_per_second
    if kept < 3 * copying:
        yield Finding(
            Severity.BLOCKER if kept < copying else Severity.WARNING,
            "log_kept_too_short",
            "source server",
            f"The source keeps its log for {kept / 3600:.1f} h. Copying {volume:,} bytes takes about"
            f" {copying / 3600:.1f} h at an assumed {bytes_per_second:,} bytes/s, and changes are applied after it.",
            "keep the log for at least three times as long (binlog_expire_logs_seconds; on Amazon RDS: CALL"
            f" mysql.rds_set_configuration('binlog retention hours', {max(24, round(3 * copying / 3600 + 0.5))});), or"
            " set steps.preflight.copy_bytes_per_second to what you measured.",
        )


__all__ = [
    "Met",
    "clock_findings",
    "connection_findings",
    "meet",
    "retention_findings",
    "server_findings",
    "zone_findings",
]
