"""The target's schema as it is now."""

from __future__ import annotations

from database_migration.engines.protocol import Session
from database_migration.model.schema import Schema
from database_migration.steps.run import MigrationRun


def read_target(run: MigrationRun, session: Session) -> Schema:
    """The target's schema as it is; an empty one where it does not exist yet."""
    if not schema_exists(session, run.target.schema):
        return Schema(run.target.schema)
    return run.target.engine.catalog.read(session, run.target.schema)


def schema_exists(session: Session, schema: str) -> bool:
    """Whether a schema of this name is there (both engines answer the standard's question)."""
    return bool(session.execute("SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", (schema,)))


__all__ = ["read_target", "schema_exists"]
