"""PostgreSQL: copied with COPY, followed with pgoutput, fenced with triggers."""

from __future__ import annotations

from database_migration.engines.postgres.engine import PostgresEngine
from database_migration.engines.protocol import Engine

ENGINE: Engine = PostgresEngine()
"""The one engine of this folder; assigning it makes the type checker hold the folder to the protocol."""

__all__ = ["ENGINE", "PostgresEngine"]
