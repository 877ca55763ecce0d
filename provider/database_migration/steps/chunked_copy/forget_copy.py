"""Takes copied rows back, so that tables can be copied anew or dropped.

In an order that lanes at work cannot spoil: what is not copied yet is withdrawn first, which waits for the lanes that
hold a chunk; then nobody loads any more and the rows can go; the lines of what was copied go last, so that a table
that holds rows of ours is always known to be ours.
"""

from __future__ import annotations

from collections.abc import Iterable

from database_migration.ledger import Ledger
from database_migration.steps.chunked_copy.lane_figures import forget_lane_figures
from database_migration.steps.replicate.cascaded import unsettle
from database_migration.steps.replicate.settled import forget_copy_end
from database_migration.steps.run import MigrationRun


def empty_tables(run: MigrationRun, ledger: Ledger, tables: Iterable[str]) -> int:
    """Empty the target's tables of these source tables and forget their chunks; how many were emptied. Twice is once.

    No foreign key of the target may lead to them, and nobody may apply changes meanwhile. Changes that are applied
    from now on pass them by until they are cut anew: their rows are read when the source has them already.
    """
    target, emptied = run.target, 0
    present = {table.name for table in target.read_schema().tables}
    with target.connect("empty tables") as session:
        for table in tables:
            ledger.chunks.withdraw(table)
            name = run.selection.target_name(table)
            if name in present:
                session.execute(f"TRUNCATE TABLE {target.engine.ddl.quote(target.schema, name)}")
                emptied += 1
            forget_table(ledger, table)
    forget_lane_figures(ledger.notes)
    forget_copy_end(ledger)
    unsettle(ledger, ())
    return emptied


def forget_table(ledger: Ledger, table: str) -> None:
    """Forget what the ledger has of a table whose rows are gone."""
    ledger.chunks.forget(table)
    ledger.quarantine.release_table(table)


__all__ = ["empty_tables", "forget_table"]
