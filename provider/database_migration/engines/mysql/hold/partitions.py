"""PostgreSQL's partitions as MySQL's, where both divide alike: ranges without gaps, lists, complete hashes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from database_migration.engines.mysql.column_types import text_literal
from database_migration.engines.mysql.connection import quote
from database_migration.engines.mysql.names import fitted
from database_migration.model.column_type import Kind
from database_migration.model.schema import Column, Partition, Table

_METHOD = re.compile(r"(?P<method>RANGE|LIST|HASH) \((?P<by>.*)\)", re.DOTALL)
_RANGE = re.compile(r"FOR VALUES FROM \((?P<lower>.*)\) TO \((?P<upper>.*)\)", re.DOTALL)
_LIST = re.compile(r"FOR VALUES IN \((?P<values>.*)\)", re.DOTALL)
_HASH = re.compile(r"FOR VALUES WITH \(modulus (?P<modulus>\d+), remainder (?P<remainder>\d+)\)")
_ORDERED = (Kind.INTEGER, Kind.DATE, Kind.DATETIME)
_LISTED = (*_ORDERED, Kind.CHAR, Kind.VARCHAR)
_OPEN = ("MINVALUE", "MAXVALUE")


class _CannotBe(Exception):
    """Why not."""


def hold_partitions(table: Table, held: Table) -> Table | str:
    """The held table with its partitions, or why it has none."""
    found = _METHOD.fullmatch(table.partitioned_by)
    if found is None or not table.partitions:
        return "its partitions are not known"
    if any(part.parent or part.divided_by for part in table.partitions):
        return "its partitions have parts of their own"
    if table.foreign_keys:
        return "InnoDB's partitioned tables have no foreign keys"
    try:
        keys = [held.column(fitted(name)) for name in _columns(found["by"])]
        match found["method"]:
            case "RANGE":
                words, parts = "RANGE COLUMNS", _ranges(table.partitions, keys)
            case "LIST":
                words, parts = "LIST COLUMNS", _lists(table.partitions, keys)
            case _:
                words, parts = "KEY", _hashes(table.partitions, keys)
    except (_CannotBe, SqlglotError) as reason:
        return str(reason) if isinstance(reason, _CannotBe) else "its bounds are not understood"
    by = f"{words} ({','.join(quote(key.name) for key in keys)})"
    return replace(held, partitioned_by=by, partitions=parts)


def _columns(by: str) -> list[str]:
    trees = sqlglot.parse_one(f"SELECT {by}", read="postgres").expressions
    if not all(isinstance(tree, exp.Column) for tree in trees):
        raise _CannotBe(f"{by} is an expression")
    return [tree.name for tree in trees]


def _ranges(parts: Sequence[Partition], keys: Sequence[Column]) -> tuple[Partition, ...]:
    _require(keys, _ORDERED, "ranges of {} are another order, or none, there")
    bounds = {}
    for part in parts:
        if part.bound != "DEFAULT":
            found = _RANGE.fullmatch(part.bound)
            if found is None:
                raise _CannotBe(f"its bound {part.bound} is not understood")
            bounds[tuple(_values(found["lower"], keys))] = (part.name, tuple(_values(found["upper"], keys)))
    uppers = {upper for _, upper in bounds.values()}
    first = [lower for lower in bounds if lower not in uppers]
    ordered: list[Partition] = []
    upper = first[0] if len(first) == 1 else ()
    while upper in bounds:
        name, upper = bounds[upper]
        if "MINVALUE" in upper:
            raise _CannotBe("MINVALUE is no bound there")
        ordered.append(Partition(fitted(name), f"VALUES LESS THAN ({','.join(upper)})"))
    if len(ordered) != len(bounds):
        raise _CannotBe("its ranges leave gaps")
    rest = next((part for part in parts if part.bound == "DEFAULT"), None)
    if rest is not None and "MAXVALUE" not in upper:
        ordered.append(Partition(fitted(rest.name), f"VALUES LESS THAN ({','.join(['MAXVALUE'] * len(keys))})"))
    return tuple(ordered)


def _lists(parts: Sequence[Partition], keys: Sequence[Column]) -> tuple[Partition, ...]:
    _require(keys, _LISTED, "lists of {} are not possible there")
    held = []
    for part in parts:
        found = _LIST.fullmatch(part.bound)
        if found is None:
            raise _CannotBe("a list has no default partition there")
        values = _values(found["values"], [keys[0]] * len(part.bound))
        held.append(Partition(fitted(part.name), f"VALUES IN ({','.join(values)})"))
    return tuple(held)


def _hashes(parts: Sequence[Partition], keys: Sequence[Column]) -> tuple[Partition, ...]:
    _require(keys, (*_LISTED, Kind.DECIMAL, Kind.UUID), "{} cannot be hashed there")
    found = [_HASH.fullmatch(part.bound) for part in parts]
    if any(one is None or int(one["modulus"]) != len(parts) for one in found):
        raise _CannotBe("its hashes have different moduli")
    return tuple(Partition(fitted(part.name)) for part in parts)


def _require(keys: Sequence[Column], kinds: Sequence[Kind], reason: str) -> None:
    for key in keys:
        if key.type.kind not in kinds:
            raise _CannotBe(reason.format(key.name))


def _values(text: str, keys: Sequence[Column]) -> list[str]:
    tree = sqlglot.parse_one(f"SELECT ROW({text})", read="postgres").expressions[0]
    return [_value(node, key) for node, key in zip(tree.expressions, keys, strict=False)]


def _value(node: exp.Expression, key: Column) -> str:
    if isinstance(node, exp.Column) and node.name.upper() in _OPEN:
        return str(node.name.upper())
    if isinstance(node, exp.Null):
        return "NULL"
    text = f"-{node.this.name}" if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) else node.name
    if not isinstance(node, exp.Literal | exp.Neg):
        raise _CannotBe(f"its bound {node.sql('postgres')} is no constant")
    if key.type.kind is Kind.INTEGER:
        return str(int(text))
    return text_literal(text.removesuffix("+00") if key.type.kind is Kind.DATETIME else text)


__all__ = ["hold_partitions"]
