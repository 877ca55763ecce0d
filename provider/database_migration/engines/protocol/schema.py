"""Reads a schema out of a server, and writes its DDL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from database_migration.engines.protocol.connection import Session
from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.report import Finding
from database_migration.model.schema import Column, ForeignKey, Index, Schema, Table, UserType, View
from database_migration.model.schema import Sequence as FreeSequence


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

    def drop_schema(self, schema: str) -> str:
        """The statement that drops a schema with all that is in it; only ever for one that we made."""
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

    def add_column(self, schema: str, table: Table, column: Column) -> Statement:
        """A column of ``table`` that is missing there; rows that are there already get its default."""
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


__all__ = ["Catalog", "Ddl", "Statement"]
