"""What masks are made with."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class MaskMapping(BaseModel):
    """The secret of a migration's masks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    secret_conn_id: str | None = Field(
        None,
        description="Airflow connection whose password is the secret of masks that tell values apart (hash, email,"
        " name): who has it not cannot try values out. The same secret gives the same masks, in another migration too.",
    )


__all__ = ["MaskMapping"]
