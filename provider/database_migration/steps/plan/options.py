"""What a spec may say about plan."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class PlannedWindow(BaseModel):
    """When something may happen, as the plan needs to know it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cron: str = Field(description='When it opens, in five fields: "0 2 * * SUN".')
    duration: timedelta = Field(gt=timedelta(0), description="How long it stays open.")
    timezone: str = Field("UTC", description="IANA name of the time zone in which the cron is meant.")


class PlanOptions(BaseModel):
    """Options of the execution plan; durations are ISO 8601 (``PT5S``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lanes: int | None = Field(
        None,
        ge=1,
        le=64,
        description="Lanes to plan for; a spec's plan takes those of chunked_copy, else they are proposed from the"
        " volume.",
    )
    chunk_rows: int = Field(
        50_000, ge=1_000, description="Rows of a chunk, for the number of chunks; a spec's plan takes chunked_copy's."
    )
    count_rows: Literal["estimated", "exact"] = Field(
        "estimated",
        description="estimated: the source's statistics, and a count where they know of no rows; exact: every table is"
        " counted, which reads each of them once.",
    )
    probe_rows: int = Field(
        30_000,
        ge=0,
        description="Rows that are copied in sum to measure how long things take; 0: nothing is measured.",
    )
    probe_tables: int = Field(
        4,
        ge=1,
        le=20,
        description="Tables among which the probe's rows are divided: the largest, the one with the widest rows, the"
        " one with the narrowest, then the next largest.",
    )
    observe_writes: timedelta = Field(
        timedelta(seconds=5),
        ge=timedelta(0),
        le=timedelta(minutes=10),
        description="At least so long the source's writes are counted, online, to say how long catching up takes; zero:"
        " they are not.",
    )
    index_rows_per_second: int = Field(
        400_000,
        ge=1,
        description="Rows per second and index that are assumed where building an index could not be measured.",
    )
    index_parallel: int = Field(
        4, ge=1, le=32, description="Indexes built at once; a spec's plan takes apply_schema's `parallel`."
    )
    validate_parallel: int = Field(
        2, ge=1, le=16, description="Chunks compared at once; a spec's plan takes validate's `parallel`."
    )
    write_pause: timedelta = Field(
        timedelta(seconds=30),
        gt=timedelta(0),
        description="What a switch may cost writers at most; a spec's plan takes cutover's `max_write_pause`.",
    )
    validation: tuple[str, ...] = Field(
        (
            "row counts are equal for every table",
            "checksums over the canonical text of every copied column are equal for every chunk",
            "no foreign key has an orphan",
            "identity columns on the target go on after the source's highest value",
        ),
        description="Criteria that have to hold before cutover, as sentences.",
    )
    gates: tuple[str, ...] = Field((), description="Gates of the migration, in order; a spec's plan takes the spec's.")
    windows: dict[str, PlannedWindow] = Field(
        default_factory=dict,
        description="Windows by what they are for (cutover); a spec's plan takes the spec's.",
    )


__all__ = ["PlanOptions", "PlannedWindow"]
