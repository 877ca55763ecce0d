"""PgBouncer in transaction pooling: PAUSE, change the host, RELOAD, RESUME; clients only wait.

Three traps, each tried out. With session pooling PAUSE does not return while a client lives, and after
RELOAD clients go on writing to the old server: refused. A PAUSE that is given up on stays in force until
RESUME: always sent. A restarted PgBouncer forgets that it was paused: the write fence stands behind it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

from database_migration.errors import Interrupted, Refused, SpecRefused
from database_migration.model.migration_state import Side
from database_migration.traffic.bouncer_console import BouncerConsole
from database_migration.traffic.bouncer_file import lead_to, require_writable


class BouncerServer(BaseModel):
    """Where PgBouncer finds one of the two sides."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(description="Host name or address as PgBouncer's machine resolves it.")
    port: int = Field(5432, ge=1, le=65535, description="TCP port.")
    dbname: str = Field(description="Database name on that server.")


class PgbouncerTrafficOptions(BaseModel):
    """The application connects through PgBouncer; source and target are both PostgreSQL."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["pgbouncer"]
    conn_id: str = Field(description="The Airflow connection to PgBouncer's admin console, as one of its admin_users.")
    database: str = Field(description="The database name that clients ask PgBouncer for.")
    config_file: str = Field(
        description="The file with that database's line, writable by the worker (PgBouncer's ini, or one it includes)."
    )
    source: BouncerServer | None = Field(None, description="Where the source is; default: as the migration reaches it.")
    target: BouncerServer | None = Field(None, description="Where the target is; default: as the migration reaches it.")
    answer_timeout: timedelta = Field(
        timedelta(seconds=5), description="Seconds in which the admin console has to answer anything but PAUSE."
    )


@dataclass(frozen=True, slots=True)
class PgbouncerTraffic:
    """Holds by PAUSE and switches by rewriting one line."""

    options: PgbouncerTrafficOptions
    console: BouncerConsole
    servers: Mapping[Side, BouncerServer]
    holds_writes: bool = True
    ramps_reads: bool = False
    crosses_engines: bool = False

    def check(self) -> None:
        """Refuse session pooling, a database that is not there and a file that has no line for it."""
        database = self._database()
        mode = database["pool_mode"] or self._setting("pool_mode")
        if mode == "session":
            raise SpecRefused(
                "PgBouncer pools this database by session: its clients would stay on the old server.",
                mend=f"set `pool_mode=transaction` on the line of {self.options.database} (the application must not"
                " rely on session state), or stop the clients and use `kind: none`.",
                subject=self.describe(),
            )
        require_writable(Path(self.options.config_file))
        self._file_leads_to(cast(Side, self.serving()))

    def serving(self) -> Side | None:
        """The side whose address PgBouncer has in force now."""
        row = self._database()
        place = (str(row["host"] or ""), int(row["port"]), str(row["database"]))
        for side, server in self.servers.items():
            if place == (server.host, server.port, server.dbname):
                return side
        raise SpecRefused(
            f"the database leads to {place[0]}:{place[1]}/{place[2]}, which is neither side.",
            mend="set `source` and `target` in the traffic's options exactly as PgBouncer's [databases] spells them.",
            subject=self.describe(),
        )

    def hold(self, *, timeout: float) -> None:
        """PAUSE: returns when every open transaction has ended."""
        if self._database()["paused"]:
            return
        try:
            finished = self.console.finishes(f"PAUSE {self._name}", timeout)
        except BaseException:
            self.release()
            raise
        if not finished:
            busy = self._busy()
            self.release()
            raise Interrupted(
                f"PAUSE was not through after {timeout:.1f} s: {busy} server connections were in a transaction.",
                mend="end long transactions of the application (SHOW CLIENTS, SHOW SERVERS) and try again;"
                " traffic flows as before.",
                subject=self.describe(),
            )

    def release(self) -> None:
        """RESUME, if paused."""
        if self._database()["paused"]:
            self.console.tell(f"RESUME {self._name}")

    def switch(self, to: Side) -> None:
        """Rewrite the line, RELOAD, and see that it took."""
        changed = self._file_leads_to(to)
        if changed or self.serving() is not to:
            self.console.tell("RELOAD")
        deadline = time.monotonic() + self.options.answer_timeout.total_seconds()
        while self.serving() is not to:
            if time.monotonic() > deadline:
                raise Refused(
                    f"PgBouncer still leads to the {to.other} after RELOAD.",
                    mend=f"see that it really reads {self.options.config_file}, and its log for errors.",
                    subject=self.describe(),
                )
            time.sleep(0.02)

    def ramp_reads(self, percent: int) -> None:
        """PgBouncer knows no shares: one address per database."""

    def describe(self) -> str:
        """Console and database."""
        return f"{self.console}, database {self.options.database}"

    @property
    def _name(self) -> str:
        return '"' + self.options.database.replace('"', '""') + '"'

    def _file_leads_to(self, side: Side) -> bool:
        server = self.servers[side]
        place = {"host": server.host, "port": str(server.port), "dbname": server.dbname}
        return lead_to(Path(self.options.config_file), self.options.database, place)

    def _database(self) -> Mapping[str, Any]:
        for row in self.console.tell("SHOW DATABASES"):
            if row["name"] == self.options.database:
                return row
        raise SpecRefused(
            f"PgBouncer knows no database {self.options.database!r}.",
            mend="name it as clients do; `SHOW DATABASES` on the console lists them.",
            subject=str(self.console),
        )

    def _setting(self, key: str) -> str:
        return next(str(row["value"]) for row in self.console.tell("SHOW CONFIG") if row["key"] == key)

    def _busy(self) -> int:
        return sum(
            1
            for row in self.console.tell("SHOW SERVERS")
            if row["database"] == self.options.database and str(row["state"]).startswith("active")
        )


__all__ = ["BouncerServer", "PgbouncerTraffic", "PgbouncerTrafficOptions"]
