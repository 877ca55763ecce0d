"""Where reports are filed: a folder, or a place in an object store that Airflow knows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

from airflow.sdk import ObjectStoragePath, conf

from database_migration.reports import ArchivePath, ReportArchive


def default_reports() -> str:
    """The configured place, else a folder in AIRFLOW_HOME."""
    configured: str = conf.get("database_migration", "reports", fallback="")
    home = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser()
    return configured or str(home / "database_migration_reports")


def archive_at(reports: str | None) -> ReportArchive:
    """The archive under a folder or URL; None: the default one."""
    place = reports or default_reports()
    if "://" in place and not place.startswith("file://"):
        return ReportArchive(cast(ArchivePath, ObjectStoragePath(place)))
    # A plain path writes each file atomically, which file:// paths of object storage do not.
    return ReportArchive(Path(place.removeprefix("file://")).expanduser())


__all__ = ["archive_at", "default_reports"]
