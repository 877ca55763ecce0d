"""Which type of the target holds which type of the source."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class TypeMapping(BaseModel):
    """The policy by kind of type, and casts by type, table and column."""

    model_config = ConfigDict(extra="forbid", frozen=True)


__all__ = ["TypeMapping"]
