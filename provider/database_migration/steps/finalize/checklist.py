"""What is left to do when a migration is through: ours is done, a person's is listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from database_migration.ledger import ReportLine
from database_migration.model.report import ReportTable
from database_migration.steps.run import MigrationRun


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the decommission checklist."""

    subject: str
    what: str
    done: bool = False


def decommission_checklist(
    run: MigrationRun, items: Sequence[Item], reports: Sequence[ReportLine]
) -> tuple[ReportTable, ...]:
    """Done by us, to be done by a person, and the record that stays."""
    done = [item for item in items if item.done]
    left = [*(item for item in items if not item.done), *_for_people(run)]
    return (
        ReportTable("Done", ("what", "outcome"), tuple((item.subject, item.what) for item in done)),
        ReportTable("To be done", ("what", "how"), tuple((item.subject, item.what) for item in left)),
        ReportTable(
            "The record",
            ("report", "verdict", "where"),
            tuple((line.stem, line.verdict, line.location) for line in reports),
            note=f"The ledger (schema database_migration on {run.target.endpoint}) stays: it shows what was moved and"
            " when, and keeps this migration's name from being used again.",
        ),
    )


def _for_people(run: MigrationRun) -> list[Item]:
    source, target = run.source.endpoint, run.target.endpoint
    return [
        Item(
            "last backup of the source", f"take one of {source} before it is switched off, and note how long it is kept"
        ),
        Item("sessions on the source", "see that no job, report or person still connects there"),
        Item("the migration's login on the source", f"revoke its privileges: user {source.user} on {source}"),
        Item("the migration's login on the target", f"keep only what the application needs: user {target.user}"),
        Item(
            "log settings for replication", "set back what was changed for capture (log retention, wal_level, binlog)"
        ),
        Item("backups and monitoring of the target", "see that they run and that a restore was tried"),
        Item("Airflow", "pause the migration's DAGs and delete the source's connection"),
        Item("the old server", f"switch off {source.host}:{source.port} when nothing has asked for it for a while"),
    ]


__all__ = ["Item", "decommission_checklist"]
