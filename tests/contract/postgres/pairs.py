"""Tables paired for tests."""

from __future__ import annotations

from database_migration.model.schema import Schema, Table
from database_migration.model.table_selection import FormedColumn, TablePair, TableSelection, pair_tables

SCHEMA = "shop"


def pair_of(source: Table, target: Table | None = None) -> TablePair:
    """A table paired with itself, or with another one."""
    other = target or source
    selection = TableSelection(renames={source.name: other.name})
    return pair_tables(selection, Schema("s", (source,)), Schema("t", (other,)))[0]


def formed(table: Table) -> list[FormedColumn]:
    """The copied columns in the forms that they have between two PostgreSQL servers."""
    return list(pair_of(table).source_columns)
