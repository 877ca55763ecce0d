"""Statements as a script for the mysql client that a person may run by hand, again and again.

MySQL has no IF NOT EXISTS for indexes and constraints (MariaDB has): there the catalog is asked first, and the
statement is prepared from a text that does nothing when it is not needed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from database_migration.engines.mysql.column_types import text_literal
from database_migration.engines.mysql.connection import SQL_MODE, quote
from database_migration.engines.protocol import Statement

_NAME = r"`(?:[^`]|``)+`"
_TABLE = rf"(?P<schema>{_NAME})\.(?P<table>{_NAME})"
_INDEX = re.compile(rf"CREATE (?:\w+ )?INDEX (?P<name>{_NAME}) ON {_TABLE}")
_CONSTRAINT = re.compile(rf"(?:/\*M!.*?\*/ )?ALTER TABLE {_TABLE} ADD CONSTRAINT (?P<name>{_NAME})")
_DROP = re.compile(rf"ALTER TABLE {_TABLE} DROP (?P<kind>INDEX|FOREIGN KEY|CONSTRAINT) (?P<name>{_NAME})")
_MODIFY = re.compile(rf"ALTER TABLE {_TABLE} MODIFY COLUMN (?P<name>{_NAME})")
_ASKED = {
    "INDEX": "statistics WHERE table_schema = {} AND table_name = {} AND index_name = {}",
    "FOREIGN KEY": "table_constraints WHERE table_schema = {} AND table_name = {} AND constraint_name = {}",
    "CONSTRAINT": "table_constraints WHERE table_schema = {} AND table_name = {} AND constraint_name = {}",
    "COLUMN": "columns WHERE table_schema = {} AND table_name = {} AND column_name = {}",
}


def script(schema: str, statements: Sequence[Statement], *, undo: bool) -> str:
    """The script; what is taken back goes in the reverse order."""
    head = (
        f"SET NAMES utf8mb4;\nSET SESSION sql_mode = '{SQL_MODE}';\nSET SESSION time_zone = '+00:00';\n"
        f"USE {quote(schema)};"
    )
    body = (
        [_taken_back(statement) for statement in reversed(statements) if statement.undo]
        if undo
        else [_created(statement) for statement in statements]
    )
    return "\n\n".join([head, *body]) + "\n"


def _created(statement: Statement) -> str:
    text = statement.sql
    if statement.kind == "table":
        return text.replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", 1) + ";"
    if statement.kind == "sequence":
        return text.replace("CREATE SEQUENCE ", "CREATE SEQUENCE IF NOT EXISTS ", 1) + ";"
    if statement.kind == "view":
        return text.replace("CREATE VIEW ", "CREATE OR REPLACE VIEW ", 1) + ";"
    if found := _INDEX.match(text):
        return _guarded(text, "INDEX", found, wanted=0)
    if found := _CONSTRAINT.match(text):
        return _guarded(text, "CONSTRAINT", found, wanted=0)
    return f"{text};"


def _taken_back(statement: Statement) -> str:
    text = statement.undo
    if found := _DROP.match(text):
        return _guarded(text, found["kind"], found, wanted=1)
    if found := _MODIFY.match(text):
        return _guarded(text, "COLUMN", found, wanted=1)
    return f"{text};"


def _guarded(text: str, kind: str, found: re.Match[str], *, wanted: int) -> str:
    names = (text_literal(found[part][1:-1].replace("``", "`")) for part in ("schema", "table", "name"))
    there = f"EXISTS (SELECT 1 FROM information_schema.{_ASKED[kind].format(*names)})"
    return (
        f"SET @statement = IF({there} = {wanted}, {text_literal(text)}, 'DO 0');\n"
        "PREPARE statement FROM @statement; EXECUTE statement; DEALLOCATE PREPARE statement;"
    )


__all__ = ["script"]
