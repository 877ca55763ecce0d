"""One spelling for the expressions of checks, generated columns and indexes.

PostgreSQL prints an expression back in its own words: ``status IN ('a', 'b')`` comes as
``((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))``. So that a
table made from the neutral schema compares equal to what the catalog reports of it, both sides spell an
expression through ``normal``: parsed, casts that the server adds by itself taken off, printed again.

Only shapes whose meaning survives that are touched: an expression with any other node comes back
as None and is kept (or dropped with a finding) as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from database_migration.engines.postgres.default_values import constant_text
from database_migration.model.column_type import ColumnType, Kind

_SAFE = (
    exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Neg,
    exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.Between,
    exp.Add, exp.Sub, exp.Mul, exp.DPipe, exp.Coalesce, exp.Lower, exp.Upper, exp.Abs, exp.Case, exp.If,
    exp.Left, exp.Right, exp.Length, exp.Round, exp.Trim, exp.Substring,
    exp.Array, exp.ArrayContainedBy, exp.StringToArray,
)  # fmt: skip
_TEXTS = (Kind.TEXT, Kind.VARCHAR, Kind.CHAR, Kind.ENUM, Kind.SET)
_NUMBERS = (Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE, Kind.FLOAT)
_NUMERIC_CASTS = (
    exp.DataType.Type.DECIMAL,
    exp.DataType.Type.DOUBLE,
    exp.DataType.Type.BIGINT,
    exp.DataType.Type.INT,
)
_TEXT_CASTS = (exp.DataType.Type.TEXT, exp.DataType.Type.VARCHAR, exp.DataType.Type.BPCHAR)
_LITERAL_CASTS = (*_NUMERIC_CASTS, *_TEXT_CASTS, exp.DataType.Type.SMALLINT)
_MOMENT_CASTS = (exp.DataType.Type.DATE, exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPTZ)
_MOMENTS = (Kind.DATE, Kind.DATETIME, Kind.TIMESTAMP)
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
Columns = Mapping[str, ColumnType]


def normal(text: str, columns: Columns) -> str | None:
    """The one spelling of an expression that PostgreSQL printed; None where its shape is not understood."""
    try:
        tree = sqlglot.parse_one(text, dialect="postgres")
    except SqlglotError:
        return None
    return spelled(tree, columns)


def spelled(tree: exp.Expression, columns: Columns) -> str | None:
    """The one spelling of a parsed expression; None where a node of it is not understood."""
    tree = _everywhere(tree, lambda node: _without_added_cast(node, columns))
    tree = _everywhere(tree, _in_list)
    tree = _everywhere(tree, lambda node: _one_moment(node, columns))
    tree = _everywhere(tree, lambda node: node.this if isinstance(node, exp.Paren) else node)
    tree = _everywhere(tree, _in_parentheses)
    for node in tree.walk():
        if not isinstance(node, _SAFE):
            return None
        if isinstance(node, exp.Column) and (node.table or node.name not in columns):
            return None
        if isinstance(node, exp.Identifier):
            node.set("quoted", True)
    return str(tree.sql(dialect="postgres", comments=False))


def columns_of(text: str) -> tuple[str, ...]:
    """The columns that an expression names, in its order; () where it cannot be read."""
    try:
        tree = sqlglot.parse_one(text, dialect="postgres")
    except SqlglotError:
        return ()
    return tuple(found.name for found in tree.find_all(exp.Column, bfs=False))


def statement_text(normal_text: str, columns: Columns) -> str:
    """A normal spelling as DDL takes it: concatenated numbers are cast, as only that is immutable."""
    tree = sqlglot.parse_one(normal_text, dialect="postgres")

    def cast(node: exp.Expression) -> exp.Expression:
        if (
            isinstance(node, exp.Column)
            and isinstance(node.parent, exp.DPipe)
            and node.name in columns
            and columns[node.name].kind not in _TEXTS
        ):
            return exp.cast(node, exp.DataType.Type.TEXT)
        return node

    return str(tree.transform(cast).sql(dialect="postgres"))


def _without_added_cast(node: exp.Expression, columns: Columns) -> exp.Expression:
    if not isinstance(node, exp.Cast):
        return node
    inner = node.this.unnest()
    target = node.to
    if isinstance(inner, exp.Null) or (isinstance(inner, exp.Array) and target.this is exp.DataType.Type.ARRAY):
        return inner
    if target.expressions and not isinstance(inner, exp.Literal):
        return node  # a cast with a length or a scale changes values
    if isinstance(inner, exp.Neg) and isinstance(inner.this, exp.Literal):
        return inner
    if isinstance(inner, exp.Literal):
        if inner.is_string and target.this in _NUMERIC_CASTS and _is_number(inner.name):
            number = inner.name.lstrip("-")
            return exp.Neg(this=exp.Literal.number(number)) if inner.name[0] == "-" else exp.Literal.number(number)
        moment = target.this in _MOMENT_CASTS and isinstance(node.parent, _COMPARISONS)
        return inner if moment or target.this in _LITERAL_CASTS else node
    kinds = {columns[column.name].kind for column in inner.find_all(exp.Column) if column.name in columns}
    if target.this in _TEXT_CASTS:
        within_text = isinstance(node.parent, exp.DPipe) and kinds <= {*_TEXTS, *_NUMBERS}
        return inner if (kinds and kinds <= set(_TEXTS)) or within_text else node
    if target.this in _NUMERIC_CASTS and kinds and kinds <= {Kind.INTEGER, Kind.DECIMAL}:
        widens = target.this is not exp.DataType.Type.INT or kinds == {Kind.INTEGER}
        return inner if widens and not isinstance(node.parent, exp.Div) else node
    return node


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdigit()


def _one_moment(node: exp.Expression, columns: Columns) -> exp.Expression:
    """A date or moment that a column is compared with, in the one spelling of constants."""
    column = node.parent.this if isinstance(node.parent, _COMPARISONS) else None
    if isinstance(node, exp.Literal) and node.is_string and isinstance(column, exp.Column) and column is not node:
        type_ = columns.get(column.name)
        if type_ is not None and type_.kind in _MOMENTS:
            text = constant_text(node.name.removesuffix("+00"), type_)
            return node if text == node.name else exp.Literal.string(text)
    return node


def _in_list(node: exp.Expression) -> exp.Expression:
    """``c = ANY (ARRAY[…])`` → ``c IN (…)``, ``c <> ALL (ARRAY[…])`` → ``NOT c IN (…)``, one element: ``=``."""
    if isinstance(node, exp.EQ) and isinstance(node.expression, exp.Any):
        members = node.expression.this.unnest()
        if isinstance(members, exp.Array):
            return exp.In(this=node.this, expressions=list(members.expressions))
    if isinstance(node, exp.NEQ) and isinstance(node.expression, exp.Anonymous):
        members = node.expression.expressions[0].unnest()
        if node.expression.name.upper() == "ALL" and isinstance(members, exp.Array):
            return exp.Not(this=exp.In(this=node.this, expressions=list(members.expressions)))
    if isinstance(node, exp.In) and len(node.expressions) == 1 and not node.args.get("query"):
        return exp.EQ(this=node.this, expression=node.expressions[0])
    if isinstance(node, exp.Not):
        inner = node.this.unnest()
        if isinstance(inner, exp.EQ) and not isinstance(inner.expression, exp.Any):
            return exp.NEQ(this=inner.this, expression=inner.expression)
    if isinstance(node, exp.Between):
        return exp.And(
            this=exp.GTE(this=node.this.copy(), expression=node.args["low"]),
            expression=exp.LTE(this=node.this.copy(), expression=node.args["high"]),
        )
    return node


def _in_parentheses(node: exp.Expression) -> exp.Expression:
    """Parentheses around every operator inside another, except where the operator is the same and associative."""
    parent = node.parent
    if not isinstance(node, exp.Binary | exp.Not | exp.In | exp.Case) or not isinstance(
        parent, exp.Binary | exp.Not | exp.Neg | exp.In
    ):
        return node
    if isinstance(node, exp.And | exp.Or | exp.DPipe) and type(node) is type(parent):
        return node
    return exp.Paren(this=node.copy())


def _everywhere(tree: exp.Expression, rewrite: Callable[[exp.Expression], exp.Expression]) -> exp.Expression:
    """A rewrite applied until nothing changes: one pass does not look into what it has just put in."""
    while True:
        rewritten = tree.transform(rewrite)
        if rewritten == tree:
            return rewritten
        tree = rewritten


__all__ = ["Columns", "columns_of", "normal", "spelled", "statement_text"]
