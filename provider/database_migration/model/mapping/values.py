"""What becomes of values that the target cannot hold."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class ValueMapping(BaseModel):
    """A treatment by kind of value: refuse, quarantine, or another value in its place."""

    model_config = ConfigDict(extra="forbid", frozen=True)


__all__ = ["ValueMapping"]
