"""How names become names of the target."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class NameMapping(BaseModel):
    """Letter case, length, reserved words and twins."""

    model_config = ConfigDict(extra="forbid", frozen=True)


__all__ = ["NameMapping"]
