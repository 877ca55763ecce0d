"""Rows of the catalog queries as columns, indexes and constraints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from database_migration.engines.postgres.column_types import column_type
from database_migration.engines.postgres.default_values import read_default
from database_migration.engines.postgres.expressions import normal
from database_migration.model.column_type import ColumnType
from database_migration.model.schema import Check, Column, ForeignKey, Index, IndexMethod, IndexPart

Columns = Mapping[str, ColumnType]
_ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_METHODS = {"btree": IndexMethod.BTREE, "hash": IndexMethod.HASH}


def column(row: tuple[Any, ...], *, on_update_now: bool) -> Column:
    """A row of columns.sql, without the table."""
    (name, type_name, formatted, modifier, labels, nullable, default, generated, identity, collation, comment) = row
    type_ = column_type(type_name, formatted, modifier, labels)
    return Column(
        name=name,
        type=type_,
        nullable=nullable,
        default=None if identity or generated else read_default(default, type_),
        identity=identity,
        generated=default if generated else None,
        generated_stored=generated != "v",
        on_update_now=on_update_now,
        collation=collation,
        comment=comment,
    )


def index(row: tuple[Any, ...], columns: Columns) -> Index:
    """A row of indexes.sql, without the table."""
    (name, _, unique, method, predicate, native, comment, nulls_equal, include, names, expressions, descending) = row
    parts = tuple(
        IndexPart(part or None, expression=spelled_or_raw(expression, columns) if expression else None, descending=down)
        for part, expression, down in zip(names, expressions, descending, strict=True)
    )
    searched = _searched_columns(expressions) if method == "gin" else ()
    if searched:
        parts = tuple(IndexPart(one) for one in searched)
    return Index(
        name=name,
        parts=parts,
        unique=unique,
        method=IndexMethod.FULLTEXT if searched else _METHODS.get(method, IndexMethod.OTHER),
        predicate=spelled_or_raw(predicate, columns) if predicate else None,
        include=tuple(include),
        comment=comment,
        nulls_distinct=not nulls_equal,
        native=native,
    )


def spelled_or_raw(text: str, columns: Columns) -> str:
    """An expression in its one spelling, or as the server prints it where that is not understood."""
    return normal(text, columns) or text


def _searched_columns(expressions: list[str]) -> tuple[str, ...]:
    """The columns of a full-text index of our own shape: to_tsvector('simple', coalesce(a, '') || ' ' || …)."""
    if len(expressions) != 1 or not expressions[0].startswith("to_tsvector('simple'"):
        return ()
    try:
        tree = sqlglot.parse_one(expressions[0], dialect="postgres")
    except SqlglotError:
        return ()
    return tuple(found.name for found in tree.find_all(exp.Column, bfs=False))


def foreign_key(row: tuple[Any, ...]) -> ForeignKey:
    """A row of foreign_keys.sql, without the table."""
    name, columns, parent, parent_columns, on_delete, on_update, deferrable = row
    return ForeignKey(
        name,
        tuple(columns),
        parent,
        tuple(parent_columns),
        on_delete=_ACTIONS[on_delete],
        on_update=_ACTIONS[on_update],
        deferrable=deferrable,
    )


def check(row: tuple[Any, ...], columns: Columns) -> Check:
    """A row of checks.sql, without the table."""
    name, expression = row
    return Check(name, spelled_or_raw(expression, columns))


__all__ = ["Columns", "check", "column", "foreign_key", "index", "spelled_or_raw"]
