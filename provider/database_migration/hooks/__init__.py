"""The only reader of Airflow connections: conn_id → open database, run, switch, archive."""

from __future__ import annotations

from database_migration.hooks.archive import archive_at, default_reports
from database_migration.hooks.endpoint import endpoint_of
from database_migration.hooks.engine import SUPPORTED_ENGINES, engine_named
from database_migration.hooks.migration import MigrationHook, database_of
from database_migration.hooks.selection import selection_of
from database_migration.hooks.traffic import traffic_of

__all__ = [
    "SUPPORTED_ENGINES",
    "MigrationHook",
    "archive_at",
    "database_of",
    "default_reports",
    "endpoint_of",
    "engine_named",
    "selection_of",
    "traffic_of",
]
