"""Takes the control schema back from a database that holds no ledger of its own."""

from __future__ import annotations

from database_migration.engines.protocol import Session
from database_migration.errors import Refused
from database_migration.ledger.positions import Positions

_TABLES = (
    "applied_marker", "watched_row", "watched_chunk",
    "quarantine", "stale_row", "chunk_reading", "report", "note", "checkpoint", "cutover_move",
    "created_object", "applied", "chunk", "run", "migration",
)  # fmt: skip


def holds_run(session: Session, migration: str, run_id: str) -> bool:
    """Whether the control schema here is the run's ledger: one server, or one database, may be both sides."""
    return bool(
        session.execute(
            "SELECT 1 FROM database_migration.run WHERE migration = %s AND run_id = %s", (migration, run_id)
        )
    )


def erase(session: Session, migration: str, origin: str) -> None:
    """Delete every line of a migration from its ledger, as if it had never been; its objects have to be gone.

    For rehearsals only: a migration's own ledger is what an auditor asks for.
    """
    session.execute(
        "DELETE FROM database_migration.applied_marker WHERE origin IN (%s, %s)", (origin, f"start {origin}")
    )
    for table in _TABLES[1:]:
        session.execute(f"DELETE FROM database_migration.{table} WHERE migration = %s", (migration,))


def leave(session: Session, migration: str, origin: str) -> bool:
    """Delete a migration's lines from the source's copy, and drop the schema once it holds nothing of anybody.

    ``origin`` is the name under which the migration's applier marked its writes. Whether the schema is gone.
    The schema has to be there. A migration that still needs an empty copy creates it again at its cutover.
    """
    Positions.forget(session, migration)
    session.execute("DELETE FROM database_migration.note WHERE migration = %s", (migration,))
    session.execute(
        "DELETE FROM database_migration.applied_marker WHERE origin IN (%s, %s)", (origin, f"start {origin}")
    )
    if any(session.execute(f"SELECT 1 FROM database_migration.{table} LIMIT 1") for table in _TABLES):
        return False
    # One statement, which a server carries to its end even when we are killed: no later try meets half a schema.
    names = ", ".join(f"database_migration.{table}" for table in _TABLES)
    session.execute(f"DROP TABLE IF EXISTS {names}")
    others = session.execute(
        "SELECT 1 FROM information_schema.tables WHERE table_schema = 'database_migration'"
        " UNION ALL SELECT 1 FROM information_schema.routines WHERE routine_schema = 'database_migration'"
    )
    if others:
        return False  # a write fence that is kept has its function here
    try:
        session.execute("DROP SCHEMA database_migration")
    except Refused:
        return False
    return True


__all__ = ["erase", "holds_run", "leave"]
