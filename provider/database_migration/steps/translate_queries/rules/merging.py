"""Puts the modules' handlers together; two for one thing is a mistake in the code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from database_migration.steps.translate_queries.rewriting import Handler


def merged(*parts: Mapping[Any, Handler]) -> dict[Any, Handler]:
    """All handlers in one mapping; ValueError where two modules claim the same."""
    together: dict[Any, Handler] = {}
    for part in parts:
        twice = together.keys() & part.keys()
        if twice:
            raise ValueError(f"Two modules handle {sorted(map(str, twice))}.")
        together.update(part)
    return together


__all__ = ["merged"]
