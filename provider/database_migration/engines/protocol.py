"""All that a step may ask of a database.

An engine is a folder whose modules fulfil these protocols; docstrings are promises, and the contract
tests hold every engine to each of them. What differs between engines is declared in ``Traits``, not
branched upon. Methods raise ``database_migration.errors`` only: a lost connection is ``Interrupted``, a
statement that can never succeed is ``Refused``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from database_migration.model.bulk_format import BinaryFormat
from database_migration.model.change import Change, ChangeTransaction, Value
from database_migration.model.code_source import CodeSource
from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.key_range import ChunkKey, Cut, KeyRange
from database_migration.model.log_position import LogPosition
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding
from database_migration.model.schema import Column, ForeignKey, Index, IndexPart, Schema, Table, UserType, View
from database_migration.model.schema import Sequence as FreeSequence
from database_migration.model.table_selection import FormedColumn, TablePair
from database_migration.model.target_names import NameRules
from database_migration.model.unfit_value import Doubt, ValueReach

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

    @property
    def server_session_id(self) -> int:
        """The server's number for this connection."""
        ...


class Catalog(Protocol):
    """Reads a schema out of the server's catalog."""

    def read(self, session: Session, schema: str) -> Schema:
        """The schema as data, tables by name; raises Refused when it does not exist or cannot be seen."""
        ...

    def sequences(self, session: Session, schema: str) -> tuple[FreeSequence, ...]:
        """The schema's free sequences where they stand now; those that cannot be read are left out."""
        ...

    def exact_count(self, session: Session, table: Table) -> int:
        """Rows of a table, counted."""
        ...


@dataclass(frozen=True, slots=True)
class Statement:
    """One DDL statement with the statement that takes it back."""

    kind: str
    """``table``, ``index``, ``unique``, ``foreign_key``, ``check``, ``view``, ``identity``, ``script`` …"""
    subject: str
    """The object's name, unquoted: ``orders`` or ``orders.idx_customer``."""
    sql: str
    undo: str
    """Idempotent (IF EXISTS)."""


class Ddl(Protocol):
    """Writes DDL for this engine from the neutral schema. Names are quoted; nothing is executed here."""

    def hold(self, table: Table, *, dialect: str, policy: HoldPolicy | None = None) -> tuple[Table, list[Finding]]:
        """The table as this engine would hold and report it; ``dialect`` is the engine that reported it.

        Every column type is one that this engine has, defaults, checks and generated expressions are in
        its dialect (or gone), names fit and are unique. ``Catalog.read`` of the created table equals it.
        What cannot be held exactly is a finding: ``type_widened``, ``default_dropped``, ``check_dropped``,
        ``collation_changed``, ``index_dropped`` … A table that
        this engine reported itself comes back as it is.
        ``policy`` is what the spec and the values in the table decide; None: the defaults, which lose nothing.
        """
        ...

    def hold_objects(
        self, source: Schema, *, target_version: str
    ) -> tuple[tuple[UserType, ...], tuple[FreeSequence, ...], list[Finding]]:
        """The types and free sequences of a schema that this engine holds too, and a finding for each other one.

        ``target_version`` is what the server says of itself: MariaDB has sequences, MySQL has none.
        """
        ...

    def create_label_table(self, schema: str, name: str, labels: Sequence[str]) -> Statement:
        """A table of an enum's labels in their order, for ``hold``'s foreign keys to it; it must not exist yet."""
        ...

    def create_type(self, schema: str, type_: UserType) -> Statement:
        """An enum or domain, before the tables."""
        ...

    def create_sequence(self, schema: str, sequence: FreeSequence) -> Statement:
        """A free sequence, before the tables, whose defaults may draw from it."""
        ...

    def create_table(self, schema: str, table: Table) -> Statement:
        """Columns and primary key; nothing that slows loading."""
        ...

    def create_index(self, schema: str, table: Table, index: Index) -> Statement:
        """A secondary index or unique key."""
        ...

    def add_foreign_key(self, schema: str, table: Table, key: ForeignKey, *, validate: bool = True) -> Statement:
        """A foreign key; without ``validate`` rows that are there already are not checked."""
        ...

    def add_checks(self, schema: str, table: Table) -> list[Statement]:
        """Check constraints of a table."""
        ...

    def after_copy(self, schema: str, table: Table) -> list[Statement]:
        """What else belongs to the table and waits until rows are in: ON UPDATE triggers, comments."""
        ...

    def create_view(self, schema: str, view: View) -> Statement:
        """A view whose definition is already in this engine's dialect."""
        ...

    def drop_table(self, schema: str, name: str) -> str:
        """A statement that drops a table if it exists, without touching any other."""
        ...

    def script(self, schema: str, statements: Sequence[Statement], *, undo: bool = False) -> str:
        """The statements, or with ``undo`` their undo in the reverse order, for the server's own client.

        A person may run it by hand in an empty database, and again: what is there (or gone) already is left alone.
        """
        ...

    def quote(self, *names: str) -> str:
        """A quoted, dotted name."""
        ...


