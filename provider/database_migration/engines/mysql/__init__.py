"""MySQL 8.0 and later, MariaDB 10.6 and later."""

from __future__ import annotations

from database_migration.engines.mysql.engine import MySQLEngine
from database_migration.engines.protocol import Engine

ENGINE: Engine = MySQLEngine()

__all__ = ["ENGINE"]
