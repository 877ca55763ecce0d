"""Arithmetic: whole division stays whole, exact division keeps its digits."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.steps.translate_queries.rewriting import Handler, Rewriting
from database_migration.steps.translate_queries.rules.build import call, cast, held, integer_of, number
from database_migration.steps.translate_queries.rules.postgres_to_mysql.moments import add, subtract
from database_migration.steps.translate_queries.translation import Weight
from database_migration.steps.translate_queries.typing_values import INEXACT, INEXACT_RESULT, TEXTS

_DIGITS = "DECIMAL(38, 16)"  # divided, it has 20 digits after the point; PostgreSQL gives 16 or more


def _divide(node: Any, r: Rewriting) -> Any:
    left, right = node.this, node.expression
    kinds = {r.typing(left).kind, r.typing(right).kind}
    if kinds == {Kind.INTEGER}:
        return r.made(exp.IntDiv(this=held(left), expression=held(right)), node, Kind.INTEGER)
    if kinds & INEXACT:
        return r.made(exp.Div(this=held(left), expression=held(right), typed=False, safe=True), node, Kind.DOUBLE)
    if None in kinds:
        r.note(
            Weight.RISK,
            "division",
            "A division of unknown types: of whole numbers it is whole on PostgreSQL, and never on MySQL.",
            mend="Say DIV, or CAST() one side, on both sides.",
        )
    exact = left if isinstance(left, exp.Anonymous | exp.Column) else held(left)
    divided = exp.Div(this=cast(exact, _DIGITS, "mysql"), expression=held(right), typed=False, safe=True)
    divided.meta[INEXACT_RESULT] = True
    return r.made(divided, node, Kind.DECIMAL)


def _average(node: Any, r: Rewriting) -> Any:
    argument = node.expressions[0]
    inner = argument.expressions[0] if isinstance(argument, exp.Distinct) else argument
    if r.typing(inner).kind in INEXACT:
        return node
    exact = cast(inner, _DIGITS, "mysql")
    average = call("AVG", exp.Distinct(expressions=[exact]) if isinstance(argument, exp.Distinct) else exact)
    average.meta[INEXACT_RESULT] = True
    return r.made(average, node, Kind.DECIMAL)


def _power(node: Any, r: Rewriting) -> Any:
    return r.made(call("POW", node.this, node.expression), node, Kind.DOUBLE)


def _logarithm(node: Any, r: Rewriting) -> Any:
    """LOG(x) is decimal in PostgreSQL and natural in MySQL."""
    if len(node.expressions) == 1:
        return r.made(call("LOG10", *node.expressions), node, Kind.DOUBLE)
    return node


def _truncate(node: Any, r: Rewriting) -> Any:
    digits = node.expressions[1] if len(node.expressions) > 1 else number(0)
    return r.made(call("TRUNCATE", node.expressions[0], digits), node)


def _greatest(node: Any, r: Rewriting) -> Any:
    """PostgreSQL leaves NULLs out of GREATEST and LEAST, MySQL gives NULL."""
    arguments = node.expressions
    loose = [a for a in arguments if r.typing(a).nullable and not isinstance(a, exp.Literal)]
    if not loose:
        return node
    others = [call("COALESCE", one.copy(), *(a.copy() for a in arguments if a is not one)) for one in arguments]
    return r.made(call(node.name.upper(), *others), node)


def _bitwise_xor(node: Any, r: Rewriting) -> Any:
    for key in ("this", "expression"):
        node.set(key, held(node.args[key]))
    return node


def _concatenate(node: Any, r: Rewriting) -> Any:
    parts: list[Any] = []
    for part in (node.this, node.expression):
        if isinstance(part, exp.Anonymous) and part.name == "CONCAT" and part.meta.get("joined"):
            parts.extend(part.expressions)
        else:
            parts.append(as_text(part, r))
    made = r.made(call("CONCAT", *parts), node, Kind.TEXT)
    made.meta["joined"] = True
    return made


def as_text(node: Any, r: Rewriting) -> Any:
    """The value as PostgreSQL would print it."""
    kind = r.typing(node).kind
    if kind is Kind.BOOLEAN:
        words = exp.If(this=node, true=exp.Literal.string("true"), false=exp.Literal.string("false"))
        nothing = exp.If(this=exp.Is(this=held(node.copy()), expression=exp.Null()), true=exp.Null(), false=words)
        return r.made(nothing, node, Kind.TEXT)
    if kind in INEXACT or kind in {Kind.DATETIME, Kind.TIMESTAMP, Kind.TIME, Kind.INTERVAL}:
        r.note(
            Weight.RISK,
            "printed_value",
            "A floating-point number or a time is printed as text: the two servers print it differently.",
            mend="Say the format (to_char) on both sides.",
        )
    if kind in TEXTS or isinstance(node, exp.Null):
        return node
    return r.made(cast(node, "CHAR", "mysql"), node, Kind.TEXT)


def _random(node: Any, r: Rewriting) -> Any:
    return r.made(call("RAND"), node, Kind.DOUBLE)


def _round(node: Any, r: Rewriting) -> Any:
    digits = integer_of(node.expressions[1]) if len(node.expressions) > 1 else 0
    if digits is None:
        r.note(Weight.CAUTION, "round_digits", "ROUND to a computed number of digits.")
    return node


HANDLERS: dict[Any, Handler] = {
    exp.Div: _divide,
    exp.Add: add,
    exp.Sub: subtract,
    exp.Pow: _power,
    exp.BitwiseXor: _bitwise_xor,
    exp.DPipe: _concatenate,
}
FUNCTIONS: dict[str, Handler] = {
    "AVG": _average,
    "LOG": _logarithm,
    "TRUNC": _truncate,
    "ROUND": _round,
    **dict.fromkeys(("GREATEST", "LEAST"), _greatest),
    "RANDOM": _random,
}

__all__ = ["FUNCTIONS", "HANDLERS", "as_text"]
