"""What a user may say about validation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Span = Annotated[timedelta, Field(gt=timedelta(0))]


class ValidateOptions(BaseModel):
    """What is compared, and how thoroughly; durations are ISO 8601 (``PT30S``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    checksum: Literal["full", "off"] = Field(
        "full", description="full: every row by checksums and bisection; off: counts, samples and rules only."
    )
    sample: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Confidence (0.99) of the statement that a random sample of rows, compared value by value, makes.",
    )
    sample_rows: int = Field(1000, ge=10, le=100_000, description="Rows per table that are sampled.")
    chunk_rows: int = Field(50_000, ge=100, le=10_000_000, description="Rows per checksum.")
    parallel: int = Field(2, ge=1, le=16, description="Chunks compared at once; each uses a session on both sides.")
    orphans: bool = Field(True, description="Look for rows on the target whose foreign keys lead nowhere.")
    soda: Path | None = Field(None, description="A SodaCL file whose checks run on both sides and have to agree.")
    soda_timeout: Span = Field(timedelta(minutes=30), description="How long the Soda checks of one side may take.")
    repair: bool = Field(False, description="Write the source's values over the target's rows that differ.")
    settle: Span = Field(
        timedelta(seconds=30),
        description="While replication runs: how long a row may stay in motion before it is listed as such.",
    )
    max_differences_listed: int = Field(100, ge=1, le=10_000, description="Differing rows listed per table.")
    waive: Mapping[str, str] = Field(
        default_factory=dict, description="Source table to the reason why its differences do not stop the run."
    )


__all__ = ["ValidateOptions"]
