"""What a user may say about replication."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from database_migration.steps.known_columns import DdlPolicies, DdlPolicy

Span = Annotated[timedelta, Field(gt=timedelta(0))]


class ReplicateOptions(BaseModel):
    """How changes are applied; durations are ISO 8601 (``PT5S``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_batch_changes: int = Field(
        2000, ge=1, le=100_000, description="Row changes after which a transaction on the written side is closed."
    )
    max_lag: Span = Field(
        timedelta(seconds=5), description="Caught up means: what the log held this long ago is applied."
    )
    stint: Span = Field(
        timedelta(minutes=5), description="How long one task of the replication DAG applies before the next takes over."
    )
    patience: Span = Field(
        timedelta(hours=24), description="How long reaching the copy's end, or catching up, may take in one try."
    )
    during_copy: bool = Field(
        True,
        description="Apply changes while the copy is still at work, so that the source need not keep its log until the"
        " copy's end; false: afterwards only.",
    )
    idle: Span = Field(
        timedelta(milliseconds=500),
        description="At least this often the log reports its position when nothing happens.",
    )
    max_log_bytes: int | None = Field(
        None,
        ge=1,
        description="Bytes of log the read server may keep for us; beyond it capture is given up, so that its disk"
        " does not fill. Nothing by default.",
    )
    ddl: DdlPolicy = Field(
        DdlPolicy.REFUSE,
        description="What becomes of columns that are added to the source's tables while the run goes on: refuse holds"
        " replication, additive adds them to the target, ignore leaves them out until somebody decides. Any other"
        " change of a table that takes part holds replication.",
    )
    ddl_tables: dict[str, DdlPolicy] = Field(
        default_factory=dict,
        description="The same for single tables of the source, by patterns over their names; the first fit counts.",
    )
    reconnects: int = Field(
        5, ge=0, le=100, description="Lost connections in a row that are mended without failing the task."
    )

    @property
    def policies(self) -> DdlPolicies:
        """What becomes of added columns, by table."""
        return DdlPolicies(self.ddl, self.ddl_tables)


__all__ = ["ReplicateOptions"]
