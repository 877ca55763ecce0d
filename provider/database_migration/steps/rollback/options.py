"""What a user may say about going back."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Span = Annotated[timedelta, Field(gt=timedelta(0))]


class RollbackOptions(BaseModel):
    """How a rollback goes about it; durations are ISO 8601 (``PT30S``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_write_pause: Span = Field(
        timedelta(seconds=60),
        description="Writers wait no longer than this; when it is over the target goes on serving and the try ends.",
    )
    max_lag_before_fence: Span = Field(
        timedelta(seconds=2), description="Writes are held only once reverse replication catches up in less than this."
    )
    patience: Span = Field(
        timedelta(minutes=10), description="How long that may take to come about before the try is given up."
    )
    final_counts: bool = Field(True, description="Count every table's rows on both sides while writes are held.")
    target: Literal["keep_fenced", "release"] = Field(
        "keep_fenced",
        description="keep_fenced: late writers to the target fail instead of being lost; release: it takes writes.",
    )


__all__ = ["RollbackOptions"]
