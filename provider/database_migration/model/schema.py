"""A database schema as data: what either engine's catalog is read into, and what DDL is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from database_migration.model.column_type import ColumnType
from database_migration.model.other_objects import (
    CodeKind,
    HiddenPart,
    OtherObject,
    Sequence,
    StoredCode,
    UserType,
)


@dataclass(frozen=True, slots=True)
class Default:
    """A column's default: a literal value, or an expression in the engine's own dialect."""

    text: str
    is_expression: bool = False
    """False: ``text`` is the transfer text of a constant. True: SQL of the engine that reported it,
    except the portable words CURRENT_TIMESTAMP, CURRENT_DATE and UUID."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """How the source's server makes a column's values out of a row, where the spec maps them."""

    sql: str
    """An expression over the row's own columns (of the table that is named t), in the source's dialect."""
    back: Mapping[str, str] | None = None
    """The source's transfer text by the target's; None where the way back is not known."""
    keeps_others: bool = False
    """Whether values that ``back`` does not name are the same on both sides."""
    taken: frozenset[str] = frozenset()
    """Of those, the ones that never arrive, because the source's rows that have them get another."""
    insert_only: bool = False
    """A new row of the target may give its value to the source; one that is there keeps the source's."""
    uses: frozenset[str] = frozenset()
    """The source's columns that the expression may name."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    type: ColumnType
    nullable: bool = True
    default: Default | None = None
    identity: bool = False
    """True for AUTO_INCREMENT, identity and serial columns."""
    identity_always: bool = False
    """GENERATED ALWAYS AS IDENTITY: the application may not give a value of its own."""
    domain: str = ""
    """The domain of its own schema that the column is declared with; ``type`` is the one under it."""
    generated: str | None = None
    """SQL of a generated column in the dialect of the engine that reported it; None for an ordinary one."""
    generated_stored: bool = True
    on_update_now: bool = False
    """MySQL's ON UPDATE CURRENT_TIMESTAMP."""
    charset: str | None = None
    collation: str | None = None
    folding_locale: str | None = field(default=None, compare=False)
    """The ICU locale of a nondeterministic collation of PostgreSQL (und-u-ks-level1); None where texts compare
    exactly, and on MySQL, whose collations say it by their names."""
    invisible: bool = False
    comment: str = ""
    derived: Derivation | None = field(default=None, compare=False)
    """Where the values are not the column's own, or there is no such column: see ``Table.physical``."""

    @property
    def copied(self) -> bool:
        """Whether values of this column are moved (generated ones are computed by the target)."""
        return self.generated is None


class IndexMethod(StrEnum):
    """How an index finds rows."""

    BTREE = "btree"
    HASH = "hash"
    FULLTEXT = "fulltext"
    SPATIAL = "spatial"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class IndexPart:
    """One column, prefix or expression of an index."""

    column: str | None
    expression: str | None = None
    descending: bool = False
    prefix: int | None = None
    """Characters (MySQL's prefix length)."""
    nulls_first: bool | None = None
    """None: as the engine sorts NULLs in this direction by itself."""
    operator_class: str = ""
    """Named where it is not the type's own."""
    collation: str = ""
    """Named where it is not the column's."""


@dataclass(frozen=True, slots=True)
class Index:
    """A secondary index or unique key; the primary key is not one of them."""

    name: str
    parts: tuple[IndexPart, ...]
    unique: bool = False
    method: IndexMethod = IndexMethod.BTREE
    predicate: str | None = None
    include: tuple[str, ...] = ()
    comment: str = ""
    nulls_distinct: bool = True
    constraint: bool = False
    """A UNIQUE constraint rather than an index; told apart where the engine does."""
    deferrable: bool = False
    initially_deferred: bool = False
    invisible: bool = False
    """The planner does not use it (MySQL INVISIBLE, MariaDB IGNORED)."""
    parser: str = ""
    """The plugin that cuts a full text into words, where it is not the built-in one."""
    native: str = field(default="", compare=False)
    """The engine's own spelling of what no other field says (access method, operator classes)."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the plain columns, in order; shorter than ``parts`` where expressions take part."""
        return tuple(part.column for part in self.parts if part.column is not None)


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key; actions are SQL's words: NO ACTION, RESTRICT, CASCADE, SET NULL, SET DEFAULT."""

    name: str
    columns: tuple[str, ...]
    parent_table: str
    parent_columns: tuple[str, ...]
    on_delete: str = "NO ACTION"
    on_update: str = "NO ACTION"
    deferrable: bool = False
    initially_deferred: bool = False
    validated: bool = True
    """False: rows that were there before it are not known to obey (NOT VALID)."""
    match_full: bool = False
    """Either all columns are NULL or none."""
    enforced: bool = True
    """False: the server remembers it and refuses nothing (NOT ENFORCED)."""


