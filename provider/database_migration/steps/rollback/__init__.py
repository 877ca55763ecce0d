"""Rollback: abandons before cutover, reverses after it; no write is lost either way."""

from __future__ import annotations

from database_migration.steps.rollback.failure import FailedTask, FailureFacts
from database_migration.steps.rollback.options import RollbackOptions
from database_migration.steps.rollback.playbook import PLAYBOOK
from database_migration.steps.rollback.rollback import rollback
from database_migration.steps.rollback.trace import OnStep

__all__ = ["PLAYBOOK", "FailedTask", "FailureFacts", "OnStep", "RollbackOptions", "rollback"]
