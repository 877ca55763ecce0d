"""Hands out filed reports, and nothing else that lies beside or above them."""

from __future__ import annotations

from pathlib import Path

from fastapi import HTTPException, Response

from database_migration.hooks import MigrationHook, archive_at
from database_migration.reports.archive import component

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".sql": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
}
# Reports show catalog text and rows of other people's databases: no script of theirs may run here.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups"
    " allow-downloads allow-same-origin allow-top-navigation-by-user-activation",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def serve_report(hook: MigrationHook, run_id: str, filename: str) -> Response:
    """One file of a run's reports; 404 for a name that no report has."""
    suffix = Path(filename).suffix
    if suffix not in _TYPES or component(filename) != filename:
        raise HTTPException(404, f"There is no report named {filename!r}.")
    archive = archive_at(hook.reports)
    path = archive.folder(hook.migration, run_id) / filename
    if isinstance(path, Path) and isinstance(archive.root, Path):
        # A link that somebody put into the archive must not lead out of it.
        inside = path.resolve().is_relative_to(archive.root.resolve())
    else:
        inside = True
    if not inside or not path.exists():
        raise HTTPException(
            404, f"There is no report {filename!r} of run {run_id!r} in the archive that this API server reads."
        )
    return Response(path.read_bytes(), media_type=_TYPES[suffix], headers=_HEADERS)


__all__ = ["serve_report"]
