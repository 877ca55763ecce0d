"""What needs changes to be applied waits while somebody has paused replication."""

from __future__ import annotations

from database_migration.errors import Paused
from database_migration.ledger import Ledger
from database_migration.model.control import Activity


def require_not_paused(ledger: Ledger) -> None:
    """Raise Paused, with who and why, while replication is paused."""
    line = ledger.controls.paused(Activity.REPLICATION)
    if line is not None:
        raise Paused(
            f"{line.who} paused replication at {line.at:%Y-%m-%d %H:%M} UTC{': ' if line.why else ''}{line.why}."
            " The log is kept meanwhile.",
            mend="resume it on the Migration page; this task goes on by itself then.",
            activity=Activity.REPLICATION.value,
            subject=ledger.migration,
        )


__all__ = ["require_not_paused"]
