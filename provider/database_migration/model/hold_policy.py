"""What decides how a table of another engine is held: the spec's mapping, and what was counted in the table."""

from __future__ import annotations

from collections.abc import Mapping as Collected
from dataclasses import dataclass, field

from database_migration.model.mapping import Mapping

Collations = Collected[str, str]


@dataclass(frozen=True, slots=True)
class HoldPolicy:
    """The policy for one table."""

    mapping: Mapping = field(default_factory=Mapping)
    booleans: frozenset[str] = frozenset()
    """The tinyint(1) columns, by their target names, that hold nothing but 0, 1 and NULL: they become booleans
    where the engine has them, the others stay integers."""
    collations: Collations = field(default_factory=dict)
    """What becomes of a text column's collation, by the column's target name: a word of ``CaseFolding`` or a
    collation's name (``CollationMapping.of_table``)."""
    source_version: str = ""
    target_version: str = ""
    """What the servers say of themselves: MariaDB and MySQL are one engine and hold different things."""
    casts: Collected[str, str] = field(default_factory=dict)
    """Target column → the type that the spec casts it to, in the target's words."""


__all__ = ["HoldPolicy"]
