"""What kind of value an expression has, in either dialect: the ground that coercions stand on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.steps.translate_queries.calls import function_name
from database_migration.steps.translate_queries.function_kinds import infer_function
from database_migration.steps.translate_queries.typing_values import (
    DIVISION_DIGITS,
    INEXACT,
    INTEGER,
    MOMENTS,
    TEXT,
    TEXTS,
    UNKNOWN,
    Of,
    Typing,
    branches,
)


def infer(node: Any, dialect: str, of: Of) -> Typing:
    """The typing of an expression that is not a column, from the typings of its parts."""
    if isinstance(node, exp.Anonymous):
        return infer_function(function_name(node), node, dialect, of)
    rule = _NODES.get(type(node))
    if rule is not None:
        return rule(node, dialect, of)
    if isinstance(node, exp.Predicate | exp.Connector | exp.Not | exp.Xor | exp.Exists):
        return _truth(node, dialect, of)
    if isinstance(node, exp.GroupConcat):
        return TEXT
    return UNKNOWN


def _truth(node: Any, dialect: str, of: Of) -> Typing:
    never_null = isinstance(node, exp.Is | exp.Exists | exp.NullSafeEQ | exp.NullSafeNEQ)
    nullable = not never_null and any(of(child).nullable for child in _operands(node))
    return Typing(Kind.BOOLEAN, None, nullable) if dialect == "postgres" else Typing(Kind.INTEGER, 0, nullable)


def _operands(node: Any) -> list[Any]:
    return [value for value in node.args.values() if isinstance(value, exp.Expression)]


def _literal(node: Any, dialect: str, of: Of) -> Typing:
    if node.is_string:
        return Typing(Kind.TEXT, None, nullable=False)
    text = node.name.lower()
    if "e" in text:
        return Typing(Kind.DOUBLE, None, nullable=False)
    scale = len(text.partition(".")[2])
    return Typing(Kind.DECIMAL if "." in text else Kind.INTEGER, scale, nullable=False)


def _arithmetic(node: Any, dialect: str, of: Of) -> Typing:
    left, right = of(node.left), of(node.right)
    nullable = left.nullable or right.nullable
    for moment, other in ((left, node.right), (right, node.left)):
        if isinstance(other, exp.Interval):
            kind = moment.kind
            if kind is Kind.DATE and (dialect == "postgres" or _has_time_unit(other)):
                kind = Kind.DATETIME
            return Typing(kind, None, fraction=moment.fraction)
    if Kind.DATE in {left.kind, right.kind} and dialect == "postgres" and isinstance(node, exp.Add | exp.Sub):
        both = left.kind is right.kind
        return INTEGER if both else replace(Typing(Kind.DATE), nullable=nullable)
    if {left.kind, right.kind} & MOMENTS and dialect == "postgres":
        return Typing(Kind.INTERVAL)
    if left.kind in INEXACT or right.kind in INEXACT or {left.kind, right.kind} & TEXTS:
        return Typing(Kind.DOUBLE, None, nullable)
    if left.scale is None or right.scale is None:
        return Typing(Kind.DECIMAL if Kind.DECIMAL in {left.kind, right.kind} else None, None, nullable)
    scale = left.scale + right.scale if isinstance(node, exp.Mul) else max(left.scale, right.scale)
    whole = {left.kind, right.kind} <= {Kind.INTEGER, Kind.BOOLEAN, Kind.YEAR}
    return Typing(Kind.INTEGER if whole else Kind.DECIMAL, scale, nullable)


def _has_time_unit(interval: Any) -> bool:
    unit = interval.args.get("unit")
    return unit is not None and unit.name.upper().rstrip("S") in {"HOUR", "MINUTE", "SECOND", "MICROSECOND"}


def _division(node: Any, dialect: str, of: Of) -> Typing:
    left, right = of(node.left), of(node.right)
    if left.kind in INEXACT or right.kind in INEXACT:
        return Typing(Kind.DOUBLE)
    if dialect == "postgres":
        whole = left.kind is Kind.INTEGER and right.kind is Kind.INTEGER
        return INTEGER if whole else Typing(Kind.DECIMAL, None)
    return Typing(Kind.DECIMAL, None if left.scale is None else left.scale + DIVISION_DIGITS)


def _cast(node: Any, dialect: str, of: Of) -> Typing:
    to = node.to
    nullable = of(node.this).nullable
    kind = _CAST_KINDS.get(to.this)
    scale = 0 if kind is Kind.INTEGER else None
    if kind is Kind.DECIMAL:
        given = [parameter.name for parameter in to.expressions]
        scale = int(given[1]) if len(given) > 1 else 0 if given or dialect == "mysql" else None
    return Typing(kind, scale, nullable)


def _case(node: Any, dialect: str, of: Of) -> Typing:
    values = [of(branch.args["true"]) for branch in node.args["ifs"]]
    default = node.args.get("default")
    typing = branches([*values, *([of(default)] if default is not None else [])])
    nullable = default is None or any(value.nullable for value in [*values, of(default)])
    return replace(typing, nullable=nullable)


def _if(node: Any, dialect: str, of: Of) -> Typing:
    values = [of(value) for value in (node.args.get("true"), node.args.get("false")) if value is not None]
    return replace(branches(values), nullable=len(values) < 2 or any(value.nullable for value in values))


def _subquery(node: Any, dialect: str, of: Of) -> Typing:
    query = node.this
    while isinstance(query, exp.SetOperation | exp.Subquery):
        query = query.this
    if isinstance(query, exp.Select) and len(query.expressions) == 1:
        return replace(of(query.expressions[0]), nullable=True, column=None, partner=None)
    return UNKNOWN


def _this(node: Any, dialect: str, of: Of) -> Typing:
    return UNKNOWN if node.this is None else of(node.this)  # DISTINCT keeps its columns elsewhere


def _fixed(typing: Typing) -> Callable[[Any, str, Of], Typing]:
    def rule(node: Any, dialect: str, of: Of) -> Typing:
        children = [of(child) for child in _operands(node)]
        return replace(typing, nullable=any(child.nullable for child in children))

    return rule


def _boolean(node: Any, dialect: str, of: Of) -> Typing:
    return Typing(Kind.BOOLEAN if dialect == "postgres" else Kind.INTEGER, 0, nullable=False)


_T = exp.DataType.Type
_CAST_KINDS = {
    **dict.fromkeys((_T.BIGINT, _T.INT, _T.SMALLINT, _T.TINYINT, _T.UBIGINT, _T.UINT), Kind.INTEGER),
    **dict.fromkeys((_T.CHAR, _T.NCHAR, _T.VARCHAR, _T.NVARCHAR, _T.TEXT, _T.CHARACTER_SET), Kind.TEXT),
    _T.NAME: Kind.TEXT,
    _T.DECIMAL: Kind.DECIMAL,
    **dict.fromkeys((_T.FLOAT, _T.DOUBLE), Kind.DOUBLE),
    _T.DATE: Kind.DATE,
    **dict.fromkeys((_T.DATETIME, _T.TIMESTAMP, _T.TIMESTAMPNTZ), Kind.DATETIME),
    _T.TIMESTAMPTZ: Kind.TIMESTAMP,
    _T.TIME: Kind.TIME,
    _T.INTERVAL: Kind.INTERVAL,
    **dict.fromkeys((_T.JSON, _T.JSONB), Kind.JSON),
    **dict.fromkeys((_T.BINARY, _T.VARBINARY, _T.BLOB), Kind.VARBINARY),
    _T.BOOLEAN: Kind.BOOLEAN,
    _T.UUID: Kind.UUID,
    _T.YEAR: Kind.YEAR,
}
_NOW = Typing(Kind.DATETIME, nullable=False)
_NODES: dict[Any, Callable[[Any, str, Of], Typing]] = {
    exp.Literal: _literal,
    exp.Boolean: _boolean,
    exp.Add: _arithmetic,
    exp.Sub: _arithmetic,
    exp.Mul: _arithmetic,
    exp.Mod: _arithmetic,
    exp.Div: _division,
    exp.IntDiv: _fixed(INTEGER),
    exp.Neg: _this,
    exp.Paren: _this,
    exp.Alias: _this,
    exp.Window: _this,
    exp.Filter: _this,
    exp.Collate: _this,
    exp.Introducer: lambda node, dialect, of: of(node.expression),
    exp.National: _fixed(TEXT),
    exp.Distinct: lambda node, dialect, of: of(node.expressions[0]) if node.expressions else UNKNOWN,
    exp.Order: _this,
    exp.Ordered: _this,
    exp.Subquery: _subquery,
    exp.Case: _case,
    exp.If: _if,
    exp.Cast: _cast,
    exp.Extract: _fixed(INTEGER),
    exp.Concat: _fixed(TEXT),
    exp.DPipe: _fixed(TEXT),
    exp.Trim: _fixed(TEXT),
    exp.Substring: _fixed(TEXT),
    exp.StrPosition: _fixed(INTEGER),
    exp.BitwiseAnd: _fixed(INTEGER),
    exp.BitwiseOr: _fixed(INTEGER),
    exp.BitwiseXor: _fixed(INTEGER),
    exp.BitwiseLeftShift: _fixed(INTEGER),
    exp.BitwiseRightShift: _fixed(INTEGER),
    exp.BitwiseNot: _fixed(INTEGER),
    exp.CurrentDate: _fixed(Typing(Kind.DATE)),
    exp.CurrentTimestamp: lambda node, dialect, of: replace(
        _NOW, kind=Kind.TIMESTAMP if dialect == "postgres" else Kind.DATETIME
    ),
    exp.Localtimestamp: _fixed(_NOW),
    exp.Localtime: lambda node, dialect, of: Typing(Kind.TIME if dialect == "postgres" else Kind.DATETIME),
    exp.CurrentTime: _fixed(Typing(Kind.TIME)),
    exp.JSONExtract: _fixed(Typing(Kind.JSON)),
    exp.JSONExtractScalar: _fixed(TEXT),
    exp.HexString: _fixed(Typing(Kind.VARBINARY)),
    exp.Interval: _fixed(Typing(Kind.INTERVAL)),
}


__all__ = ["infer"]
