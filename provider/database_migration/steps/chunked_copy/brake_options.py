"""What a user may say about going easy on the servers."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from database_migration.model.control import Limit
from database_migration.model.migration_state import Side

Span = Annotated[timedelta, Field(gt=timedelta(0))]


class ThrottleQuery(BaseModel):
    """Lanes wait while a query of yours says so. It returns one number, or true or false, within five seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    sql: str = Field(min_length=1, description="A query of one row and one column, in that server's dialect.")
    above: float | None = Field(None, description="Lanes wait while the number is above this.")
    is_: bool | None = Field(None, alias="is", description="Lanes wait while the answer is this.")
    on: Side = Field(Side.SOURCE, description="The server that is asked.")

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        if (self.above is None) == (self.is_ is None):
            raise ValueError("say either above (a number) or is (true or false)")
        return self


class BrakeOptions(BaseModel):
    """What slows the copy down, or lets it wait."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_rows_per_second: float | None = Field(
        None, gt=0, description="All lanes together copy no more rows than this in a second."
    )
    max_bytes_per_second: float | None = Field(
        None, gt=0, description="All lanes together copy no more bytes (as they cross) than this in a second."
    )
    max_replica_lag: Span | None = Field(
        None, description="Lanes wait while a replica of the source, or one of `replicas`, is further behind than this."
    )
    replicas: tuple[str, ...] = Field(
        (),
        description="Airflow connections of replicas, of source or target, whose lag counts. PostgreSQL tells its"
        " own standbys'; MySQL and MariaDB do not, so theirs have to be named.",
    )
    max_running: int | None = Field(
        None, ge=1, description="Lanes wait while more sessions than this run statements on the source."
    )
    max_target_running: int | None = Field(
        None, ge=1, description="Lanes wait while more sessions than this run statements on the target, lanes included."
    )
    max_target_replica_lag: Span | None = Field(
        None, description="Lanes wait while a standby that a PostgreSQL target can see is further behind than this."
    )
    throttle_query: ThrottleQuery | None = Field(
        None, description="Lanes wait while a query of yours says that a server is busy."
    )
    max_pause: Span = Field(
        timedelta(hours=1), description="How long a lane waits for a busy server before its task is interrupted."
    )

    @property
    def limit(self) -> Limit:
        """What all lanes together may move."""
        return Limit(self.max_rows_per_second, self.max_bytes_per_second)


__all__ = ["BrakeOptions", "Span", "ThrottleQuery"]
