"""What a spec may say about schema_compare."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class SchemaCompareOptions(BaseModel):
    """Options of the schema comparison."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    waive: dict[str, str] = Field(
        default_factory=dict,
        description="Differences and findings that are accepted: a code (column_type), an object (orders.total) or"
        " code:object, each with the reason.",
    )
    replaced_code: dict[str, str] = Field(
        default_factory=dict,
        description="Triggers, routines and events that need not be carried: their name, with what replaces them.",
    )


__all__ = ["SchemaCompareOptions"]
