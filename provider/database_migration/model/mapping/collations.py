"""How text compares on the target."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class CollationMapping(BaseModel):
    """The policy for columns whose collation the target has not."""

    model_config = ConfigDict(extra="forbid", frozen=True)


__all__ = ["CollationMapping"]
