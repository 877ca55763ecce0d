"""Short words for the nodes that rules build."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

_OPEN = (exp.Binary, exp.Connector, exp.Not, exp.Neg, exp.Between, exp.In, exp.BitwiseNot, exp.Interval)


def call(name: str, *arguments: Any) -> Any:
    """``NAME(a, b)``."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def cast(node: Any, type_: str, dialect: str = "postgres") -> Any:
    """``CAST(node AS type)``."""
    return exp.Cast(this=node, to=exp.DataType.build(type_, dialect=dialect))


def text(value: str) -> Any:
    """A string constant."""
    return exp.Literal.string(value)


def number(value: int | str) -> Any:
    """A number constant."""
    return exp.Literal.number(value)


def held(node: Any) -> Any:
    """The node in parentheses where an operator beside it could tear it apart."""
    return exp.Paren(this=node) if isinstance(node, _OPEN) else node


def case(branches: list[tuple[Any, Any]], default: Any = None) -> Any:
    """``CASE WHEN … THEN … ELSE … END``."""
    return exp.Case(ifs=[exp.If(this=when, true=then) for when, then in branches], default=default)


def is_null(node: Any) -> Any:
    """``node IS NULL``."""
    return exp.Is(this=held(node), expression=exp.Null())


def is_not_null(node: Any) -> Any:
    """``NOT node IS NULL``, which generators print as IS NOT NULL."""
    return exp.Not(this=is_null(node))


def string_of(node: Any) -> str | None:
    """The text of a string constant, None for anything else."""
    return node.name if isinstance(node, exp.Literal) and node.is_string else None


def integer_of(node: Any) -> int | None:
    """The value of an integer constant, also a negative one; None for anything else."""
    if isinstance(node, exp.Neg):
        value = integer_of(node.this)
        return None if value is None else -value
    if isinstance(node, exp.Paren):
        return integer_of(node.this)
    plain = isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit()
    return int(node.name) if plain else None


def is_number_text(value: str) -> bool:
    """Whether a string constant is nothing but a plain decimal number."""
    unsigned = value.strip().removeprefix("-").removeprefix("+")
    return unsigned.replace(".", "", 1).isdigit() and unsigned.isascii()


__all__ = [
    "call",
    "case",
    "cast",
    "held",
    "integer_of",
    "is_not_null",
    "is_null",
    "is_number_text",
    "number",
    "string_of",
    "text",
]
