"""What a user may say about reading from both sides."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class DualReadOptions(BaseModel):
    """Which queries run on both sides, how often, and what counts as a failure."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    queries: Path | None = Field(
        None,
        description="As in translate_queries. Without it the queries of this run's translation report are read again.",
    )
    translated: Path | None = Field(None, description="As in translate_queries.")
    fold_case: bool = Field(False, description="As in translate_queries.")
    repeat: int = Field(3, ge=1, le=100, description="Runs of each query per side whose latency is measured.")
    max_rows: int = Field(10_000, ge=1, le=1_000_000, description="A result with more rows is not compared.")
    statement_timeout_seconds: float = Field(30, gt=0, le=3600, description="How long a query may run on one side.")
    tolerance: float = Field(
        1e-9, ge=0, lt=0.01, description="Relative difference at which two floating-point numbers still are the same."
    )
    max_slowdown: float | None = Field(
        None,
        gt=0,
        description="A query whose p50 on the target is more than this many times the source's is a warning.",
    )
    settle: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(minutes=10))] = Field(
        timedelta(seconds=10), description="While replication runs: how long a result may take to become the same."
    )
    waive: dict[str, str] = Field(
        default_factory=dict, description="Queries that may differ or fail, each with the reason."
    )


__all__ = ["DualReadOptions"]
