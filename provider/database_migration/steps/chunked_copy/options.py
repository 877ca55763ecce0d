"""What a user may say about the copy."""

from __future__ import annotations

from pydantic import Field

from database_migration.steps.chunked_copy.brake_options import BrakeOptions, Span
from database_migration.steps.chunked_copy.copy_format import CopyFormat


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


__all__ = ["ChunkedCopyOptions"]
