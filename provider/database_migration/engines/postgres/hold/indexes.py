"""Another engine's indexes as PostgreSQL holds them."""

from __future__ import annotations

from dataclasses import replace

from database_migration.engines.postgres.expressions import Columns
from database_migration.engines.postgres.hold.expressions import translated_expression
from database_migration.engines.postgres.names import quote, shortened
from database_migration.model.column_type import Kind
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Index, IndexMethod, IndexPart, Table

_PLAIN_PREFIX_CHARACTERS = 600
"""A B-tree entry holds 2,704 octets at most: up to so many characters a whole column surely fits."""


def held_indexes(table: Table, dialect: str, types: Columns) -> tuple[list[Index], list[Finding]]:
    """The indexes with names that are unique in a schema, prefixes as expressions, and what became of the rest."""
    held: list[Index] = []
    findings: list[Finding] = []
    for index in table.indexes:
        subject = f"{table.name}.{index.name}"
        if index.method in (IndexMethod.SPATIAL, IndexMethod.OTHER):
            findings.append(_dropped(subject, f"PostgreSQL has no {index.method} index without an extension."))
            continue
        parts = [_held_part(part, dialect, types, index.unique) for part in index.parts]
        if any(part is None for part in parts):
            findings.append(_dropped(subject, "An expression of the index cannot be carried over with certainty."))
            continue
        findings += _notes(subject, index, types)
        held.append(
            replace(
                index,
                name=_name(table, index, {one.name for one in held}),
                parts=tuple(part for part in parts if part is not None),
                method=IndexMethod.FULLTEXT if index.method is IndexMethod.FULLTEXT else IndexMethod.BTREE,
                include=(),
                invisible=False,
                parser="",
                native="",
            )
        )
    return held, findings


def _name(table: Table, index: Index, taken: set[str]) -> str:
    ending = "key" if index.unique else "idx"
    stem = index.name if index.name.startswith(f"{table.name}_") else f"{table.name}_{index.name}"
    name = shortened(stem if stem.endswith(f"_{ending}") else f"{stem}_{ending}")
    number = 1
    while name in taken:
        number += 1
        name = shortened(f"{stem}_{ending}{number}")
    return name


def _held_part(part: IndexPart, dialect: str, types: Columns, unique: bool) -> IndexPart | None:
    if part.column is None:
        expression = translated_expression(part.expression or "", dialect, types)
        return None if expression is None else IndexPart(None, expression, part.descending)
    column = shortened(part.column)
    if part.prefix is None or _fits_whole(column, types, unique):
        return IndexPart(column, descending=part.descending)
    if types[column].kind is Kind.BLOB:
        return IndexPart(None, f"SUBSTRING({quote(column)} FROM 1 FOR {part.prefix})", part.descending)
    return IndexPart(None, f"LEFT({quote(column)}, {part.prefix})", part.descending)


def _fits_whole(column: str, types: Columns, unique: bool) -> bool:
    """Whether a prefix is better left out: queries find the whole column, and its values fit."""
    length = types[column].length
    return not unique and length is not None and length <= _PLAIN_PREFIX_CHARACTERS


def _notes(subject: str, index: Index, types: Columns) -> list[Finding]:
    if index.method is IndexMethod.FULLTEXT:
        return [
            Finding(
                Severity.WARNING,
                "fulltext_changed",
                subject,
                "The full-text index becomes a GIN index; MATCH … AGAINST has to be rewritten.",
                mend="query with to_tsvector('simple', …) @@ plainto_tsquery('simple', …).",
            )
        ]
    notes = []
    if index.invisible:
        message = "The planner does not use the index on the source; on the target it does."
        notes.append(Finding(Severity.NOTE, "index_visible", subject, message))
    for part in index.parts:
        if part.prefix is None or part.column is None:
            continue
        if _fits_whole(shortened(part.column), types, index.unique):
            message = f"The index holds the whole of {part.column} instead of its first {part.prefix} characters."
            notes.append(Finding(Severity.NOTE, "prefix_dropped", subject, message))
        else:
            message = f"The index is on left({part.column}, {part.prefix}): only queries that say so use it."
            notes.append(Finding(Severity.WARNING, "prefix_as_expression", subject, message))
    return notes


def _dropped(subject: str, message: str) -> Finding:
    return Finding(
        Severity.WARNING,
        "index_dropped",
        subject,
        message,
        mend="create an index that serves the same queries by hand.",
    )


__all__ = ["held_indexes"]