@dataclass(frozen=True, slots=True)
class Checksum:
    """Count of rows, and the order-independent sum over a digest of each row's canonical text.

    Equal rows add up (they do not cancel as under XOR). Method: sum over rows of the first 60 bits of
    MD5 of the row text: per column ``V<octets>:<value>``, or ``N`` for NULL; JSON columns are left out.
    """

    rows: int
    digest: int


class Rows(Protocol):
    """Reads, loads and compares rows by key range; columns come with the form in which values cross."""

    def boundaries(self, session: Session, schema: str, table: Table, key: ChunkKey, chunk_rows: int) -> list[KeyRange]:
        """Half-open ranges that cover every present and future row: the first is open below, the last above.

        Found by walking the index ``chunk_rows`` at a time, so gaps make no empty chunks, and a leading
        value that many rows share is cut along the columns behind it; an empty table is one range.
        """
        ...

    def read_bulk(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        rows: KeyRange,
        form: BulkFormat | BinaryFormat,
    ) -> Iterator[bytes]:
        """The range's rows in another engine's bulk format, in blocks of 256 KiB to some MB; constant memory.

        A BinaryFormat only where ``binary_pays_from`` gave a number for these columns, in this order.
        """
        ...

    def binary_format(self, table: Table, columns: Sequence[FormedColumn]) -> BinaryFormat | None:
        """The binary stream that this engine loads into the columns faster than text; None where there is none."""
        ...

    def binary_pays_from(self, table: Table, columns: Sequence[FormedColumn], form: BinaryFormat) -> int | None:
        """Rows from which it is faster to write another engine's binary stream than its text.

        None where a column has values that it cannot write exactly. Fields are best in ``form.fixed_first`` order.
        """
        ...

    def load_bulk(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        blocks: Iterable[bytes],
        form: BinaryFormat | None = None,
    ) -> int:
        """Insert a stream in this engine's own bulk format inside the caller's transaction; rows inserted.

        ``form`` is what ``binary_format`` gave (None: the text format of ``Traits``).

        Every value arrives exactly or ValueRefused is raised, with the server's words: nothing is truncated.
        Triggers of the user do not fire and foreign keys are not checked where the engine lets us.
        """
        ...

    def checksum(
        self, session: Session, schema: str, table: Table, columns: Sequence[FormedColumn], rows: KeyRange
    ) -> Checksum:
        """The range's checksum; equal rows give equal sums on every engine."""
        ...

    def digests(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        key: Sequence[FormedColumn],
        rows: KeyRange,
    ) -> Iterator[tuple[tuple[str, ...], int]]:
        """(key values, row digest) of every row of a range, in no order; the last step of bisection."""
        ...

    def fetch(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        rows: KeyRange,
        keys: Sequence[FormedColumn] = (),
        wanted: Sequence[tuple[str, ...]] = (),
    ) -> Iterator[tuple[str | None, ...]]:
        """Rows in transfer text; with ``wanted`` only those whose ``keys`` have these values."""
        ...

    def highest_identity(self, session: Session, schema: str, table: Table, column: Column) -> int | None:
        """The largest value in an identity column, None when empty."""
        ...

    def set_next_identity(self, session: Session, schema: str, table: Table, column: Column, value: int) -> None:
        """Make the next generated value at least ``value``."""
        ...

    def set_sequence(self, session: Session, schema: str, name: str, value: int) -> None:
        """Make a free sequence give ``value`` next."""
        ...

    def analyze(self, session: Session, schema: str, table: Table) -> None:
        """Refresh the planner's statistics."""
        ...


