"""Rows of the catalog queries as columns, indexes and constraints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from database_migration.engines.postgres.column_types import column_type
from database_migration.engines.postgres.default_values import read_default
from database_migration.model.column_type import ColumnType
from database_migration.model.schema import Check, Column, ForeignKey, Index, IndexMethod, IndexPart, Remark

Columns = Mapping[str, ColumnType]
_ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_METHODS = {"btree": IndexMethod.BTREE, "hash": IndexMethod.HASH}


def column(row: tuple[Any, ...], *, on_update_now: bool) -> Column:
    """A row of columns.sql, without the table."""
    (name, type_name, formatted, modifier, labels, nullable, default, generated, identity, collation) = row[:10]
    comment, always, domain, folding_locale = row[10:]
    type_ = column_type(type_name, formatted, modifier, labels)
    return Column(
        name=name,
        type=type_,
        nullable=nullable,
        default=None if identity or generated else read_default(default, type_),
        identity=identity,
        identity_always=always,
        domain=domain,
        generated=default if generated else None,
        generated_stored=generated != "v",
        on_update_now=on_update_now,
        collation=collation,
        folding_locale=folding_locale,
        comment=comment,
    )


def index(row: tuple[Any, ...], columns: Columns) -> Index:
    """A row of indexes.sql, without the table."""
    (name, _, unique, method, predicate, native, comment, nulls_equal, include, names, expressions) = row[:11]
    descending, nulls_first, operator_classes, collations, constraint, deferrable, deferred = row[11:]
    sorts = method == "btree"
    parts = tuple(
        IndexPart(
            part or None,
            expression=spelled_or_raw(expression, columns) if expression else None,
            descending=down,
            nulls_first=first if sorts and first != down else None,
            operator_class=operator_class,
            collation=collation if part or _is_collated(expression, native) else "",
        )
        for part, expression, down, first, operator_class, collation in zip(
            names, expressions, descending, nulls_first, operator_classes, collations, strict=True
        )
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
        constraint=constraint,
        deferrable=deferrable,
        initially_deferred=deferred,
        native=native,
    )


def _is_collated(expression: str, definition: str) -> bool:
    """Whether the index names a collation for an expression, which otherwise has that of its columns."""
    return f"{expression} COLLATE " in definition or f"{expression}) COLLATE " in definition


def spelled_or_raw(text: str, columns: Columns) -> str:
    """An expression in its one spelling, or as the server prints it where that is not understood."""
    # Loaded when asked for: most copy lanes need no parser, which is a tenth of their memory.
    from database_migration.engines.postgres.expressions import normal

    return normal(text, columns) or text


def _searched_columns(expressions: list[str]) -> tuple[str, ...]:
    """The columns of a full-text index of our own shape: to_tsvector('simple', coalesce(a, '') || ' ' || …)."""
    if len(expressions) != 1 or not expressions[0].startswith("to_tsvector('simple'"):
        return ()
    from database_migration.engines.postgres.expressions import columns_of

    return columns_of(expressions[0])


def foreign_key(row: tuple[Any, ...]) -> ForeignKey:
    """A row of foreign_keys.sql, without the table."""
    name, columns, parent, parent_columns, on_delete, on_update, deferrable, deferred, validated, full, enforced = row
    return ForeignKey(
        name,
        tuple(columns),
        parent,
        tuple(parent_columns),
        on_delete=_ACTIONS[on_delete],
        on_update=_ACTIONS[on_update],
        deferrable=deferrable,
        initially_deferred=deferred,
        validated=validated,
        match_full=full,
        enforced=enforced,
    )


def check(row: tuple[Any, ...], columns: Columns) -> Check:
    """A row of checks.sql, without the table."""
    name, expression, validated, enforced = row
    return Check(name, spelled_or_raw(expression, columns), enforced=enforced, validated=validated)


def remarks(
    facts: Sequence[Any], primary: tuple[Any, ...] | None, parts: Sequence[tuple[Any, ...]]
) -> Iterator[Remark]:
    """What a row of tables.sql tells beyond the model; ``parts`` are the table's rows of partitions.sql."""
    persistence, _, _, _, row_security, parents, options = facts
    if persistence == "u":
        yield Remark(
            "unlogged_table", "The table is UNLOGGED; on the target it is an ordinary, logged one.", harmless=True
        )
    if row_security:
        message = "Row-level security is on: its policies are listed and not carried; the target shows all rows."
        yield Remark(
            "row_security_lost", message, "ALTER TABLE … ENABLE ROW LEVEL SECURITY on the target, and policies."
        )
    if parents:
        message = f"The table inherits from {', '.join(parents)}; on the target it stands alone with all its columns."
        yield Remark("inheritance_lost", message, "queries that read the parent for its children's rows need a UNION.")
    if options:
        yield Remark("storage_options_lost", f"Storage options stay behind: {', '.join(options)}.", harmless=True)
    if primary is not None and primary[16]:
        message = "The primary key is deferrable; on the target it is checked at once, as ON CONFLICT needs it."
        yield Remark("not_deferrable", message)
    foreign = [row[0] for row in parts if row[4]]
    if foreign:
        yield Remark(
            "foreign_partition",
            f"Partitions that lie on other servers become local: {', '.join(foreign)}.",
            harmless=True,
        )


__all__ = ["Columns", "check", "column", "foreign_key", "index", "remarks", "spelled_or_raw"]
