"""Captures changes on one side and applies them to the other, each exactly once."""

from __future__ import annotations

from database_migration.steps.replicate.applied import Applied
from database_migration.steps.replicate.applier import Applier, pairs_read, take_lock
from database_migration.steps.replicate.background import BackgroundApplier
from database_migration.steps.replicate.capture import start_capture
from database_migration.steps.replicate.lag import Lag, applied_position, lag
from database_migration.steps.replicate.options import ReplicateOptions
from database_migration.steps.replicate.replicate import replicate
from database_migration.steps.replicate.settled import COPY_END_NOTE, note_copy_end, note_target_log
from database_migration.steps.replicate.touched_rows import RowKey, TouchedRows
from database_migration.steps.replicate.until import Until

__all__ = [
    "COPY_END_NOTE",
    "Applied",
    "Applier",
    "BackgroundApplier",
    "Lag",
    "ReplicateOptions",
    "RowKey",
    "TouchedRows",
    "Until",
    "applied_position",
    "lag",
    "note_copy_end",
    "note_target_log",
    "pairs_read",
    "replicate",
    "start_capture",
    "take_lock",
]
