"""Where reports are filed: a folder, or a place in an object store that Airflow knows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

from airflow.sdk import conf

from database_migration.hooks.object_storage import storage_at
from database_migration.reports import ArchivePath, ReportArchive


def default_reports() -> str:
    """The configured place, else a folder in AIRFLOW_HOME."""
    configured: str = conf.get("database_migration", "reports", fallback="")
    home = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser()
    return configured or str(home / "database_migration_reports")


def archive_at(reports: str | None) -> ReportArchive:
    """The archive under a folder or URL; None: the default one."""
    return ReportArchive(cast(ArchivePath, storage_at(reports or default_reports())))


__all__ = ["archive_at", "default_reports"]
