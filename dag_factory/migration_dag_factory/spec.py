"""What a migration spec may say: data, and nothing but data."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from croniter import croniter
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from database_migration.model.mapping import Mapping
from database_migration.model.mapping.tables import TableMapping
from database_migration.steps.finalize import FinalizeOptions
from database_migration.steps.plan import PlanOptions
from database_migration.steps.rehearse import RehearsedSteps, RehearseOptions

#: Keys that change what people see or when they are asked, not what is migrated: they may be edited in flight.
_MAY_CHANGE_IN_FLIGHT = ("description", "owner", "tags", "schedule", "gates", "windows")
#: Likewise, further down: what somebody decides about rows that went to quarantine in the meantime.
_MAY_CHANGE_BELOW = (
    ("steps", "cutover", "waive_quarantine"),
    ("steps", "validate", "waive"),
    ("steps", "cutover", "waive_columns"),
    ("mapping", "values", "quarantine"),
    ("steps", "rehearse"),
    ("strategy", "rehearse"),
)


def _take_out(said: dict[str, Any], path: tuple[str, ...]) -> None:
    """Remove a value, and what is empty without it: a spec that never said it has the same hash."""
    name, *below = path
    if below and name in said:
        _take_out(said[name], tuple(below))
    if name in said and (not below or not said[name]):
        del said[name]


class SpecPart(BaseModel):
    """A mapping of the spec that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSpec(SpecPart):
    """One of the two databases."""

    conn_id: str = Field(description="Airflow connection of type mysql (MariaDB too) or postgres.", min_length=1)
    schema_name: str | None = Field(
        None, alias="schema", description="The schema; by default the connection's (mysql) or public (postgres)."
    )


class TablesSpec(BaseModel):
    """Which tables take part; every other key is a table of the source."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, TableMapping]

    include: list[str] = Field(["*"], description="Patterns (* and ?) over table names that take part.")
    exclude: list[str] = Field(default_factory=list, description="Patterns over table names that do not.")


class GateSpec(SpecPart):
    """A question in Airflow's UI that somebody has to answer before the run goes on."""

    assigned_users: list[str] = Field(
        default_factory=list, description="Ids of the users who may answer; none: whoever may answer for the DAG."
    )
    timeout: timedelta | None = Field(None, description="How long it waits (ISO 8601, PT4H); None: for ever.")
    on_timeout: Literal["fail", "approve", "reject"] = Field("fail", description="What no answer in time means.")

    @model_validator(mode="after")
    def _timeout_is_needed(self) -> Self:
        if self.on_timeout != "fail" and self.timeout is None:
            raise ValueError(f"on_timeout: {self.on_timeout} needs a timeout")
        return self


class GatesSpec(SpecPart):
    """Where the run waits for somebody; rejecting rolls back."""

    plan: GateSpec | None = Field(None, description="After the plan, before anything is created.")
    cutover: GateSpec | None = Field(None, description="Before the application is led over.")
    finalize: GateSpec | None = Field(None, description="Before the point of no return.")


