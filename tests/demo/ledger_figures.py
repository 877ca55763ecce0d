"""Where a run stands, read from the ledger on the target (and, for what flows back, from the source)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import MySQLdb
import psycopg

from fixtures.servers import Database


@dataclass
class LedgerFigures:
    """One look at the ledger; zeros before there is anything to see."""

    phase: str = "begin"
    serving: str = "source"
    epoch: int = 0
    tables: int = 0
    chunks: int = 0
    chunks_done: int = 0
    rows_copied: int = 0
    rows_estimated: int = 0
    changes_forward: int = 0
    changes_reverse: int = 0
    lag_seconds: float | None = None
    direction: str = "off"
    rows_compared: int = 0
    rows_differing: int = 0
    move: str = ""
    """The cutover's latest move and its state."""
    reports: dict[str, str] = field(default_factory=dict)
    """Report's name → where its HTML is."""


def read_figures(target: Database, source: Database, migration: str, run_id: str) -> LedgerFigures:
    """The figures of one run; what is not there yet stays at its default."""
    figures = LedgerFigures()
    try:
        with target.connect(user=target.user, password=target.password) as connection:
            _read_target(connection, figures, migration, run_id)
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return figures
    figures.changes_reverse = _reverse_changes(source, migration)
    return figures


def _read_target(
    connection: psycopg.Connection[tuple[Any, ...]], figures: LedgerFigures, migration: str, run_id: str
) -> None:
    row = connection.execute(
        "SELECT phase, serving, replication FROM database_migration.migration WHERE migration = %s", (migration,)
    ).fetchone()
    if row is not None:
        figures.phase, figures.serving, figures.direction = row
    row = connection.execute(
        "SELECT epoch FROM database_migration.run WHERE migration = %s AND run_id = %s", (migration, run_id)
    ).fetchone()
    if row is None:
        return
    figures.epoch = row[0]
    scope = (migration, figures.epoch)
    row = connection.execute(
        "SELECT count(DISTINCT table_name), count(*), coalesce(sum(done), 0), coalesce(sum(row_count), 0),"
        " coalesce(sum(estimated_rows), 0) FROM database_migration.chunk WHERE migration = %s AND epoch = %s",
        scope,
    ).fetchone()
    if row is not None:
        figures.tables, figures.chunks, figures.chunks_done, figures.rows_copied, figures.rows_estimated = map(int, row)
    row = connection.execute(
        "SELECT changes FROM database_migration.applied WHERE migration = %s AND epoch = %s AND direction = 'forward'",
        scope,
    ).fetchone()
    if row is not None:
        figures.changes_forward = row[0]
    row = connection.execute(
        "SELECT move, state FROM database_migration.cutover_move WHERE migration = %s AND epoch = %s"
        " ORDER BY ordinal DESC LIMIT 1",
        scope,
    ).fetchone()
    if row is not None:
        figures.move = f"{row[0]} {row[1]}"
    notes = dict(
        connection.execute(
            "SELECT name, value FROM database_migration.note WHERE migration = %s AND epoch = %s"
            " AND name IN ('replication', 'validate')",
            scope,
        ).fetchall()
    )
    if "replication" in notes:
        figures.lag_seconds = json.loads(notes["replication"]).get("lag_seconds")
    if "validate" in notes:
        validate = json.loads(notes["validate"])
        figures.rows_compared, figures.rows_differing = validate["rows_compared"], validate["rows_differing"]
    figures.reports = dict(
        connection.execute(
            "SELECT stem, location FROM database_migration.report WHERE migration = %s AND run_id = %s"
            " ORDER BY filed_at",
            (migration, run_id),
        ).fetchall()
    )


def _reverse_changes(source: Database, migration: str) -> int:
    """Changes that flowed back; their position is kept where they were written."""
    try:
        rows = source.execute(
            "SELECT changes FROM database_migration.applied WHERE migration = %s AND direction = 'reverse'"
            " ORDER BY epoch DESC LIMIT 1",
            (migration,),
        )
    except (MySQLdb.ProgrammingError, MySQLdb.OperationalError):
        return 0
    return int(rows[0][0]) if rows else 0


def report_summary(figures: LedgerFigures, name: str) -> dict[str, Any]:
    """The summary of a filed report, {} when it was not filed."""
    location = figures.reports.get(name)
    if location is None:
        return {}
    path = Path(location.removeprefix("file://")).with_suffix(".json")
    return dict(json.loads(path.read_text(encoding="utf-8"))["summary"]) if path.exists() else {}
