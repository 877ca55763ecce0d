"""What a user may say about the rehearsals; how many there are stands under ``strategy.rehearse``."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from database_migration.steps.apply_schema import ApplySchemaOptions
from database_migration.steps.chunked_copy import ChunkedCopyOptions
from database_migration.steps.cutover import CutoverOptions
from database_migration.steps.dual_read import DualReadOptions
from database_migration.steps.preflight import PreflightOptions
from database_migration.steps.replicate import ReplicateOptions
from database_migration.steps.rollback import RollbackOptions
from database_migration.steps.schema_compare import SchemaCompareOptions
from database_migration.steps.translate_queries import TranslateQueriesOptions
from database_migration.steps.validate import ValidateOptions


class RehearseOptions(BaseModel):
    """Where a rehearsal reads and writes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    clone: str | None = Field(
        None,
        description="Connection of a copy of the source (restored from a backup): the cutover, with its fence, and the"
        " rollback are rehearsed on it too. None: the source itself is read, and nothing of it is fenced.",
    )
    clone_schema: str | None = Field(
        None, description="The schema there; by default the connection's, as for a source."
    )
    target: str | None = Field(
        None, description="Connection of another server to rehearse into; None: the target's, beside the real schema."
    )
    target_schema: str | None = Field(
        None,
        description="Schema to rehearse into, created and dropped again; by default the target's name with __rehearsal"
        " behind it, and on a server of its own the target's name.",
    )
    writes: tuple[str, ...] = Field(
        (),
        description="Statements in the target's dialect that write to the rehearsal's target once it serves, as the"
        " application would; going back has to bring them to the clone.",
    )

    @model_validator(mode="after")
    def _writes_need_a_clone(self) -> Self:
        if (self.writes or self.clone_schema) and self.clone is None:
            raise ValueError("writes and clone_schema need a clone: the real source is only read")
        return self


class RehearsedSteps(BaseModel):
    """The options of the steps that are rehearsed, as a spec has them under ``steps``."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    preflight: PreflightOptions = Field(default_factory=PreflightOptions)
    schema_compare: SchemaCompareOptions = Field(default_factory=SchemaCompareOptions)
    translate_queries: TranslateQueriesOptions = Field(default_factory=TranslateQueriesOptions)
    apply_schema: ApplySchemaOptions = Field(default_factory=ApplySchemaOptions)
    chunked_copy: ChunkedCopyOptions = Field(default_factory=ChunkedCopyOptions)
    replicate: ReplicateOptions = Field(default_factory=ReplicateOptions)
    validate_: ValidateOptions = Field(default_factory=ValidateOptions, alias="validate")
    dual_read: DualReadOptions = Field(default_factory=DualReadOptions)
    cutover: CutoverOptions = Field(default_factory=CutoverOptions)
    rollback: RollbackOptions = Field(default_factory=RollbackOptions)


__all__ = ["RehearseOptions", "RehearsedSteps"]
