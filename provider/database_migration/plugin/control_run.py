"""What the page's buttons do: pause, resume, limit; written into the ledger, which the run's tasks look at."""

from __future__ import annotations

from typing import Literal, Self

from fastapi import HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from database_migration.errors import MigrationError
from database_migration.hooks import MigrationHook
from database_migration.ledger import Controls, Runs, is_installed
from database_migration.model.control import Activity, Limit
from database_migration.model.migration_state import Phase

_NAMES = {
    Activity.COPY: "The copy",
    Activity.REPLICATION: "Replication",
    Activity.VALIDATION: "The watch",
}
_PAUSES = {
    Activity.COPY: "The copy pauses: lanes end the chunks that they work on.",
    Activity.REPLICATION: "Replication pauses at the end of the batch that is being applied; the log is kept.",
    Activity.VALIDATION: "The watch pauses after the range that it compares.",
}
_SAME_ORIGIN = ("same-origin", "none")


class Told(BaseModel):
    """What somebody tells the current run."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["pause", "resume", "limit", "as_specified"]
    activity: Activity = Activity.COPY
    why: str = Field("", max_length=500)
    rows_per_second: float | None = Field(None, gt=0)
    megabytes_per_second: float | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.action == "limit" and self.limit == Limit():
            raise ValueError("a limit needs rows or megabytes per second")
        return self

    @property
    def limit(self) -> Limit:
        """What all lanes together may move."""
        octets = None if self.megabytes_per_second is None else self.megabytes_per_second * 1e6
        return Limit(self.rows_per_second, octets)


def require_same_origin(request: Request) -> None:
    """Refuse what another site's page has a browser send.

    Airflow's cookie is SameSite=Lax and does not come with a foreign POST. JSON, which no foreign form can send without
    asking first, and the browser's own word for where a request comes from hold where a cookie is set otherwise.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "Send JSON.")
    if request.headers.get("sec-fetch-site", "none") not in _SAME_ORIGIN:
        raise HTTPException(403, "Only the Migration page itself may do this.")


def tell(hook: MigrationHook, told: Told, who: str) -> str:
    """Write it into the ledger; what happens next, in a sentence. HTTPException 409 where it makes no sense now."""
    try:
        with hook.target.connect("Migration page") as session:
            state = Runs(session, hook.migration).current() if is_installed(session) else None
            if state is None or state.phase.is_over:
                raise HTTPException(409, "No run of this migration is under way.")
            controls = Controls(session, hook.migration, state.epoch)
            return _tell(controls, told, who, state.phase)
    except MigrationError as error:
        raise HTTPException(409, f"The ledger did not take it: {error}") from error


def _tell(controls: Controls, told: Told, who: str, phase: Phase) -> str:
    activity = told.activity
    if told.action == "pause":
        if phase is Phase.CUTOVER:
            raise HTTPException(409, "The cutover is under way; writers would wait. Roll back instead.")
        if controls.paused(activity) is None:
            controls.pause(activity, who=who, why=told.why)
        return _PAUSES[activity]
    if told.action == "resume":
        if controls.paused(activity) is not None:
            controls.resume(activity, who=who, why=told.why)
        return f"{_NAMES[activity]} goes on within seconds."
    if told.action == "limit":
        controls.set_limit(told.limit, who=who, why=told.why)
        return f"Lanes keep to {told.limit} within seconds."
    controls.set_limit(None, who=who, why=told.why)
    return "Lanes keep to what the spec says within seconds."


__all__ = ["Told", "require_same_origin", "tell"]
