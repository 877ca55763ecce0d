"""How far an applier has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from database_migration.model.log_position import LogPosition


@dataclass(frozen=True, slots=True)
class Applied:
    """How far an applier has come, by what is committed on the written side."""

    position: LogPosition
    committed_at: datetime | None
    """UTC; the last applied transaction or heartbeat, by the read side's clock."""
    transactions: int = 0
    changes: int = 0
    rows: int = 0
    """Rows written; fewer than ``changes`` where several changed one row, more where foreign keys act."""
    wanted: bool = True
    """False once the ledger wants another direction."""
    paused: bool = False
    """True once somebody has paused replication."""


def utc(moment: datetime) -> datetime:
    """Without a zone, as the ledger stores times."""
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


__all__ = ["Applied", "utc"]
