"""The switchable endpoint: one row that says where to write and read, asked before every transaction."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import psycopg

from demo.writer.configuration import Address

#: Kept in a database of its own, so that it is reachable whichever side is in trouble.
CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS traffic_endpoint (
    name                 varchar(100) PRIMARY KEY,
    serving              varchar(10)  NOT NULL CHECK (serving IN ('source', 'target')),
    writes_held          smallint     NOT NULL DEFAULT 0,
    reads_percent_target smallint     NOT NULL DEFAULT 0 CHECK (reads_percent_target BETWEEN 0 AND 100),
    version              bigint       NOT NULL DEFAULT 1
)
"""

HELD_POLL_SECONDS = 0.02


class Stopped(Exception):
    """The writer was told to stop while it waited."""


@dataclass(frozen=True)
class EndpointState:
    """What the row said when it was asked."""

    serving: str
    writes_held: bool
    reads_percent_target: int
    version: int


class EndpointReader:
    """One thread's view of the endpoint's row."""

    def __init__(self, switchboard: Address, name: str, stop: threading.Event) -> None:
        self._address = switchboard
        self._name = name
        self._stop = stop
        self._connection: psycopg.Connection[tuple[str, int, int, int]] | None = None

    def read(self) -> EndpointState:
        """The row as of now; waits out a switchboard that is away."""
        while True:
            try:
                return self._ask()
            except psycopg.OperationalError:
                self._connection = None
                if self._stop.wait(0.1):
                    raise Stopped from None

    def wait_until_open(self) -> EndpointState:
        """The row once writes are not held; raises ``Stopped`` when told to stop meanwhile."""
        while (state := self.read()).writes_held:
            if self._stop.is_set():
                raise Stopped
            time.sleep(HELD_POLL_SECONDS)
        return state

    def _ask(self) -> EndpointState:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                host=self._address.host,
                port=self._address.port,
                user=self._address.user,
                password=self._address.password,
                dbname=self._address.database,
                autocommit=True,
                connect_timeout=5,
            )
        row = self._connection.execute(
            "SELECT serving, writes_held, reads_percent_target, version FROM traffic_endpoint WHERE name = %s",
            (self._name,),
            prepare=True,
        ).fetchone()
        if row is None:
            raise LookupError(f"traffic_endpoint has no row {self._name!r}: insert it before the writer starts.")
        serving, held, percent, version = row
        return EndpointState(serving, bool(held), percent, version)

    def close(self) -> None:
        """Ends the connection."""
        if self._connection is not None:
            self._connection.close()
