"""What a spec may say about plan."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class PlanOptions(BaseModel):
    """Options of the execution plan."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lanes: int | None = Field(
        None, ge=1, le=64, description="Lanes to plan for; proposed from the volume when not given."
    )
    chunk_rows: int = Field(50_000, ge=1_000, description="Rows of a chunk, for the number of chunks.")
    probe_rows: int = Field(
        20_000, ge=0, description="Rows that are read and loaded in sum to measure throughput; 0: nothing is measured."
    )
    probe_tables: int = Field(3, ge=1, le=20, description="Tables among which the probe's rows are divided.")
    index_rows_per_second: int = Field(
        400_000,
        ge=1,
        description="Rows per second and index that are assumed for building indexes, which is not measured.",
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
    gates: tuple[str, ...] = Field((), description="Gates of the migration, in order, for the plan's text.")
    windows: dict[str, str] = Field(
        default_factory=dict, description="Windows by what they are for (cutover), as text for the plan."
    )


__all__ = ["PlanOptions"]
