"""Finalize: the point of no return."""

from __future__ import annotations

from database_migration.steps.finalize.finalize import finalize
from database_migration.steps.finalize.options import FinalizeOptions

__all__ = ["FinalizeOptions", "finalize"]
