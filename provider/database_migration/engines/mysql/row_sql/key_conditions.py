"""WHERE conditions over half-open ranges of a table's key.

Ranges of several columns are written as disjoint conditions, which the optimizer reads as ranges of one index; it
does not for row comparisons. Texts are cut by their octets: a PAD SPACE collation (``utf8mb4_bin``) sorts a character
below the blank before the end of the text, so there the octets decide, and a somewhat wider range of the index is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from database_migration.engines.mysql.connection import quote
from database_migration.engines.mysql.row_sql.row_text import row_text
from database_migration.model.column_type import Form, Kind
from database_migration.model.key_range import ChunkKey, Cut, KeyPart, KeyParts, KeyRange
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn

_SHAPES = {
    Form.INTEGER: re.compile(r"-?\d+"),
    Form.DECIMAL: re.compile(r"-?\d+(?:\.\d+)?"),
    Form.YEAR: re.compile(r"\d+"),
    Form.DATE: re.compile(r"[\d-]+"),
    Form.DATETIME: re.compile(r"[\d :.-]+"),
    Form.TIMESTAMP: re.compile(r"[\d :.-]+"),
    Form.BINARY: re.compile(r"(?:[0-9a-f]{2})*"),
    Form.UUID: re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
}
_NUMBERS = (Form.INTEGER, Form.DECIMAL, Form.YEAR)
_BYTES = (Kind.BINARY, Kind.VARBINARY, Kind.BLOB)


def source_of(schema: str, table: Table) -> str:
    """The FROM item; what the spec maps speaks of t."""
    return f"{quote(schema, table.name)} AS t"


def key_expression(table: Table, part: KeyPart | ChunkKey) -> str:
    """SQL that orders rows as every engine orders the column's form.

    MariaDB's uuid type and case-sensitive texts sort differently, so those are compared as lower-case text.
    """
    column = table.column(part.column)
    name = quote(part.column)
    if part.form is Form.UUID and column.type.kind not in (Kind.BINARY, Kind.VARBINARY):
        ignores_case = column.type.kind in (Kind.CHAR, Kind.VARCHAR) and (column.collation or "").endswith("_ci")
        return name if ignores_case else f"LOWER(CAST({name} AS CHAR CHARACTER SET utf8mb4))"
    return name


def key_literal(table: Table, part: KeyPart | ChunkKey, bound: str) -> str:
    """A bound as SQL; ValueError for a text that is none of the key's form."""
    if part.form is Form.TEXT:
        return _text(table, part, bound)
    shape = _SHAPES.get(part.form)
    if shape is None or shape.fullmatch(bound) is None:
        raise ValueError(f"{bound!r} is no bound of a {part.form} key")
    if part.form in _NUMBERS:
        return bound
    if table.column(part.column).type.kind in _BYTES:
        return "x'" + bound.replace("-", "") + "'"
    return f"'{bound}'"


def range_condition(table: Table, rows: KeyRange | KeyParts) -> str:
    """``WHERE …`` of a range or of parts of one, of the rows that take part; empty for all rows."""
    if isinstance(rows, KeyParts):
        where = range_condition(table, rows.within)
        if not rows.wanted:
            return where
        wanted = f"{part_of(table, rows)} IN ({', '.join(map(str, rows.wanted))})"
        return f"{where} AND {wanted}" if where else f"WHERE {wanted}"
    parts = [f"({table.where})"] if table.where else []
    if rows.key is not None and not rows.is_everything:
        parts.append(_in_range(table, rows.key, rows))
    return f"WHERE {' AND '.join(parts)}" if parts else ""


def _in_range(table: Table, key: ChunkKey, rows: KeyRange) -> str:
    if key.cut is Cut.PLACE:
        raise ValueError("tables are not cut by place here")
    if key.cut is Cut.HASH:
        hashed = _hash(table, key.parts)
        parts = [] if rows.lower is None else [f"{hashed} >= {int(rows.lower)}"]
        parts += [] if rows.upper is None else [f"{hashed} < {int(rows.upper)}"]
        return " AND ".join(parts)
    lower = () if rows.lower is None else key.values(rows.lower)
    upper = () if rows.upper is None else key.values(rows.upper)
    return _between(table, key.parts, lower, upper)


def part_of(table: Table, parts: KeyParts) -> str:
    """SQL of the number of the part that a row belongs to."""
    return f"({_hash(table, parts.key)} MOD {int(parts.count)})"


def _hash(table: Table, key: Sequence[KeyPart]) -> str:
    """SQL of a row's number among hashes; by SHA-256, because MySQL 9.6 has no MD5 and SHA-1 of its own any more."""
    text = row_text([FormedColumn(table.column(part.column), part.form) for part in key])
    return f"IFNULL(CAST(CONV(LEFT(SHA2({text}, 256), 8), 16, 10) AS UNSIGNED), 0)"


