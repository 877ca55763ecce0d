"""What a spec may say about schema_compare."""

from __future__ import annotations

from pathlib import Path

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
    index_advice: bool = Field(
        True,
        description="Say which indexes are redundant or unused, and which a foreign key or a query would need.",
    )
    queries: Path | None = Field(
        None,
        description="The application's queries, for the advice about indexes; in a spec those of translate_queries.",
    )


__all__ = ["SchemaCompareOptions"]
