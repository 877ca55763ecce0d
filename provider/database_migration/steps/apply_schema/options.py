"""What a spec may say about apply_schema."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Stage(StrEnum):
    """What is created when."""

    TABLES = "tables"
    """Before the copy: tables with their primary keys, nothing that slows loading."""
    KEYS = "keys"
    """After it: indexes, keys, checks, triggers of ours, views, the user's scripts."""


class ForeignKeyPolicy(StrEnum):
    """What is done about rows that break a foreign key already."""

    VALIDATE = "validate"
    """The server checks every row; an orphan stops the run."""
    NOT_VALID = "not_valid"
    """The key holds for later writes only."""


class ApplySchemaOptions(BaseModel):
    """Options of applying the schema."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    parallel: int = Field(
        4,
        ge=1,
        le=32,
        description="Indexes that are built at once, and after them foreign keys and checks that are added at once"
        " (never two that lock the same table), each in a session of its own.",
    )
    foreign_keys: ForeignKeyPolicy = Field(
        ForeignKeyPolicy.VALIDATE,
        description="validate: the server checks every row when a foreign key is added; not_valid: rows that are there"
        " already are not checked.",
    )
    foreign_key_indexes: bool = Field(
        False,
        description="Create an index for each foreign key whose columns lead none, as the comparison advises, where the"
        " target does not do so by itself.",
    )
    scripts: tuple[str, ...] = Field(
        (),
        description="SQL files that are executed on the target after the views, in this order, each once per content."
        " A file x.undo.sql beside x.sql takes x.sql back when the run is rolled back.",
    )


__all__ = ["ApplySchemaOptions", "ForeignKeyPolicy", "Stage"]
