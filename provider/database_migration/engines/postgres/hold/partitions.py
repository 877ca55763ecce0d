"""MySQL's partitions as PostgreSQL's, where both divide alike.

MySQL's RANGE has upper bounds only and takes NULL for the lowest value; PostgreSQL's has both, and a NULL finds a place
in a default partition alone. Text is ordered by collations, which differ, so that ranges of text stay behind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from database_migration.engines.postgres.names import literal, quote, shortened
from database_migration.model.column_type import Kind
from database_migration.model.schema import Column, Partition, Table

_METHOD = re.compile(r"(?:LINEAR )?(?P<method>RANGE|LIST|HASH|KEY)(?: COLUMNS)? \((?P<by>.*)\)", re.DOTALL)
_FUNCTION = re.compile(r"(?P<name>year|to_days|unix_timestamp)\(`(?P<column>(?:[^`]|``)+)`\)", re.IGNORECASE)
_ORDERED = (Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.DATETIME, Kind.TIMESTAMP)
_DAYS_BEFORE_YEAR_1 = 365
_MAX = "MAXVALUE"


@dataclass(frozen=True, slots=True)
class Divided:
    """How the table is divided on PostgreSQL."""

    by: str
    parts: tuple[Partition, ...]
    note: str = ""


class _CannotBe(Exception):
    """Why not."""


def held_partitions(table: Table, columns: Sequence[Column]) -> Divided | str:
    """The division of a table whose ``columns`` are held already, or why there is none."""
    found = _METHOD.fullmatch(table.partitioned_by)
    if found is None or not table.partitions:
        return "its partitions have parts of their own" if table.partitions else "its partitions are not known"
    held = {column.name: column for column in columns}
    try:
        match found["method"]:
            case "RANGE":
                return _range(table, found["by"], held)
            case "LIST":
                return _list(table, found["by"], held)
            case _:
                return _hash(table, found["by"], held)
    except (_CannotBe, SqlglotError) as reason:
        return str(reason) if isinstance(reason, _CannotBe) else "its bounds are not understood"


def _range(table: Table, by: str, held: dict[str, Column]) -> Divided:
    function = _FUNCTION.fullmatch(by)
    names = [function["column"]] if function else _columns(by)
    keys = [_key(name, held) for name in names]
    if any(key.type.kind not in _ORDERED for key in keys):
        raise _CannotBe("ranges of text are another order there")
    lower = ", ".join(["MINVALUE"] * len(keys))
    parts = []
    for part in table.partitions:
        values = _values(part.bound)
        texts = [_moment(function["name"], value, key) if function else _text(value, key)
                 for value, key in zip(values, keys, strict=True)]  # fmt: skip
        upper = ", ".join(texts)
        parts.append(Partition(_name(table, part.name), f"FOR VALUES FROM ({lower}) TO ({upper})"))
        lower = upper
    note = ""
    if any(key.nullable for key in keys):
        parts.append(Partition(_name(table, "null"), "DEFAULT"))
        note = "Rows without a value, which were in the lowest, are in a default partition."
    return Divided(f"RANGE ({_quoted(keys)})", _sorted(parts), note)


def _list(table: Table, by: str, held: dict[str, Column]) -> Divided:
    keys = [_key(name, held) for name in _columns(by)]
    if len(keys) != 1:
        raise _CannotBe("a list is of one column there")
    parts = []
    for part in table.partitions:
        values = "DEFAULT"
        if part.bound != "DEFAULT":
            values = f"FOR VALUES IN ({', '.join(_text(value, keys[0]) for value in _values(part.bound))})"
        parts.append(Partition(_name(table, part.name), values))
    return Divided(f"LIST ({_quoted(keys)})", _sorted(parts))


def _hash(table: Table, by: str, held: dict[str, Column]) -> Divided:
    tree = sqlglot.parse_one(f"SELECT {by}", read="mysql") if by else None
    names = dict.fromkeys(column.name for column in tree.find_all(exp.Column)) if tree else table.primary_key
    keys = [_key(name, held) for name in names]
    count = len(table.partitions)
    parts = [
        Partition(_name(table, part.name), f"FOR VALUES WITH (modulus {count}, remainder {number})")
        for number, part in enumerate(table.partitions)
    ]
    return Divided(f"HASH ({_quoted(keys)})", _sorted(parts), "A row may be in another one than it was.")


def _sorted(parts: Sequence[Partition]) -> tuple[Partition, ...]:
    return tuple(sorted(parts, key=lambda part: part.name))


def _name(table: Table, part: str) -> str:
    return shortened(f"{table.name}_{part}")


def _quoted(keys: Sequence[Column]) -> str:
    return ", ".join(quote(key.name) for key in keys)


def _columns(by: str) -> list[str]:
    trees = sqlglot.parse_one(f"SELECT {by}", read="mysql").expressions
    if not all(isinstance(tree, exp.Column) for tree in trees):
        raise _CannotBe(f"{by} is an expression")
    return [tree.name for tree in trees]


def _key(name: str, held: dict[str, Column]) -> Column:
    column = held[shortened(name.replace("``", "`"))]
    if column.type.kind is Kind.BOOLEAN:
        raise _CannotBe(f"{name} becomes a boolean")
    return column


def _values(bound: str) -> list[exp.Expression]:
    inside = bound.removeprefix("VALUES LESS THAN ").removeprefix("VALUES IN ").strip()
    if inside == _MAX:
        inside = f"({inside})"
    tree = sqlglot.parse_one(f"SELECT ROW{inside}", read="mysql").expressions[0]
    return list(tree.expressions)


def _text(value: exp.Expression, key: Column) -> str:
    if isinstance(value, exp.Column) and value.name.upper() == _MAX:
        return _MAX
    if isinstance(value, exp.Null):
        return "NULL"
    if isinstance(value, exp.Introducer):
        value = value.expression
    if isinstance(value, exp.Neg) and isinstance(value.this, exp.Literal):
        return f"-{value.this.name}"
    if not isinstance(value, exp.Literal):
        raise _CannotBe(f"its bound {value.sql('mysql')} is no constant")
    if not value.is_string:
        return str(value.name)
    if key.type.kind in (Kind.DATETIME, Kind.TIMESTAMP) and len(value.name) == len("2020-01-01"):
        return literal(f"{value.name} 00:00:00" + ("+00" if key.type.kind is Kind.TIMESTAMP else ""))
    return literal(value.name)


def _moment(function: str, value: exp.Expression, key: Column) -> str:
    """The first moment of a year, day or second, by whose number MySQL divides."""
    if not (isinstance(value, exp.Literal) and not value.is_string):
        return _text(value, key)
    number = int(value.name)
    match function.lower():
        case "year":
            moment = datetime(number, 1, 1)
        case "to_days":
            moment = datetime.combine(date.fromordinal(number - _DAYS_BEFORE_YEAR_1), datetime.min.time())
        case _:
            moment = datetime.fromtimestamp(0, UTC).replace(tzinfo=None) + timedelta(seconds=number)
    if key.type.kind is Kind.DATE:
        return literal(moment.date().isoformat())
    return literal(f"{moment:%Y-%m-%d %H:%M:%S}" + ("+00" if key.type.kind is Kind.TIMESTAMP else ""))


__all__ = ["Divided", "held_partitions"]
