"""Statements as a script for psql that a person may run by hand, again and again.

The statements of ``Ddl`` fail when their object is there already, as a step that creates must know; here each is
guarded, so that a script that was cut short is simply run once more.
"""

from __future__ import annotations

from collections.abc import Sequence

from database_migration.engines.postgres.names import quote
from database_migration.engines.protocol import Statement

_THERE = "duplicate_object OR duplicate_table OR duplicate_schema"
_GUARDED = frozenset({"foreign_key", "check", "schema", "sequence"})


def script(schema: str, statements: Sequence[Statement], *, undo: bool) -> str:
    """The script; what is taken back goes in the reverse order."""
    path = "public" if schema == "public" else f"{quote(schema)}, public"
    head = f"SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\nSET search_path = {path};"
    body = (
        [_taken_back(statement) for statement in reversed(statements) if statement.undo]
        if undo
        else [_created(schema, statement) for statement in statements]
    )
    return "\n\n".join([head, *body]) + "\n"


def _created(schema: str, statement: Statement) -> str:
    if statement.kind in _GUARDED or (statement.kind == "unique" and statement.sql.startswith("ALTER")):
        return _do(statement.sql, _THERE)
    plain = {
        "table": f"CREATE TABLE {quote(schema, statement.subject)} (",
        "view": f"CREATE MATERIALIZED VIEW {quote(schema, statement.subject)}",
    }.get(statement.kind)
    text = statement.sql
    if plain:
        kind = plain[: plain.index(' "')]
        text = text.replace(plain, plain.replace(kind, f"{kind} IF NOT EXISTS", 1), 1)
    return f"{text};"


def _taken_back(statement: Statement) -> str:
    if statement.kind == "schema":  # what others put into it keeps it
        return _do(statement.undo, "dependent_objects_still_exist")
    return f"{statement.undo};"


def _do(text: str, conditions: str) -> str:
    tag = "$script$"
    while tag in text:
        tag = f"{tag[:-1]}_$"
    return f"DO {tag} BEGIN\n{text};\nEXCEPTION WHEN {conditions} THEN NULL;\nEND {tag};"


__all__ = ["script"]
