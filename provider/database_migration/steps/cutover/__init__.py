"""Cutover: leads the application from the source to the target, with writers waiting for seconds only."""

from __future__ import annotations

from database_migration.steps.cutover.checklist import APPROVAL_NOTE, cutover_checklist
from database_migration.steps.cutover.cutover import cutover
from database_migration.steps.cutover.options import CutoverOptions, VerifyQuery

__all__ = ["APPROVAL_NOTE", "CutoverOptions", "VerifyQuery", "cutover", "cutover_checklist"]
