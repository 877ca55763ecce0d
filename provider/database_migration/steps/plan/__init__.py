"""plan: in which order, in how many chunks and lanes, how long, and what has to hold before going on."""

from __future__ import annotations

from database_migration.steps.plan.options import PlannedWindow, PlanOptions
from database_migration.steps.plan.step import plan

__all__ = ["PlanOptions", "PlannedWindow", "plan"]
