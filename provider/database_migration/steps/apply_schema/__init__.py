"""apply_schema: creates the target's tables before the copy and all the rest after it; takes back what it made."""

from __future__ import annotations

from database_migration.steps.apply_schema.code_stage import waiting_triggers
from database_migration.steps.apply_schema.options import ApplySchemaOptions, ForeignKeyPolicy, Stage
from database_migration.steps.apply_schema.split_script import split_script
from database_migration.steps.apply_schema.step import apply_schema
from database_migration.steps.apply_schema.undo import undo_earlier_runs, undo_lines, undo_objects

__all__ = [
    "ApplySchemaOptions",
    "ForeignKeyPolicy",
    "Stage",
    "apply_schema",
    "split_script",
    "undo_earlier_runs",
    "undo_lines",
    "undo_objects",
    "waiting_triggers",
]
