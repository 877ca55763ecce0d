"""Names that the target cannot have: decided once from the source's schema, and noted for every later step."""

from __future__ import annotations

from dataclasses import astuple

from database_migration.ledger import Ledger
from database_migration.model.schema import Schema
from database_migration.steps.run import NAMES_NOTE, MigrationRun


def note_names(run: MigrationRun, ledger: Ledger, source: Schema) -> None:
    """Store the derived names; those that this run has used already stand."""
    if ledger.notes.get_note(NAMES_NOTE) is None or not ledger.objects.all():
        changes = () if run.keeps_names else run.derived_names(source)
        ledger.notes.put_note(NAMES_NOTE, [list(astuple(change)) for change in changes])


__all__ = ["note_names"]
