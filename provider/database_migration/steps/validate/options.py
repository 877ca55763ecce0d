"""What a user may say about validation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from database_migration.steps.validate.masking import SECRETS

Span = Annotated[timedelta, Field(gt=timedelta(0))]


class QueryPair(BaseModel):
    """A query whose answers have to agree; rows and columns are compared in their order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, description="What it is about; shown in the report.")
    source: str = Field(min_length=1, description="A query in the source's dialect.")
    target: str | None = Field(None, description="The same question in the target's dialect; none: the same text.")
    tolerance: Annotated[float, Field(ge=0)] | Annotated[str, Field(pattern=r"^\d+(\.\d+)?%$")] = Field(
        0, description="By how much numbers may differ: 0.01, or a share of the larger one, 0.1%."
    )

    @property
    def is_share(self) -> bool:
        """Whether the tolerance goes by the numbers' size."""
        return isinstance(self.tolerance, str)

    @property
    def allowed(self) -> float:
        """The tolerance as a number; a share as a fraction of one."""
        return float(self.tolerance.removesuffix("%")) / 100 if isinstance(self.tolerance, str) else self.tolerance


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
    orphans: bool = Field(
        True,
        description="Look for rows on the target whose foreign keys lead nowhere; for every foreign key of the source.",
    )
    repeated_keys: bool = Field(
        True, description="Look for repeated keys on the target where a unique key of the source is not made there."
    )
    figures: bool = Field(
        True,
        description="NULLs, least, greatest and sum of every column on both sides, in one scan of each table.",
    )
    queries: tuple[QueryPair, ...] = Field((), description="Queries of your own that have to agree on both sides.")
    query_timeout: Span = Field(timedelta(minutes=10), description="How long one of them may take on a side.")
    soda: Path | None = Field(None, description="A SodaCL file whose checks run on both sides and have to agree.")
    soda_timeout: Span = Field(timedelta(minutes=30), description="How long the Soda checks of one side may take.")
    repair: bool = Field(False, description="Write the source's values over the target's rows that differ.")
    settle: Span = Field(
        timedelta(seconds=30),
        description="While replication runs: how long a row may stay in motion before it is listed as such.",
    )
    watch: bool = Field(
        False,
        description="Online: go on comparing round and round between copy and cutover, in a DAG of its own"
        " (`<migration>__watch`); what differs blocks the cutover's gate until it is gone or waived.",
    )
    watch_share: float = Field(
        0.25, gt=0, le=1, description="Share of the time in which the watch compares; it rests for the others."
    )
    watch_stint: Span = Field(timedelta(minutes=10), description="How long one task of the watch works.")
    max_differences_listed: int = Field(100, ge=1, le=10_000, description="Differing rows listed per table.")
    mask: tuple[str, ...] = Field(
        SECRETS,
        description="Columns whose values the report does not show: patterns over `column` or `table.column`, by the"
        " source's names. A list of your own replaces this one; `[]` shows all, `['*']` none.",
    )
    waive: Mapping[str, str] = Field(
        default_factory=dict,
        description="Source table, or `table/key` of one row (a key's parts between slashes), to the reason why its"
        " differences do not stop the run. May be written while the run is under way.",
    )


__all__ = ["QueryPair", "ValidateOptions"]
