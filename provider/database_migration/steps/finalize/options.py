"""What a user may say about the point of no return."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class FinalizeOptions(BaseModel):
    """How the migration ends; durations are ISO 8601 (``PT10M``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Literal["keep_fenced", "release"] = Field(
        "keep_fenced",
        description="keep_fenced: nobody writes to the old database by mistake; release: fence down, triggers back.",
    )
    patience: Annotated[timedelta, Field(gt=timedelta(0))] = Field(
        timedelta(minutes=10), description="How long reverse replication may take to reach the log's end a last time."
    )


__all__ = ["FinalizeOptions"]
