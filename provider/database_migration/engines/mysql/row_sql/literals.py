"""Transfer texts as SQL literals of a session, already converted to the column's value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from database_migration.engines.mysql.connection import MySQLSession, quote
from database_migration.engines.mysql.row_sql.values import received
from database_migration.model.column_type import Form, Kind
from database_migration.model.table_selection import FormedColumn

_PLACE = "\0"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
# Compared as text, large numbers would be compared as doubles.
_NUMERIC = frozenset({Form.INTEGER, Form.DECIMAL, Form.DOUBLE, Form.BOOLEAN, Form.TEXT})
_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT, Kind.DOUBLE})
_TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT})


def literal(session: MySQLSession, formed: FormedColumn, value: str | None) -> str:
    """SQL of a value for a column."""
    return literals(session, formed)(value)


def literals(session: MySQLSession, formed: FormedColumn) -> Callable[[str | None], str]:
    """What writes the SQL of any value for a column; made once for many of them."""
    as_number = formed.form in _NUMERIC and formed.column.type.kind in _NUMBERS
    # A value may stand in its expression more than once.
    parts = received(formed, _PLACE).split(_PLACE)
    quoted, is_number = session.literal, _NUMBER.fullmatch

    def write(value: str | None) -> str:
        if value is None:
            return "NULL"
        if as_number and is_number(value):
            return value
        return quoted(value).join(parts)

    return write


def equals(session: MySQLSession, values: Iterable[tuple[FormedColumn, str | None]]) -> str:
    """A condition that holds for rows with exactly these values; NULL equals NULL."""
    return " AND ".join(_equal(session, formed, value) for formed, value in values)


def equals_as_a_key(session: MySQLSession, values: Iterable[tuple[FormedColumn, str | None]]) -> str:
    """The same for rows that unique and foreign keys take for equal: by the columns' own collations."""
    return " AND ".join(
        f"{quote(formed.name)} IS NULL"
        if value is None
        else f"{quote(formed.name)} = {literal(session, formed, value)}"
        for formed, value in values
    )


def _equal(session: MySQLSession, formed: FormedColumn, value: str | None) -> str:
    name = quote(formed.name)
    if value is None:
        return f"{name} IS NULL"
    plain = f"{name} = {literal(session, formed, value)}"
    if formed.column.type.kind not in _TEXTS:
        return plain
    # The plain comparison finds the row by its index, the second one tells 'a' from 'A' and from 'a '.
    text = session.literal(value)
    return f"{plain} AND CONVERT(CONVERT({name} USING utf8mb4) USING binary) = CONVERT({text} USING binary)"


def any_of(session: MySQLSession, keys: Sequence[FormedColumn], wanted: Sequence[Sequence[str | None]]) -> str:
    """A condition that holds for the rows whose key columns have one of these values exactly."""
    if len(keys) == 1 and keys[0].column.type.kind not in _TEXTS:
        write = literals(session, keys[0])
        return f"{quote(keys[0].name)} IN ({', '.join(write(row[0]) for row in wanted)})"
    return "(" + " OR ".join(f"({equals(session, zip(keys, row, strict=True))})" for row in wanted) + ")"


__all__ = ["any_of", "equals", "equals_as_a_key", "literal", "literals"]
