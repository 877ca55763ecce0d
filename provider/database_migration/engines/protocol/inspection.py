"""Looks at a server without changing anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from database_migration.engines.protocol.connection import Row, Session
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding
from database_migration.model.schema import Column, IndexPart, Schema, Table
from database_migration.model.table_selection import FormedColumn
from database_migration.model.target_names import NameRules
from database_migration.model.unfit_value import Doubt


@dataclass(frozen=True, slots=True)
class ServerLoad:
    """How busy a server is."""

    running: int
    """Sessions that are executing a statement, ours included."""
    replica_lag_seconds: float | None
    """The worst of its own replicas; None where it has none or they cannot be seen."""
    open_transaction_seconds: float
    """Age of the oldest open transaction."""


@dataclass(frozen=True, slots=True)
class KeyPart:
    """A part of a unique key with the one column that it is made of."""

    column: Column
    part: IndexPart


@dataclass(frozen=True, slots=True)
class EqualKeys:
    """How many groups of keys a unique key would take for one, and some of them, each key's parts joined by ``/``."""

    groups: int
    examples: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class QueryOutcome:
    """What a read-only query returned."""

    columns: tuple[str, ...]
    rows: list[Row]
    seconds: float


@dataclass(frozen=True, slots=True)
class CountedValues:
    """Rows of a table that hold a kind of value."""

    rows: int
    example: str | None
    """The key of one of them, its parts between slashes; None where there is none or no key."""
    condition: str
    """What finds them by hand, behind WHERE."""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """Figures of a server that mean something only beside ours, the other side's, or the volume."""

    clock: datetime
    """The server's time, in UTC."""
    time_zone: str
    """In which it shows local times to sessions that choose none."""
    zone_offset_seconds: int | None
    """That zone's present distance from UTC; None where the server cannot tell."""
    free_connections: int
    """How many more sessions the account may open."""
    largest_value_bytes: int
    """The largest value that it takes or sends."""
    free_bytes: int | None
    """Free disk space; None where the server does not tell."""
    log_kept_seconds: float | None
    """For how long the change log is kept whoever reads it; None: until it was read, or for ever."""
    service: str
    """``Amazon RDS``, ``Google Cloud SQL`` …; empty for a server that its owner runs."""


@dataclass(frozen=True, slots=True)
class IndexUse:
    """How often indexes were read."""

    reads: Mapping[tuple[str, str], int] | None
    """(table, index) → reads; one that is missing was never read. None: the server does not count them."""
    since: str
    """Since when they are counted, in words."""
    mend: str
    """Where they are not: how counting is turned on."""


class Inspection(Protocol):
    """Looks at a server without changing anything."""

    def version(self, session: Session) -> str:
        """``MariaDB 10.11.19``, ``MySQL 9.7.4``, ``PostgreSQL 15.18``."""
        ...

    def preflight(
        self, session: Session, schema: Schema, tables: Sequence[Table], *, role: Side, online: bool
    ) -> list[Finding]:
        """Every reason why this server cannot play its part, with the exact grant or setting that mends it.

        For the source: log settings and their silent-loss traps, privileges, keys, values that no other
        engine can hold (zero dates, NUL characters …), counted. For the target: privileges, settings.
        Online, both play both parts (reverse replication reads the target's log).
        """
        ...

    def facts(self, session: Session) -> ServerFacts:
        """Clock, zone, room and limits."""
        ...

    def index_use(self, session: Session, schema: str) -> IndexUse:
        """How often each index of a schema was read, and since when that is counted."""
        ...

    def load(self, session: Session) -> ServerLoad:
        """How busy the server is now."""
        ...

    def replica_lag(self, session: Session) -> float | None:
        """Seconds that this server is behind the one it replicates from; infinity where it has stopped, None where
        it is no replica. Refused when the account may not see that."""
        ...

    def explain(self, session: Session, sql: str) -> str | None:
        """None when the server can plan the statement, else its complaint."""
        ...

    def run_query(self, session: Session, sql: str, *, max_rows: int, timeout: float) -> QueryOutcome:
        """Run a query in a read-only transaction; Refused with the server's words when it fails."""
        ...

    def count_values(
        self,
        session: Session,
        schema: str,
        table: Table,
        asked: Sequence[tuple[FormedColumn, Doubt]],
        key: Sequence[FormedColumn],
    ) -> list[CountedValues]:
        """How many rows hold each kind of value in doubt, in one scan of the table, in the order of ``asked``."""
        ...

    def boolean_values_only(self, session: Session, schema: str, table: Table, column: Column) -> bool:
        """Whether an integer column holds nothing but 0, 1 and NULL."""
        ...

    def name_rules(self, session: Session) -> NameRules:
        """What the server takes for a name, and which names for one."""
        ...

    def equal_keys(
        self, session: Session, parts: Sequence[KeyPart], keys: Iterable[tuple[str, ...]], *, examples: int
    ) -> EqualKeys:
        """Which of these keys, all different by their characters, a unique key of the columns would take for one.

        The columns need not exist yet: the keys' transfer texts are loaded into a temporary table with their
        collations, and nothing of it stays. Refused when the account may not create one.
        """
        ...

    def counters(self, session: Session) -> Mapping[str, int]:
        """Figures of the server that only grow (cache hits, rows read, bytes written …), for the metrics."""
        ...

    def rows_written(self, session: Session) -> int:
        """Rows that anybody inserted, updated or deleted so far, in the database or on the whole server; only grows."""
        ...


__all__ = [
    "CountedValues",
    "EqualKeys",
    "IndexUse",
    "Inspection",
    "KeyPart",
    "QueryOutcome",
    "ServerFacts",
    "ServerLoad",
]
