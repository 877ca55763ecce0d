"""SQL expressions of checks, defaults and generated columns: read alike from both flavours, or translated.

MySQL stores ``((`a` > 0) and (`b` <> _utf8mb4'x'))`` where MariaDB stores ``` `a` > 0 and `b` <> 'x' ```; both
come out of ``tidy`` as one text, so that two catalogs can be compared.
"""

from __future__ import annotations

import logging

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

# What is safe to carry over: anything else is left out with a finding, because parsing proves nothing.
_CARRIED = (
    *(exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Boolean, exp.Paren, exp.Tuple, exp.DPipe),
    *(
        exp.And,
        exp.Or,
        exp.Not,
        exp.EQ,
        exp.NEQ,
        exp.GT,
        exp.GTE,
        exp.LT,
        exp.LTE,
        exp.Is,
        exp.In,
        exp.Between,
        exp.Like,
    ),
    *(exp.Add, exp.Sub, exp.Mul, exp.Neg, exp.Abs, exp.Lower, exp.Upper, exp.Concat, exp.Coalesce, exp.Trim),
)
_TEXT_TYPES = (exp.DataType.Type.TEXT, exp.DataType.Type.VARCHAR, exp.DataType.Type.CHAR, exp.DataType.Type.BPCHAR)


def tidy(text: str) -> str:
    """The expression in one spelling; an expression that the parser does not know comes back as it is."""
    try:
        tree = sqlglot.parse_one(text, read="mysql")
    except SqlglotError:
        return text
    return _sql(tree.transform(_without_introducer))


def translate(text: str, dialect: str) -> str | None:
    """The expression of another dialect in MySQL's; None where no faithful one is known.

    ``/`` and ``%`` are not carried over: they divide integers differently.
    """
    if dialect == "mysql":
        return text
    try:
        tree = sqlglot.parse_one(text, read=dialect).transform(_without_any).transform(_without_cast)
    except SqlglotError:
        return None
    if not all(isinstance(node, _CARRIED) for node in tree.walk()):
        return None
    return _sql(tree)


def tables_of(query: str) -> tuple[str, ...]:
    """Names of the tables that a query reads, in MySQL's dialect; () where the parser does not know it."""
    try:
        tree = sqlglot.parse_one(query, read="mysql")
    except SqlglotError:
        logging.getLogger(__name__).info("A view's query cannot be parsed; it is listed without what it reads.")
        return ()
    withs = {cte.alias for cte in tree.find_all(exp.CTE)}
    return tuple(sorted({table.name for table in tree.find_all(exp.Table)} - withs))


def _sql(tree: exp.Expression) -> str:
    return str(_bare(tree.transform(_negated_outside)).sql("mysql", identify=True))


def _negated_outside(node: exp.Expression) -> exp.Expression:
    """``x IS NOT y`` in the one way in which MySQL's parser has it, NOT (x IS y)."""
    if isinstance(node, exp.Is) and node.args.get("negate"):
        return exp.Not(this=exp.Is(this=node.this, expression=node.expression))
    return node


def _without_introducer(node: exp.Expression) -> exp.Expression:
    return node.expression if isinstance(node, exp.Introducer) else node


def _without_any(node: exp.Expression) -> exp.Expression:
    """``x = ANY (ARRAY[…])``, PostgreSQL's spelling of IN, becomes IN."""
    if not (isinstance(node, exp.EQ) and isinstance(node.expression, exp.Any)):
        return node
    array = node.expression.this
    while isinstance(array, exp.Paren | exp.Cast):
        array = array.this
    return exp.In(this=node.this, expressions=array.expressions) if isinstance(array, exp.Array) else node


def _without_cast(node: exp.Expression) -> exp.Expression:
    """Casts of PostgreSQL's deparser that change nothing: to text, and of literals."""
    while isinstance(node, exp.Cast):
        inner = node.this.unnest() if isinstance(node.this, exp.Paren) else node.this
        if not (isinstance(inner, exp.Literal | exp.Cast) or node.to.this in _TEXT_TYPES):
            break
        node = inner
    return node


def _bare(tree: exp.Expression) -> exp.Expression:
    """Without parentheses around the whole, and around the comparisons that AND and OR join."""
    tree = tree.unnest()
    for paren in list(tree.find_all(exp.Paren)):
        if isinstance(paren.this, exp.Paren | exp.Column | exp.Literal | exp.Func) or (
            isinstance(paren.parent, exp.And | exp.Or)
            and isinstance(paren.this, exp.Predicate | exp.In | exp.Between | exp.Not)
            and not isinstance(paren.this, exp.And | exp.Or)
        ):
            paren.replace(paren.this)
    return tree


__all__ = ["tables_of", "tidy", "translate"]