def beyond_condition(table: Table, key: ChunkKey, values: tuple[str, ...]) -> str:
    """``WHERE …`` of the rows whose key's first columns lie behind these values."""
    return "WHERE " + _beyond(table, key.parts, values, last=">")


def _between(table: Table, parts: tuple[KeyPart, ...], lower: tuple[str, ...], upper: tuple[str, ...]) -> str:
    """Rows from ``lower`` up to ``upper``, each a prefix of the key's values, empty where open."""
    if not lower:
        return _beyond(table, parts, upper, last="<")
    if not upper:
        return _beyond(table, parts, lower, last=">=")
    first = parts[0]
    if lower[0] == upper[0]:
        return f"{_compare(table, first, '=', lower[0])} AND {_between(table, parts[1:], lower[1:], upper[1:])}"
    if len(lower) == len(upper) == 1:
        return f"{_compare(table, first, '>=', lower[0])} AND {_compare(table, first, '<', upper[0])}"
    ranges = []
    start = ">=" if len(lower) == 1 else ">"
    if len(lower) > 1:
        tail = _beyond(table, parts[1:], lower[1:], last=">=")
        ranges.append(f"{_compare(table, first, '=', lower[0])} AND {tail}")
    ranges.append(f"{_compare(table, first, start, lower[0])} AND {_compare(table, first, '<', upper[0])}")
    if len(upper) > 1:
        tail = _beyond(table, parts[1:], upper[1:], last="<")
        ranges.append(f"{_compare(table, first, '=', upper[0])} AND {tail}")
    return "(" + " OR ".join(f"({one})" for one in ranges) + ")"


def _beyond(table: Table, parts: tuple[KeyPart, ...], values: tuple[str, ...], *, last: str) -> str:
    """Rows on one side of a prefix of values; ``last`` compares the last of them."""
    if len(values) == 1:
        return _compare(table, parts[0], last, values[0])
    tail = _beyond(table, parts[1:], values[1:], last=last)
    strictly = _compare(table, parts[0], last[0], values[0])
    return f"({strictly} OR ({_compare(table, parts[0], '=', values[0])} AND {tail}))"


def _compare(table: Table, part: KeyPart, sign: str, value: str) -> str:
    name = key_expression(table, part)
    if part.form is not Form.TEXT or _is_by_octets(table, part):
        return f"{name} {sign} {key_literal(table, part, value)}"
    exact = f"CAST(CONVERT({name} USING utf8mb4) AS BINARY) {sign} x'{value.encode().hex()}'"
    if not is_plain_bound(table, part, value):
        return exact
    literal = key_literal(table, part, value)
    if sign == "=":
        return f"({name} = {literal} AND {exact})"
    if sign[0] == "<":
        # Such a bound holds no character below the blank, so what has smaller octets is not sorted behind it.
        return f"({name} <= {literal} AND {exact})"
    return f"({name} >= {_text(table, part, value.rstrip(' ')[:-1])} AND {exact})"


def is_plain_bound(table: Table, part: KeyPart, value: str) -> bool:
    """Whether a bound lets an index serve: see ``_compare``."""
    if part.form is not Form.TEXT or _is_by_octets(table, part):
        return True
    return _has_order(table, part) and value > " " and min(value) >= " "


def _is_by_octets(table: Table, part: KeyPart) -> bool:
    collation = table.column(part.column).collation or ""
    return collation.endswith(("_nopad_bin", "_0900_bin"))


def _text(table: Table, part: KeyPart | ChunkKey, value: str) -> str:
    """A literal in the column's own charset and collation, so that its index serves."""
    column = table.column(part.column)
    text = f"CONVERT(x'{value.encode().hex()}' USING {column.charset or 'utf8mb4'})"
    return f"{text} COLLATE {column.collation}" if column.collation else text


def is_read_by_index(table: Table, key: ChunkKey) -> bool:
    """Whether ranges of a key are ranges of its index."""
    if key.cut is not Cut.ORDER:
        return False
    return all(key_expression(table, part) == quote(part.column) and _has_order(table, part) for part in key.parts)


def _has_order(table: Table, part: KeyPart) -> bool:
    if part.form is not Form.TEXT or _is_by_octets(table, part):
        return True
    return (table.column(part.column).collation or "").endswith("_bin")


__all__ = [
    "beyond_condition",
    "is_plain_bound",
    "is_read_by_index",
    "key_expression",
    "key_literal",
    "part_of",
    "range_condition",
    "source_of",
]
