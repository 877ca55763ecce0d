"""preflight: every reason not to start, found before anything is touched."""

from __future__ import annotations

from database_migration.steps.preflight.options import PreflightOptions
from database_migration.steps.preflight.step import preflight

__all__ = ["PreflightOptions", "preflight"]
