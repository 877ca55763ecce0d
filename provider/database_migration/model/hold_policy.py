"""What decides how a table of another engine is held: the spec's mapping, and what was counted in the table."""

from __future__ import annotations

from dataclasses import dataclass, field

from database_migration.model.mapping import Mapping


@dataclass(frozen=True, slots=True)
class HoldPolicy:
    """The policy for one table."""

    mapping: Mapping = field(default_factory=Mapping)
    booleans: frozenset[str] = frozenset()
    """The tinyint(1) columns, by their target names, that hold nothing but 0, 1 and NULL: they become booleans
    where the engine has them, the others stay integers."""


__all__ = ["HoldPolicy"]
