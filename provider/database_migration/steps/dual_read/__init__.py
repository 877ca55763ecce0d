"""dual_read: the translated workload on both sides, results and latencies side by side."""

from __future__ import annotations

from database_migration.steps.dual_read.options import DualReadOptions
from database_migration.steps.dual_read.step import dual_read

__all__ = ["DualReadOptions", "dual_read"]
