"""Engine names to engines: the only place where one becomes the other."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from database_migration.engines.protocol import Engine
from database_migration.errors import SpecRefused

#: Airflow's ``conn_type`` is the engine's name and its folder.
SUPPORTED_ENGINES = ("mysql", "postgres")


def engine_named(name: str) -> Engine:
    """The engine of a ``conn_type``; its driver is imported now. SpecRefused for any other type."""
    if name not in SUPPORTED_ENGINES:
        raise SpecRefused(
            f"connection type {name!r} is not an engine of this provider.",
            mend=f"use a connection of type {' or '.join(SUPPORTED_ENGINES)} (MariaDB is mysql).",
        )
    return cast(Engine, import_module(f"database_migration.engines.{name}").ENGINE)


__all__ = ["SUPPORTED_ENGINES", "engine_named"]
