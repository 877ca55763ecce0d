"""A way of switching made of functions, for what this package must not know (Airflow's connections)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from database_migration.model.migration_state import Side


class AirflowConnectionTrafficOptions(BaseModel):
    """The applications are DAGs that follow an Airflow connection."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["airflow_connection"]
    conn_id: str = Field(description="The connection that the applications use and that is switched.")
    api_conn_id: str = Field(
        "", description="An HTTP connection to Airflow's API that may edit connections; empty: the default login."
    )


@dataclass(frozen=True, slots=True)
class CallbackTraffic:
    """Switches by calling ``setter`` and knows the serving side from ``getter``.

    ``hold`` and ``release`` are given together or not at all.
    """

    setter: Callable[[Side], None]
    getter: Callable[[], Side | None]
    description: str
    holder: Callable[[float], None] | None = None
    releaser: Callable[[], None] | None = None
    ramper: Callable[[int], None] | None = None
    crosses_engines: bool = True

    @property
    def holds_writes(self) -> bool:
        """Whether both functions were given."""
        return self.holder is not None and self.releaser is not None

    @property
    def ramps_reads(self) -> bool:
        """Whether a function was given."""
        return self.ramper is not None

    def check(self) -> None:
        """Reading the serving side proves that the switch is within reach."""
        self.getter()

    def serving(self) -> Side | None:
        """What the getter says."""
        return self.getter()

    def hold(self, *, timeout: float) -> None:
        """Calls the holder where there is one."""
        if self.holder is not None and self.releaser is not None:
            self.holder(timeout)

    def release(self) -> None:
        """Calls the releaser where there is one."""
        if self.releaser is not None:
            self.releaser()

    def switch(self, to: Side) -> None:
        """Calls the setter unless the getter says that it is done."""
        if self.getter() is not to:
            self.setter(to)

    def ramp_reads(self, percent: int) -> None:
        """Calls the ramper where there is one."""
        if self.ramper is not None:
            self.ramper(percent)

    def describe(self) -> str:
        """What the caller said."""
        return self.description


__all__ = ["AirflowConnectionTrafficOptions", "CallbackTraffic"]
