"""What a lane says every few seconds: how far the table and all tables are, how fast, and how long they will take."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from database_migration.ledger import Ledger
from database_migration.model.control import LaneNow
from database_migration.model.migration_state import CopyProgress

log = logging.getLogger(__name__)

_SAY_EVERY = 10.0


class Progress:
    """One lane's voice; the figures are those of all lanes, out of the ledger."""

    def __init__(self) -> None:
        self._said_at = time.monotonic()
        self._rows_then: int | None = None

    def tell(self, ledger: Ledger, table: str) -> None:
        """Say it when ten seconds have passed."""
        passed = time.monotonic() - self._said_at
        if passed < _SAY_EVERY and self._rows_then is not None:
            return
        lines = with_lanes(ledger.chunks.progress(), ledger.lanes.all(), datetime.now(UTC))
        rows = sum(line.rows for line in lines)
        if self._rows_then is not None:
            rate = max(rows - self._rows_then, 0) / max(passed, 0.001)
            own = next((line for line in lines if line.table == table), None)
            log.info("%s All tables: %s", said(own, 0) if own else "", said(total(lines), rate))
        self._said_at, self._rows_then = time.monotonic(), rows


def with_lanes(lines: Iterable[CopyProgress], lanes: Iterable[LaneNow], now: datetime) -> list[CopyProgress]:
    """The tables with what lanes have moved of the chunks that they work on; estimated, and not committed yet."""
    moved: dict[str, tuple[int, int]] = {}
    for lane in lanes:
        if lane.is_at_work(now):
            rows, octets = moved.get(lane.table, (0, 0))
            moved[lane.table] = (rows + lane.rows, octets + lane.bytes)
    found = []
    for line in lines:
        rows, octets = moved.get(line.table, (0, 0)) if line.chunks_done < line.chunks else (0, 0)
        found.append(replace(line, rows=line.rows + rows, bytes=line.bytes + octets))
    return found


def total(lines: Sequence[CopyProgress]) -> CopyProgress:
    """All tables as one."""
    return CopyProgress(
        "",
        sum(line.chunks for line in lines),
        sum(line.chunks_done for line in lines),
        sum(line.rows for line in lines),
        # A table that turned out larger than its estimate is no less than what is copied of it.
        sum(max(line.estimated_rows, line.rows) for line in lines),
        sum(line.bytes for line in lines),
        sum(line.seconds for line in lines),
    )


def said(line: CopyProgress, rate: float) -> str:
    """``orders: 1,200,000 of about 3,000,000 rows, 410 MB, 38,000 rows/s, about 47 s left.``"""
    parts = [f"{line.rows:,} of about {max(line.estimated_rows, line.rows):,} rows", f"{line.bytes / 1e6:,.0f} MB"]
    if rate > 0:
        left = max(line.estimated_rows - line.rows, 0) / rate
        parts += [f"{rate:,.0f} rows/s", f"about {duration(left)} left"]
    return (f"{line.table}: " if line.table else "") + ", ".join(parts) + "."


def duration(seconds: float) -> str:
    """``47 s``, ``12 min``, ``3 h 05 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02} min"


__all__ = ["Progress", "duration", "said", "total", "with_lanes"]