@dataclass(frozen=True, slots=True)
class Check:
    """A check constraint, its expression in the dialect of the engine that reported it."""

    name: str
    expression: str
    enforced: bool = True
    """False: the server remembers it and refuses nothing (NOT ENFORCED)."""
    validated: bool = True
    """False: rows that were there before it are not known to obey (NOT VALID)."""


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition of a table, its bound in the words of the engine that reported it."""

    name: str
    bound: str = ""
    """``FOR VALUES FROM (1) TO (10)``, ``VALUES LESS THAN (10)``; '' where a count says all (HASH, KEY)."""
    parent: str = ""
    """The partition that it divides further; '' for those of the table itself."""
    divided_by: str = ""
    """How it is divided further itself."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that the model has no place for, as the code of a finding and a sentence."""

    code: str
    message: str
    mend: str = ""
    harmless: bool = False
    """No query and no row is concerned."""


@dataclass(frozen=True, slots=True)
class Table:
    """A base table with all that belongs to it."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    primary_key_name: str = ""
    indexes: tuple[Index, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    comment: str = ""
    next_identity: int | None = field(default=None, compare=False)
    estimated_rows: int = field(default=0, compare=False)
    estimated_bytes: int = field(default=0, compare=False)
    """Data and indexes, as the engine's statistics say."""
    storage: str = field(default="", compare=False)
    """The storage engine or access method, for reports (InnoDB, MyISAM, heap)."""
    partitioned_by: str = ""
    """``RANGE (id)``: in the words of the engine that reported it; '' for a plain table."""
    partitions: tuple[Partition, ...] = ()
    remarks: tuple[Remark, ...] = field(default=(), compare=False)
    """What the table has beyond all this, and that no other server gets by itself."""
    where: str = field(default="", compare=False)
    """The rows that take part, as a condition of the source's dialect; '' for all."""
    physical: Table | None = field(default=None, compare=False, repr=False)
    """The table as the server has it, where the spec maps its columns or rows."""

    def column(self, name: str) -> Column:
        """The column of this name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def as_stored(self) -> Table:
        """The table as the server has it."""
        return self.physical or self

    @property
    def copied_columns(self) -> tuple[Column, ...]:
        """Columns whose values are moved, in table order."""
        return tuple(column for column in self.columns if column.copied)

    @property
    def row_key(self) -> tuple[str, ...]:
        """The columns that tell rows apart: the primary key, else the shortest unique key without NULLs,
        prefixes or expressions; empty where there is none."""
        if self.primary_key:
            return self.primary_key
        usable = [
            index.columns
            for index in self.indexes
            if index.unique
            and index.predicate is None
            and not index.deferrable
            and len(index.columns) == len(index.parts)
            and all(part.prefix is None for part in index.parts)
            and not any(self.column(name).nullable for name in index.columns)
        ]
        return min(usable, key=lambda names: (len(names), names), default=())


@dataclass(frozen=True, slots=True)
class View:
    """A view and the query behind it, in the dialect of the engine that reported it."""

    name: str
    definition: str
    columns: tuple[str, ...] = ()
    materialized: bool = False
    depends_on: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()
    """Of a materialised view."""
    check_option: str = ""
    """``CASCADED`` or ``LOCAL``: what is written through the view has to be visible in it."""


@dataclass(frozen=True)
class Schema:
    """All that one schema of one server holds."""

    name: str
    tables: tuple[Table, ...] = ()
    views: tuple[View, ...] = ()
    code: tuple[StoredCode, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    types: tuple[UserType, ...] = ()
    others: tuple[OtherObject, ...] = field(default=(), compare=False)
    hidden: tuple[HiddenPart, ...] = field(default=(), compare=False)
    engine: str = field(default="", compare=False)
    server_version: str = field(default="", compare=False)

    @cached_property
    def _by_name(self) -> dict[str, Table]:
        """Steps look tables up by the thousand."""
        return {table.name: table for table in self.tables}

    def table(self, name: str) -> Table:
        """The table of this name; KeyError where there is none."""
        return self._by_name[name]

    def has_table(self, name: str) -> bool:
        """Whether a base table of this name exists."""
        return name in self._by_name


__all__ = [
    "Check",
    "CodeKind",
    "Column",
    "Default",
    "Derivation",
    "ForeignKey",
    "HiddenPart",
    "Index",
    "IndexMethod",
    "IndexPart",
    "OtherObject",
    "Partition",
    "Remark",
    "Schema",
    "Sequence",
    "StoredCode",
    "Table",
    "UserType",
    "View",
]