class Visibility(Protocol):
    """Tells when reads see what the log has told: an event may arrive before its row can be read."""

    def wait(self, transactions: Sequence[ChangeTransaction], *, timeout: float) -> None:
        """Return once every read that begins from now on sees these transactions of the log, and all before them
        of the same rows; Interrupted when that takes longer than ``timeout`` seconds."""
        ...


class ChangeLog(Protocol):
    """The server's log of committed changes. ``name`` tells migrations apart (letters, digits, ``_``)."""

    def start(self, name: str, schema: str, tables: Sequence[str]) -> LogPosition:
        """Make the log readable from now on and return that position; every later commit lies after it.

        Again with the same name returns the present end without losing the retained part.
        """
        ...

    def end(self) -> LogPosition:
        """The log's end: everything committed before this call lies before it."""
        ...

    def read(
        self,
        name: str,
        tables: Mapping[str, Sequence[FormedColumn]],
        schema: str,
        after: LogPosition,
        *,
        idle_seconds: float,
    ) -> Iterator[ChangeTransaction]:
        """Committed transactions after a position, in commit order, for ever; a heartbeat at least each
        ``idle_seconds``, carrying the furthest position known to be consumed.

        Writes marked by ``ChangeWriter.prepare`` are left out. Raises PositionLost when the log does not
        reach back, SourceChanged when a selected table's columns changed, ValueRefused for a value that
        cannot be decoded exactly.
        """
        ...

    def reaches(self, name: str, after: LogPosition) -> bool:
        """Whether the log still holds all that was committed after a position; False also where capture is gone."""
        ...

    def visibility(self, name: str) -> AbstractContextManager[Visibility]:
        """A watch over what reads see, for as long as the block; it holds a session of its own."""
        ...

    def confirm(self, name: str, position: LogPosition) -> None:
        """Let the server forget what lies before a position that is safely stored elsewhere."""
        ...

    def stop(self, name: str) -> None:
        """Give back what ``start`` took; twice is once."""
        ...

    def retained_bytes(self, name: str, after: LogPosition) -> int:
        """Bytes of log that the server keeps behind the position (for the log-growth fuse)."""
        ...


class ChangeWriter(Protocol):
    """Writes captured changes, idempotently: insert and update are upserts by row key, delete may find
    nothing."""

    def prepare(self, session: Session, origin: str) -> None:
        """Mark all that this session writes so that our own capture leaves it out, let it pass our write
        fence, and keep the user's triggers and foreign-key actions from firing where the engine can."""
        ...

    def apply(self, session: Session, schema: str, pairs: Mapping[str, TablePair], changes: Sequence[Change]) -> int:
        """Apply changes in order inside the caller's transaction; rows written.

        ``pairs`` are keyed by the table's name on the side that was read; ``pair.target`` is written.
        """
        ...

    def matching(
        self,
        session: Session,
        schema: str,
        table: Table,
        columns: Sequence[FormedColumn],
        where: Mapping[str, Value],
    ) -> list[tuple[str | None, ...]]:
        """Transfer texts of rows whose columns equal ``where``; serves the emulation of cascades."""
        ...


