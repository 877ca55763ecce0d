"""Another engine's check, default and generated expressions in PostgreSQL's dialect, or not at all.

A translation that parses may still mean something else, so only operators and functions that mean
the same on both sides are let through; everything else is for a person to decide.
"""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from database_migration.engines.postgres.expressions import Columns, spelled
from database_migration.model.column_type import Kind

_TEXTS = (Kind.TEXT, Kind.VARCHAR, Kind.CHAR, Kind.ENUM, Kind.SET)


def translated_expression(text: str, dialect: str, columns: Columns) -> str | None:
    """The expression in PostgreSQL's one spelling; None when its meaning is not certain.

    ``columns`` are the types as PostgreSQL holds them.
    """
    try:
        tree = sqlglot.parse_one(text, dialect=dialect)
    except SqlglotError:
        return None
    tree = tree.transform(_portable)
    for node in tree.walk():
        if _means_something_else(node, columns):
            return None
    return spelled(tree, columns)


def compares_text(text: str) -> bool:
    """Whether an expression compares with a text, which the other engine may do regardless of case."""
    tree = sqlglot.parse_one(text, dialect="postgres")
    comparisons = tree.find_all(exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.In)
    return any(
        literal.is_string
        for node in comparisons
        for literal in (*node.expressions, node.args.get("expression"))
        if isinstance(literal, exp.Literal)
    )


def _portable(node: exp.Expression) -> exp.Expression:
    if isinstance(node, exp.Introducer):  # _utf8mb4'abc'
        return node.expression
    if isinstance(node, exp.Concat):
        joined = node.expressions[0].transform(_portable)
        for part in node.expressions[1:]:
            joined = exp.DPipe(this=joined, expression=part.transform(_portable), safe=True)
        return joined
    if isinstance(node, exp.If) and not isinstance(node.parent, exp.Case):
        return exp.Case(
            ifs=[exp.If(this=node.this.transform(_portable), true=node.args["true"].transform(_portable))],
            default=(node.args.get("false") or exp.Null()).transform(_portable),
        )
    return node


def _means_something_else(node: exp.Expression, columns: Columns) -> bool:
    if isinstance(node, exp.Column):
        return node.name not in columns or columns[node.name].kind is Kind.BOOLEAN
    if isinstance(node, exp.Length):
        return bool(node.args.get("binary"))  # octets there, characters here
    if isinstance(node, exp.DPipe):
        return any(
            columns[part.name].kind not in (*_TEXTS, Kind.INTEGER, Kind.DECIMAL)
            for part in (node.this, node.expression)
            if isinstance(part, exp.Column) and part.name in columns
        )
    if isinstance(node, exp.Left | exp.Right | exp.Substring):  # negative numbers and 0 count differently
        numbers = [part for part in (node.expression, node.args.get("start"), node.args.get("length")) if part]
        return any(not isinstance(part, exp.Literal) or part.name == "0" for part in numbers)
    if isinstance(node, exp.Round) and any(
        columns[part.name].kind is Kind.DOUBLE for part in node.find_all(exp.Column) if part.name in columns
    ):
        return True
    if isinstance(node, exp.And | exp.Or | exp.Not):  # numbers are no truth values here
        return any(isinstance(part.unnest(), exp.Column | exp.Literal) for part in node.args.values() if part)
    if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Neg | exp.Round | exp.Abs):
        operands = [part for part in (node.this, node.args.get("expression")) if isinstance(part, exp.Column)]
        return any(
            columns[part.name].kind not in (Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE)
            for part in operands
            if part.name in columns
        )
    return False


__all__ = ["compares_text", "translated_expression"]
