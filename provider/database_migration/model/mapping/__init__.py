"""How another engine's schema and values are held on the target, as a spec declares it under ``mapping``.

Every step reads the same declaration, so that what is planned is what is created, copied, replicated and compared.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from database_migration.model.mapping.collations import CollationMapping
from database_migration.model.mapping.masks import MaskMapping
from database_migration.model.mapping.names import NameMapping
from database_migration.model.mapping.types import TypeMapping
from database_migration.model.mapping.values import ValueMapping


class Mapping(BaseModel):
    """The declaration, by subject; what it leaves out loses nothing by default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    types: TypeMapping = Field(default_factory=TypeMapping, description="Which type of the target holds which.")
    collations: CollationMapping = Field(
        default_factory=CollationMapping, description="How text compares on the target."
    )
    names: NameMapping = Field(default_factory=NameMapping, description="How names become names of the target.")
    masks: MaskMapping = Field(default_factory=MaskMapping, description="What masked columns are made with.")
    values: ValueMapping = Field(
        default_factory=ValueMapping, description="What becomes of values that the target cannot hold."
    )


__all__ = ["CollationMapping", "Mapping", "MaskMapping", "NameMapping", "TypeMapping", "ValueMapping"]
