"""What a spec may say about preflight."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from database_migration.steps.chunked_copy.brake_options import BrakeOptions


class PreflightOptions(BaseModel):
    """Options of preflight."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    waive: dict[str, str] = Field(
        default_factory=dict,
        description="Findings that are accepted: a code (table_without_key), an object (shop.orders) or code:object,"
        " each with the reason.",
    )
    target_free_bytes: int | None = Field(
        None,
        ge=0,
        description="Free disk space of the target server in bytes, which no server but a MariaDB with the plugin DISKS"
        " tells by itself; compared with what the tables take on the source.",
    )
    lanes: int = Field(
        4,
        ge=1,
        le=64,
        description="Lanes for which connections have to be free on both servers; in a spec those of chunked_copy.",
    )
    brakes: BrakeOptions = Field(
        default_factory=BrakeOptions,
        description="What slows the copy down, to be tried out; in a spec that of chunked_copy.",
    )
    copy_bytes_per_second: int = Field(
        20_000_000,
        ge=1_000,
        description="Speed of the copy that is assumed to see whether the source keeps its log long enough; the plan"
        " measures it.",
    )


__all__ = ["PreflightOptions"]
