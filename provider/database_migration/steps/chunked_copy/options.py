"""What a user may say about the copy."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from database_migration.steps.chunked_copy.brake_options import BrakeOptions, Span
from database_migration.steps.chunked_copy.copy_format import CopyFormat
from database_migration.steps.chunked_copy.staging.options import StagingOptions


class ChunkedCopyOptions(BrakeOptions):
    """How rows are copied; durations are ISO 8601 (``PT10S``)."""

    lanes: int = Field(4, ge=1, le=64, description="Workers that copy side by side, each a task of its own.")
    chunk_rows: int = Field(
        50_000, ge=100, le=10_000_000, description="Rows per chunk: the unit of commit, of retry and of throttling."
    )
    chunk_seconds: Span | None = Field(
        None,
        description="Lanes take several neighbouring chunks at once while they last less than this.",
    )
    format: CopyFormat = Field(
        CopyFormat.AUTO,
        description="How rows cross: text; binary wherever both engines can; auto takes binary for large tables.",
    )
    reconnects: int = Field(
        5, ge=0, le=100, description="Lost connections in a row that a lane mends without failing its task."
    )
    staging: StagingOptions | None = Field(
        None,
        description="Copy through object storage, by lanes that unload and lanes that load; none: each lane reads and"
        " writes both databases.",
    )

    @model_validator(mode="after")
    def _staging_has_a_format_of_its_own(self) -> Self:
        if self.staging is not None and (self.format is not CopyFormat.AUTO or self.chunk_seconds is not None):
            raise ValueError("staging goes without format and chunk_seconds: each chunk is one Parquet file")
        return self


__all__ = ["ChunkedCopyOptions"]
