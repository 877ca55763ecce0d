"""What figures of two servers say together; the figures themselves are read from real servers in the contract tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from database_migration.engines.protocol import ServerFacts
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Column, Default, Table
from database_migration.steps.preflight.servers import (
    Met,
    clock_findings,
    connection_findings,
    retention_findings,
    zone_findings,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SOUND = ServerFacts(NOW, "UTC", 0, 100, 64 * 1024 * 1024, None, None, "")
MET = Met(SOUND, SOUND, NOW, NOW)
STAMPED = Table(
    "t",
    (
        Column("id", ColumnType(Kind.INTEGER)),
        Column("at", ColumnType(Kind.DATETIME), default=Default("CURRENT_TIMESTAMP", is_expression=True)),
    ),
    estimated_bytes=20_000_000 * 3600,
)


def told(findings: object) -> list[tuple[Severity, str, str]]:
    return [(one.severity, one.code, one.subject) for one in findings if isinstance(one, Finding)]  # type: ignore[attr-defined]


def test_sound_servers_have_nothing_to_say() -> None:
    assert [*clock_findings(MET), *zone_findings(MET, [STAMPED]), *connection_findings(MET, 4)] == []
    assert list(retention_findings(MET, 1, [STAMPED])) == []


def test_a_clock_that_is_wrong_is_told_by_how_much() -> None:
    wrong = replace(MET, target=replace(SOUND, clock=NOW + timedelta(minutes=2)))
    (finding,) = clock_findings(wrong)
    assert (finding.code, finding.subject) == ("clock_differs", "target server")
    assert "120 s ahead of" in finding.message


def test_zones_matter_where_a_default_writes_local_time() -> None:
    away = replace(MET, target=replace(SOUND, time_zone="Asia/Kolkata", zone_offset_seconds=19800))
    assert told(zone_findings(away, [STAMPED])) == [(Severity.WARNING, "time_zone_differs", "target server")]
    plain = replace(STAMPED, columns=STAMPED.columns[:1])
    assert told(zone_findings(away, [plain])) == [(Severity.NOTE, "time_zone_differs", "target server")]
    renamed = replace(MET, target=replace(SOUND, time_zone="Etc/UTC"))
    assert told(zone_findings(renamed, [STAMPED])) == []


def test_connections_for_the_lanes() -> None:
    few = replace(MET, source=replace(SOUND, free_connections=10))
    assert told(connection_findings(few, 4)) == [(Severity.WARNING, "too_few_connections", "source server")]
    assert told(connection_findings(few, 16)) == [(Severity.BLOCKER, "too_few_connections", "source server")]


def test_a_log_that_does_not_last_until_the_copy_is_done() -> None:
    """The table takes an hour at the assumed speed."""
    for hours, severity in ((0.5, Severity.BLOCKER), (2, Severity.WARNING)):
        kept = replace(MET, source=replace(SOUND, log_kept_seconds=hours * 3600))
        assert told(retention_findings(kept, 20_000_000, [STAMPED])) == [
            (severity, "log_kept_too_short", "source server")
        ]
    kept = replace(MET, source=replace(SOUND, log_kept_seconds=4 * 3600.0))
    assert told(retention_findings(kept, 20_000_000, [STAMPED])) == []
