"""What a user may say about the translation of queries."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from database_migration.steps.translate_queries.verdicts import QueryVerdict


class TranslateQueriesOptions(BaseModel):
    """Which statements are translated, and how thoroughly they are judged."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    queries: Path | None = Field(
        None,
        description="A file of statements, or a folder of .sql files; '-- name: xyz' before a statement names it,"
        " otherwise its file does. Relative to the worker's folder.",
    )
    translated: Path | None = Field(
        None,
        description="Statements in the target's dialect under the same names: they are judged in place of ours.",
    )
    fold_case: bool = Field(
        False,
        description="Write LOWER() around texts that only the source compares without regard to case; it needs indexes"
        " on LOWER(column).",
    )
    compare: bool = Field(True, description="Run queries on both sides and compare what they return.")
    max_rows: int = Field(10_000, ge=1, le=1_000_000, description="A result with more rows is not compared.")
    statement_timeout_seconds: float = Field(30, gt=0, le=3600, description="How long a query may run on one side.")
    tolerance: float = Field(
        1e-9, ge=0, lt=0.01, description="Relative difference at which two floating-point numbers still are the same."
    )
    fail_on: tuple[QueryVerdict, ...] = Field(
        (QueryVerdict.MANUAL,), description="Verdicts that stop the run; [] for none."
    )
    waive: dict[str, str] = Field(
        default_factory=dict, description="Queries whose verdict does not stop the run, each with the reason."
    )

    @field_validator("fail_on", mode="before")
    @classmethod
    def _none_is_a_list(cls, value: object) -> object:
        return () if value in (None, "none", []) else value


__all__ = ["TranslateQueriesOptions"]
