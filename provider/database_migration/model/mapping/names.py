"""How names become names of the target."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class LetterCase(StrEnum):
    """What becomes of capitals in names."""

    KEEP = "keep"
    LOWER = "lower"


class NameMapping(BaseModel):
    """Letter case, length, reserved words and twins."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    case: LetterCase = Field(
        LetterCase.KEEP,
        description="keep: names keep their letters, and PostgreSQL needs quotes around capitals; lower: tables, views"
        " and columns arrive in lower case. Names that meet that way, are too long or hold what the target's names"
        " cannot are made apart by an ending that always is the same; a rename under tables comes first.",
    )


__all__ = ["LetterCase", "NameMapping"]
