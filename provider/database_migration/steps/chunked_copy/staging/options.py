"""What a user may say about staging."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

Span = Annotated[timedelta, Field(gt=timedelta(0))]


class LanePlace(BaseModel):
    """Where Airflow runs the lanes of one side."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    queue: str | None = Field(None, description="The queue whose workers run them; none: Airflow's default queue.")
    pool: str | None = Field(None, description="The pool whose slots they take; none: Airflow's default pool.")


class StagingOptions(BaseModel):
    """The copy goes through object storage, where no worker need reach both databases."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(
        description="Where chunks are put: s3://aws_default@bucket/prefix (the Airflow connection in front of @ holds"
        " the credentials), or file:///a/folder that both sides mount."
    )
    compression: Literal["zstd", "snappy", "lz4", "gzip", "none"] = Field(
        "zstd", description="How the Parquet files are compressed."
    )
    keep: bool = Field(False, description="Leave loaded files in the store until finalize or the rollback.")
    unload: LanePlace = Field(
        default_factory=LanePlace, description="Lanes that read the source; they need it and the store only."
    )
    load: LanePlace = Field(
        default_factory=LanePlace, description="Lanes that write the target; they need it and the store only."
    )
    max_wait: Span = Field(
        timedelta(hours=1),
        description="How long load lanes wait without any new chunk in the store before their tasks are interrupted.",
    )

    @field_validator("url")
    @classmethod
    def _url_leads_to_a_place(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.password is not None or parts.query or parts.fragment:
            raise ValueError("credentials have no place in the URL: put the id of an Airflow connection in front of @")
        if not parts.scheme or (parts.scheme == "file" and (parts.netloc or not parts.path.strip("/"))):
            raise ValueError(f"{url!r} is not the URL of an object store (s3://…) or of a folder (file:///…)")
        return url.rstrip("/")


__all__ = ["LanePlace", "StagingOptions"]