@dataclass(frozen=True, slots=True)
class FenceOutcome:
    """What raising a fence did."""

    tables: int
    sessions_ended: int
    seconds: float


class WriteFence(Protocol):
    """Keeps everyone but our own applier from writing to a set of tables; survives our death."""

    def raise_(self, session: Session, schema: str, tables: Sequence[str], *, timeout: float) -> FenceOutcome:
        """All tables or none; open transactions are waited for, at most ``timeout`` seconds in sum, then
        Interrupted. Twice is once. After it returns no commit of others touches the tables."""
        ...

    def lower(self, session: Session, schema: str, tables: Sequence[str]) -> None:
        """Let everybody write again; twice is once."""
        ...

    def is_up(self, session: Session, schema: str, tables: Sequence[str]) -> bool:
        """Whether every one of the tables is fenced."""
        ...


@dataclass(frozen=True, slots=True)
class TriggerSource:
    """A trigger of the user that was taken down, with the statement that restores it."""

    name: str
    table: str
    create: str


class TriggerHold(Protocol):
    """Keeps the user's triggers from firing on applied changes where ``ChangeWriter.prepare`` cannot."""

    def needed(self, session: Session, schema: str, tables: Sequence[str]) -> list[TriggerSource]:
        """Triggers that would fire; [] for an engine whose applier suppresses them by itself."""
        ...

    def take_down(self, session: Session, schema: str, triggers: Sequence[TriggerSource]) -> None:
        """Drop them; the caller has stored them first. Twice is once."""
        ...

    def put_back(self, session: Session, schema: str, triggers: Sequence[TriggerSource]) -> None:
        """Create those that are missing."""
        ...


class StoredCodeCarrier(Protocol):
    """Triggers, routines and events: made again on a server of the same kind, outlined for another."""

    def read(self, session: Session, schema: str) -> list[CodeSource]:
        """Every piece of the user's, in an order in which it can be made; none of ours."""
        ...

    def statement(self, schema: str, source: CodeSource, *, source_schema: str) -> Statement:
        """What makes it again in ``schema`` on this kind of server; an event that is not yet at work."""
        ...

    def made_under(self, session: Session, schema: str, source: CodeSource) -> AbstractContextManager[None]:
        """The session's settings while the statement is executed."""
        ...

    def stub(self, schema: str, source: CodeSource, *, dialect: str) -> str:
        """A script in this engine's language that makes its outline: name, parameters, timing, table. Called, it
        fails and says that it is not written yet. Its source, which ``dialect`` reported, is in the body."""
        ...


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


class Engine(Protocol):
    """One database product, stateless: everything that a step may ask, by subject."""

    traits: Traits
    catalog: Catalog
    ddl: Ddl
    rows: Rows
    writer: ChangeWriter
    fence: WriteFence
    triggers: TriggerHold
    code: StoredCodeCarrier
    inspection: Inspection

    def connect(self, endpoint: Endpoint, *, purpose: str) -> Session:
        """Open a session; ``purpose`` shows in the server's session list where it can.

        ConnectionRefused for a wrong login or database, Interrupted when the server does not answer.
        """
        ...

    def change_log(self, endpoint: Endpoint) -> ChangeLog:
        """The log of the server at an endpoint; it opens connections of its own."""
        ...


__all__ = [
    "BulkFormat",
    "Catalog",
    "ChangeLog",
    "ChangeWriter",
    "Checksum",
    "CountedValues",
    "Ddl",
    "Endpoint",
    "Engine",
    "EqualKeys",
    "FenceOutcome",
    "IndexUse",
    "Inspection",
    "KeyPart",
    "Parameter",
    "QueryOutcome",
    "Row",
    "Rows",
    "ServerFacts",
    "ServerLoad",
    "Session",
    "Statement",
    "StoredCodeCarrier",
    "Traits",
    "TriggerHold",
    "TriggerSource",
    "Visibility",
    "WriteFence",
]
