"""What a user may say about the cutover."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from database_migration.traffic import ManualTrafficOptions, TrafficOptions

Span = Annotated[timedelta, Field(gt=timedelta(0))]


class VerifyQuery(BaseModel):
    """A query whose answer says that the target is fit to serve."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="What it proves, in a few words; shown in the checklist.")
    sql: str = Field(description="A query in the target's dialect; its first column of its first row counts.")
    expect: str | int | float | bool | None = Field(description="The value it has to return, compared as text.")


class CutoverOptions(BaseModel):
    """How the application is led over; durations are ISO 8601 (``PT30S``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    traffic: TrafficOptions = Field(
        default_factory=lambda: ManualTrafficOptions(kind="none"),
        description="How the application is switched: sql, pgbouncer, haproxy, http, airflow_connection, or none.",
    )
    reads_ramp: tuple[Annotated[int, Field(ge=1, le=100)], ...] = Field(
        (), description="Percentages of the reads led to the target one after the other, where the traffic can."
    )
    ramp_hold: timedelta = Field(timedelta(seconds=10), description="How long each step of the ramp is held.")
    max_write_pause: Span = Field(
        timedelta(seconds=30),
        description="Writers wait no longer than this: when it is over before the switch, the cutover undoes itself.",
    )
    max_lag_before_fence: Span = Field(
        timedelta(seconds=2), description="Writes are held only once catching up takes less than this."
    )
    patience: Span = Field(
        timedelta(minutes=10), description="How long that may take to come about before the try is given up."
    )
    validate_in_flight: bool = Field(
        True, description="Compare every row while the application writes, right before writes are held."
    )
    final_counts: bool = Field(
        True,
        description="Count every table's rows on both sides while writes are held, besides comparing what changed.",
    )
    waive_quarantine: dict[str, str] = Field(
        default_factory=dict,
        description="Source table to the reason why its rows in quarantine may stay behind; every other table with such"
        " rows blocks the cutover. May be written while the run is under way.",
    )
    waive_columns: dict[str, str] = Field(
        default_factory=dict,
        description="Source column (table.column) to the reason why it may stay behind: columns that were added while"
        " the run went on and that steps.replicate.ddl leaves out block the cutover. May be written while the run is"
        " under way.",
    )
    verify: tuple[VerifyQuery, ...] = Field(
        (),
        description="Queries that the target has to answer right after the switch; checked before that they can run.",
    )

    @field_validator("reads_ramp")
    @classmethod
    def _ascending(cls, percentages: tuple[int, ...]) -> tuple[int, ...]:
        if list(percentages) != sorted(set(percentages)):
            raise ValueError("the percentages have to rise")
        return percentages


__all__ = ["CutoverOptions", "VerifyQuery"]
