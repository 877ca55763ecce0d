"""The way of switching in which a person leads the application over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from database_migration.model.migration_state import Side


class ManualTrafficOptions(BaseModel):
    """No switch of ours: the application's owners lead it over once the cutover is through."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["none"] = Field("none", description="The application is led over by a person.")


@dataclass(frozen=True, slots=True)
class ManualTraffic:
    """Moves nothing. The source's fence keeps late writers from being lost: they fail, and loudly."""

    holds_writes: bool = False
    ramps_reads: bool = False
    crosses_engines: bool = True

    def check(self) -> None:
        """There is nothing that could be wrong."""

    def serving(self) -> Side | None:
        """Nobody tells."""
        return None

    def hold(self, *, timeout: float) -> None:
        """Writers are not held; the fence refuses them."""

    def release(self) -> None:
        """Nothing was held."""

    def switch(self, to: Side) -> None:
        """The person who opened the gate does it."""

    def ramp_reads(self, percent: int) -> None:
        """Reads go where the application sends them."""

    def describe(self) -> str:
        """What the report says."""
        return "by hand"


__all__ = ["ManualTraffic", "ManualTrafficOptions"]