def _named_gates(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return {name: {} for name in value}
    if isinstance(value, dict):
        return {name: {} if gate is None else gate for name, gate in value.items()}
    return value


class StrategySpec(SpecPart):
    """How the data comes over, and what is tried out before."""

    kind: Literal["online", "offline"] = Field(
        "online", description="offline: the application is stopped and nothing is replicated."
    )
    rehearse: int = Field(
        0,
        ge=0,
        le=5,
        description="How often the whole migration is rehearsed before the plan's gate; every time has to come to the"
        " same. Where, stands under steps.rehearse.",
    )


def _named_strategy(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


class WindowSpec(SpecPart):
    """When something may happen."""

    cron: str = Field(description='When it opens, in five fields: "0 2 * * SUN".')
    duration: timedelta = Field(gt=timedelta(0), description="How long it stays open (ISO 8601, PT2H).")
    timezone: str = Field("UTC", description="IANA name of the time zone in which the cron is meant.")

    @field_validator("cron")
    @classmethod
    def _cron_can_be_read(cls, cron: str) -> str:
        if len(cron.split()) != 5 or not croniter.is_valid(cron):
            raise ValueError(f"{cron!r} is not a cron expression of five fields")
        return cron

    @field_validator("timezone")
    @classmethod
    def _timezone_is_known(cls, timezone: str) -> str:
        if timezone not in available_timezones():
            raise ValueError(f"{timezone!r} is not the name of a time zone")
        return ZoneInfo(timezone).key


class WindowsSpec(SpecPart):
    """Windows by what they are for."""

    cutover: WindowSpec | None = Field(None, description="When cutting over may begin.")


class StepsSpec(RehearsedSteps):
    """The steps' options, each under its step's name: those that a rehearsal goes through, and the rest."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)

    plan: PlanOptions = Field(default_factory=PlanOptions)
    rehearse: RehearseOptions = Field(default_factory=RehearseOptions)
    finalize: FinalizeOptions = Field(default_factory=FinalizeOptions)


class MigrationSpec(SpecPart):
    """One migration."""

    migration: str = Field(
        description="Its name: the DAG's id, and how the ledger and the servers know it.",
        pattern=r"^[A-Za-z][A-Za-z0-9]*([_-][A-Za-z0-9]+)*$",
        max_length=40,
    )
    source: DatabaseSpec = Field(description="Where the data is.")
    target: DatabaseSpec = Field(description="Where the data goes; the ledger is kept there.")
    tables: TablesSpec = Field(default_factory=TablesSpec, description="Which tables take part.")
    mapping: Mapping = Field(
        default_factory=Mapping, description="How types, names, collations and values are held on the target."
    )
    strategy: Annotated[
        StrategySpec,
        BeforeValidator(_named_strategy, json_schema_input_type=StrategySpec | Literal["online", "offline"]),
    ] = Field(
        default_factory=StrategySpec, description="online or offline, or a mapping with kind and how often to rehearse."
    )
    gates: Annotated[GatesSpec, BeforeValidator(_named_gates, json_schema_input_type=GatesSpec | list[str])] = Field(
        default_factory=lambda: GatesSpec(plan=GateSpec(), cutover=GateSpec(), finalize=GateSpec()),
        description="Where the run waits for an answer: a list of names, or a mapping to who answers by when.",
    )
    windows: WindowsSpec = Field(default_factory=WindowsSpec, description="When what may happen.")
    steps: StepsSpec = Field(default_factory=StepsSpec, description="The steps' options.")
    reports: str | None = Field(None, description="Where reports are filed: a folder or the URL of an object store.")
    schedule: str | None = Field(None, description="When the DAG starts by itself; None: by hand.")
    description: str | None = Field(None, description="A sentence for Airflow's list of DAGs.")
    owner: str = Field("airflow", description="The DAG's owner in Airflow.")
    tags: list[str] = Field(default_factory=list, description="Further tags of the DAGs.")

    @model_validator(mode="after")
    def _two_databases(self) -> Self:
        if (self.source.conn_id, self.source.schema_name) == (self.target.conn_id, self.target.schema_name):
            raise ValueError("source and target are the same database")
        rehearse = self.steps.rehearse
        if self.strategy.rehearse and not self.online and rehearse.clone is None:
            raise ValueError(
                "strategy.rehearse with kind offline needs steps.rehearse.clone: the source is still written to by then"
            )
        if {rehearse.clone, rehearse.target} & {self.source.conn_id} or rehearse.clone == self.target.conn_id:
            raise ValueError("steps.rehearse names a connection of the migration itself, which no rehearsal may touch")
        return self

    @property
    def online(self) -> bool:
        """Whether changes are replicated."""
        return self.strategy.kind == "online"

    def resolved(self) -> dict[str, Any]:
        """The whole spec with every default, in JSON's types."""
        return self.model_dump(mode="json", by_alias=True)

    @property
    def hash(self) -> str:
        """SHA-256 over all that the spec says otherwise than by default and that must not change during a run."""
        # Without defaults: a new release with one more option must not look like an edited spec.
        said = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        told = {key: value for key, value in said.items() if key not in _MAY_CHANGE_IN_FLIGHT}
        for path in _MAY_CHANGE_BELOW:
            _take_out(told, path)
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


__all__ = [
    "DatabaseSpec",
    "GateSpec",
    "GatesSpec",
    "MigrationSpec",
    "SpecPart",
    "StepsSpec",
    "StrategySpec",
    "TablesSpec",
    "WindowSpec",
    "WindowsSpec",
]
