"""Whether two SQL expressions of one engine are the same but for what servers add when they store them.

Servers keep expressions in their own spelling: parentheses, quotes, casts of constants and the letter case
of keywords come and go. Expressions are parsed and compared without these; those that cannot be parsed
are compared as text without blanks.
"""

from __future__ import annotations

import re

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError


def same_expression(one: str | None, other: str | None, *, dialect: str) -> bool:
    """Whether two expressions mean the same to a server that respelled one of them."""
    if one is None or other is None or one == other:
        return one == other
    return _core(one, dialect) == _core(other, dialect)


def _core(text: str, dialect: str) -> object:
    try:
        return _shape(sqlglot.parse_one(text, read=dialect))
    except SqlglotError:
        return re.sub(r"\s+", "", text).strip("()").lower()


def _shape(node: object) -> object:
    """A tree as nested tuples, without parentheses, letter case of names, and casts to text or of constants."""
    if isinstance(node, list):
        return tuple(_shape(item) for item in node)
    if not isinstance(node, exp.Expr):
        return node or None
    if isinstance(node, exp.Paren) or (isinstance(node, exp.Cast) and _adds_nothing(node)):
        return _shape(node.this)
    if isinstance(node, exp.Identifier):
        return node.name.lower()
    if isinstance(node, exp.Between):  # PostgreSQL keeps it as two comparisons
        low = exp.GTE(this=node.this.copy(), expression=node.args["low"].copy())
        high = exp.LTE(this=node.this.copy(), expression=node.args["high"].copy())
        return _shape(exp.And(this=low, expression=high))
    if isinstance(node, exp.EQ) and isinstance(node.expression, exp.Any):
        values = _unwrapped(node.expression.this)
        if isinstance(values, exp.Array):  # PostgreSQL keeps IN as = ANY (ARRAY[…])
            return _shape(exp.In(this=node.this, expressions=values.expressions))
    arguments = tuple((name, _shape(value)) for name, value in sorted(node.args.items()))
    return (type(node).__name__, tuple(pair for pair in arguments if pair[1] not in (None, ())))


def _adds_nothing(cast: exp.Cast) -> bool:
    return cast.to.this in exp.DataType.TEXT_TYPES or isinstance(_unwrapped(cast.this), exp.Literal | exp.Array)


def _unwrapped(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren | exp.Cast):
        node = node.this
    return node


__all__ = ["same_expression"]
