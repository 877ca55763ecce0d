"""Where a database is, what differs between engines, and one connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from database_migration.model.key_range import Cut
from database_migration.model.unfit_value import ValueReach

Parameter = str | bytes | int | float | bool | datetime | None
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a database is and how to log in; only its address is ever printed."""

    engine: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    """The database to connect to. MySQL: the schema itself."""
    schema: str
    """The schema that is migrated. MySQL: the same as ``database``."""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Driver options of the Airflow connection's extra (TLS, timeouts); never printed."""

    def __str__(self) -> str:
        return f"{self.engine}://{self.host}:{self.port}/{self.database}"


@dataclass(frozen=True, slots=True)
class BulkFormat:
    """The text stream that an engine loads fastest; any engine can write it.

    Rows end in a newline, fields are transfer texts between ``delimiter``. With ``quote`` every value that
    is not NULL is quoted and quotes are doubled, and ``null`` stands bare; without it ``escapes`` are
    applied to values and ``null`` is a word that no escaped value can spell.
    """

    delimiter: str
    null: str
    quote: str | None
    escapes: tuple[tuple[str, str], ...]
    """(character, replacement) in the order of replacement; the escape character itself first."""
    binary_prefix: str
    """Stands before the hex digits of a BINARY form (PostgreSQL's ``\\\\x``, already escaped)."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What differs between engines and that a step has to know."""

    engine: str
    """Airflow's ``conn_type``, sqlglot's dialect and our folder."""
    max_identifier_length: int
    """Octets (PostgreSQL) or characters (MySQL) of a name."""
    transactional_ddl: bool
    bulk_format: BulkFormat
    logs_cascades: bool
    """Whether rows that a foreign key's action changes appear in the log."""
    index_names_per_schema: bool
    """Whether two tables of a schema cannot have indexes of one name."""
    partitions_have_foreign_keys: bool
    """Whether a partitioned table may have foreign keys, or be referred to by them."""
    default_port: int
    values: ValueReach
    """Values that its columns hold and others cannot, and those that they cannot."""
    constraint_names_per_schema: bool = False
    """Whether foreign keys and checks of two tables cannot have one name; such an engine's names have no case."""
    identifiers_in_octets: bool = True
    """What ``max_identifier_length`` counts: octets (True) or characters."""
    suppresses_triggers: bool = True
    """Whether the user's triggers keep still while our applier writes."""
    indexes_foreign_keys: bool = False
    """Whether the server makes an index for a foreign key that has none."""
    cuts: frozenset[Cut] = frozenset({Cut.ORDER, Cut.HASH})
    """Along what ``Rows.boundaries`` can cut a table."""
    alter_locks_relatives: bool = False
    """Whether altering a table locks every table that foreign keys tie to it, not only the statement's own."""
    knows_replica_lag: bool = False
    """Whether ``Inspection.load`` tells the lag of the server's own replicas."""


class Session(Protocol):
    """One connection: UTC, UTF-8, strict modes; each statement commits by itself outside a transaction.

    Parameters are ``%s`` in both engines, a literal percent sign is doubled when parameters are given.
    """

    def execute(self, sql: str, parameters: Sequence[Parameter] = ()) -> list[Row]:
        """Rows of a query, [] of anything else."""
        ...

    def execute_count(self, sql: str, parameters: Sequence[Parameter] = ()) -> int:
        """Rows that a statement matched (UPDATE: found, even if equal), inserted or deleted."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """All that is executed inside commits at the end, or nothing of it; does not nest."""
        ...

    def savepoint(self) -> AbstractContextManager[None]:
        """Inside a transaction: what is executed inside is undone when it raises, and the transaction goes on."""
        ...

    def try_lock(self, name: str) -> bool:
        """Take the advisory lock of this name for as long as this session lives; False if another has it."""
        ...

    def close(self) -> None:
        """End the connection; twice is once."""
        ...

    def cut(self) -> None:
        """Break the connection at once, from any thread and in the middle of a statement; ``close`` still follows."""
        ...

    @property
    def server_session_id(self) -> int:
        """The server's number for this connection."""
        ...


__all__ = ["BulkFormat", "Endpoint", "Parameter", "Row", "Session", "Traits"]
