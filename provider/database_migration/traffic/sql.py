"""A row in a table that the application follows: which side serves, and whether writes wait.

The application reads the row before each unit of work (or keeps it for less than ``settle``), waits while
``writes_held`` is 1 and connects to the side in ``serving``. Our write fence stands behind it: a writer
that looks away is refused by the source, not lost.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from typing import Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from database_migration.engines.protocol import Endpoint, Engine, Parameter, Row
from database_migration.errors import Refused, SpecRefused
from database_migration.model.migration_state import Side


class SqlTrafficOptions(BaseModel):
    """The application follows a row in a PostgreSQL or MySQL table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["sql"]
    conn_id: str = Field(description="The Airflow connection to the database that holds the row.")
    name: str = Field(description="Which row: its value in the column `name`.", min_length=1, max_length=100)
    table: str = Field(
        "traffic_endpoint", description="The table, with its schema before a dot where it is not the connection's."
    )
    create: bool = Field(False, description="Create the table and the row (serving the source) where they are missing.")
    settle: timedelta = Field(
        timedelta(milliseconds=200),
        description="Seconds after which every application has read a changed row again.",
    )


@dataclass(frozen=True, slots=True)
class SqlTraffic:
    """Reads and writes one row, each time over a fresh connection."""

    options: SqlTrafficOptions
    engine: Engine
    endpoint: Endpoint
    holds_writes: bool = True
    ramps_reads: bool = True
    crosses_engines: bool = True

    def check(self) -> None:
        """Refuse a missing table or row with the statement that makes it, or make it where we may."""
        schema, table = self._location
        if not self._query(
            "SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_name = %s", (schema, table)
        ):
            self._mend(f"the table {schema}.{table} does not exist.", self._script("table"))
        if not self._query(f"SELECT 1 FROM {self._table} WHERE name = %s", (self.options.name,)):
            self._mend(f"{schema}.{table} has no row {self.options.name!r}.", self._script("row"))

    def serving(self) -> Side | None:
        """What the row says."""
        self.check()
        text = str(self._query(f"SELECT serving FROM {self._table} WHERE name = %s", (self.options.name,))[0][0])
        if text not in list(Side):
            raise Refused(
                f"the row {self.options.name!r} says serving = {text!r}.",
                mend="set it to 'source' or 'target', whichever the application really uses.",
                subject=self.describe(),
            )
        return Side(text)

    def hold(self, *, timeout: float) -> None:
        """Raise the flag, and return when every application has had the time to see it."""
        self._set("writes_held", 1)
        time.sleep(min(self.options.settle.total_seconds(), timeout))

    def release(self) -> None:
        """Lower the flag."""
        self._set("writes_held", 0)

    def switch(self, to: Side) -> None:
        """Write the side; reads follow whole."""
        self._set("serving", to.value)
        self._set("reads_percent_target", 100 if to is Side.TARGET else 0)

    def ramp_reads(self, percent: int) -> None:
        """Write the share that applications take as a chance for each read."""
        self._set("reads_percent_target", percent)

    def describe(self) -> str:
        """The row's address."""
        return f"row {self.options.name!r} of {'.'.join(self._location)} on {self.endpoint}"

    @property
    def _location(self) -> tuple[str, str]:
        schema, _, table = self.options.table.rpartition(".")
        return schema or self.endpoint.schema, table

    @property
    def _table(self) -> str:
        return self.engine.ddl.quote(*self._location)

    def _script(self, name: str) -> str:
        text = files(__package__).joinpath("statements", f"{name}.sql").read_text(encoding="utf-8")
        return text.format(table=self._table, name=self.options.name.replace("'", "''")).strip()

    def _mend(self, problem: str, script: str) -> None:
        if not self.options.create:
            raise SpecRefused(
                problem,
                mend=f"run this there, or set `create: true` on the traffic's options: {script}",
                subject=self.describe(),
            )
        session = self.engine.connect(self.endpoint, purpose="traffic")
        try:
            session.execute(script)
        finally:
            session.close()

    def _query(self, sql: str, parameters: tuple[Parameter, ...]) -> list[Row]:
        session = self.engine.connect(self.endpoint, purpose="traffic")
        try:
            return session.execute(sql, parameters)
        finally:
            session.close()

    def _set(self, column: str, value: str | int) -> None:
        """Change one column; ``version`` tells followers that something did."""
        session = self.engine.connect(self.endpoint, purpose="traffic")
        try:
            matched = session.execute_count(
                f"UPDATE {self._table} SET {column} = %s, version = version + 1 WHERE name = %s AND {column} <> %s",
                (value, self.options.name, value),
            )
            if matched == 0:
                rows = session.execute(f"SELECT {column} FROM {self._table} WHERE name = %s", (self.options.name,))
                if not rows or type(value)(cast(str, rows[0][0])) != value:
                    raise Refused(
                        f"the row could not be changed to {column} = {value!r}.",
                        mend=f"look whether the row exists and who changes it: {self._script('row')}",
                        subject=self.describe(),
                    )
        finally:
            session.close()


__all__ = ["SqlTraffic", "SqlTrafficOptions"]
