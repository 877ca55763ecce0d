"""Shows that both sides hold the same rows, or names the rows that differ."""

from __future__ import annotations

from database_migration.steps.validate.counts import TableCount, count_tables
from database_migration.steps.validate.difference import Difference, DifferenceKind
from database_migration.steps.validate.options import ValidateOptions
from database_migration.steps.validate.resync import resync
from database_migration.steps.validate.sign_off import sign_off
from database_migration.steps.validate.validate import validate, validate_rows
from database_migration.steps.validate.waivers import Waivers
from database_migration.steps.validate.watch import is_watch_wanted, open_findings, watch

__all__ = [
    "Difference",
    "DifferenceKind",
    "TableCount",
    "ValidateOptions",
    "Waivers",
    "count_tables",
    "is_watch_wanted",
    "open_findings",
    "resync",
    "sign_off",
    "validate",
    "validate_rows",
    "watch",
]
