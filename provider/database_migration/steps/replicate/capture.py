"""Capture starts before the first chunk is read, so that every later commit lies in the log from there."""

from __future__ import annotations

from database_migration.ledger import install
from database_migration.model.migration_state import Direction
from database_migration.model.report import Report, ReportTable, Verdict
from database_migration.steps.replicate.options import ReplicateOptions
from database_migration.steps.run import MigrationRun


def start_capture(run: MigrationRun, options: ReplicateOptions) -> Report:
    """Make the source's log readable and store the position from which changes will be applied.

    Twice is once: the first position stored stays, and capture never loses what it has retained. The control
    schema is created on the source too, where reverse replication will keep its position.
    """
    del options
    with run.current_ledger() as ledger:
        with run.source.connect("start capture") as session:
            install(session, run.source.engine.traits.engine)
        tables = [pair.source.name for pair in run.pairs()]
        position = run.source.change_log.start(run.log_name, run.source.schema, tables)
        stored = ledger.positions.begin(Direction.FORWARD, position)
        ledger.checkpoints.set("prepared", position=stored.position.text)
    return Report(
        stem="replicate",
        title="Capture started",
        verdict=Verdict.PASSED,
        migration=run.migration,
        run_id=run.run_id,
        created_at=run.now(),
        summary={"tables": len(tables), "position": stored.position.text},
        tables=(ReportTable("Tables captured", ("table",), tuple((name,) for name in tables)),),
    )


__all__ = ["start_capture"]
