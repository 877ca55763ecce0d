"""Shows that both sides hold the same rows, or names the rows that differ."""

from __future__ import annotations

from database_migration.steps.validate.counts import TableCount, count_tables
from database_migration.steps.validate.difference import Difference, DifferenceKind
from database_migration.steps.validate.options import ValidateOptions
from database_migration.steps.validate.resync import resync
from database_migration.steps.validate.validate import validate, validate_rows

__all__ = [
    "Difference",
    "DifferenceKind",
    "TableCount",
    "ValidateOptions",
    "count_tables",
    "resync",
    "validate",
    "validate_rows",
]
