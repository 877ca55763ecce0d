"""Arithmetic: division that keeps its digits, and rounding as MySQL rounds."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.steps.translate_queries.rewriting import Handler, Rewriting
from database_migration.steps.translate_queries.rules.build import (
    call,
    case,
    cast,
    held,
    integer_of,
    is_not_null,
    number,
    text,
)
from database_migration.steps.translate_queries.rules.mysql_to_postgres.choices import agreeing
from database_migration.steps.translate_queries.rules.mysql_to_postgres.coercions import as_number
from database_migration.steps.translate_queries.rules.mysql_to_postgres.moments import add_interval
from database_migration.steps.translate_queries.translation import Weight
from database_migration.steps.translate_queries.typing_values import INEXACT, INEXACT_RESULT, MOMENTS


def _add(node: Any, r: Rewriting) -> Any:
    for interval, other in ((node.expression, node.this), (node.this, node.expression)):
        if isinstance(interval, exp.Interval):
            return add_interval(other, interval, r, node, minus=isinstance(node, exp.Sub))
    if isinstance(node, exp.Sub) and r.kind(node.this) in MOMENTS and r.kind(node.expression) in MOMENTS:
        r.manual(
            "moments_subtracted",
            "MySQL subtracts dates as the numbers that their digits make.",
            mend="Use DATEDIFF(a, b) or TIMESTAMPDIFF(unit, a, b).",
        )
    return _operands(node, r)


def _operands(node: Any, r: Rewriting) -> Any:
    node.set("this", _inner(as_number(node.this, r)))
    node.set("expression", _inner(as_number(node.expression, r)))
    return node


def _inner(node: Any) -> Any:
    return held(node) if isinstance(node, exp.Predicate | exp.Connector | exp.Not) else node


def _divide(node: Any, r: Rewriting) -> Any:
    left, right = as_number(node.this, r), as_number(node.expression, r)
    divided = exp.Div(this=_exact(left, right, r), expression=_not_zero(right), typed=True, safe=False)
    if r.kind(left) not in INEXACT and r.kind(right) not in INEXACT:
        divided.meta[INEXACT_RESULT] = True
        return r.made(divided, node, Kind.DECIMAL)
    return r.made(divided, node, Kind.DOUBLE)


def _exact(left: Any, right: Any, r: Rewriting) -> Any:
    """PostgreSQL divides integers to an integer: one side is made a decimal."""
    kinds = {r.kind(left), r.kind(right)}
    if kinds & (INEXACT | {Kind.DECIMAL}) and None not in kinds:
        return _factor(left)
    return cast(left.unnest() if isinstance(left, exp.Paren) else left, "DECIMAL")


def _factor(node: Any) -> Any:
    return held(node) if isinstance(node, exp.Add | exp.Sub | exp.Mod) else node


def _not_zero(divisor: Any) -> Any:
    """MySQL divides by zero to NULL."""
    constant = integer_of(divisor)
    plain = isinstance(divisor, exp.Literal) and not divisor.is_string and divisor.name.strip("0.") != ""
    if plain or constant:
        return divisor
    return call("NULLIF", divisor.unnest() if isinstance(divisor, exp.Paren) else divisor, number(0))


def _whole_division(node: Any, r: Rewriting) -> Any:
    left, right = as_number(node.this, r), as_number(node.expression, r)
    return r.made(cast(call("DIV", cast(left, "DECIMAL"), _not_zero(right)), "BIGINT"), node, Kind.INTEGER)


def _modulo(node: Any, r: Rewriting) -> Any:
    arguments = node.expressions if isinstance(node, exp.Anonymous) else (node.this, node.expression)
    left, right = (as_number(argument, r) for argument in arguments)
    if {r.kind(left), r.kind(right)} & INEXACT:
        left, right = cast(left, "DECIMAL"), cast(right, "DECIMAL")
    return r.made(call("MOD", left, _not_zero(right)), node, r.kind(left))


def _bits(node: Any, r: Rewriting) -> Any:
    """PostgreSQL gives all bit operators one rank, MySQL does not: parentheses say what is meant."""
    bitwise = (exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.BitwiseLeftShift, exp.BitwiseRightShift)
    for key in ("this", "expression"):
        side = as_number(node.args[key], r)
        node.set(key, exp.Paren(this=side) if isinstance(side, bitwise) else _inner(side))
    return node


def _negate(node: Any, r: Rewriting) -> Any:
    node.set("this", _inner(as_number(node.this, r)))
    return node


def _round(node: Any, r: Rewriting) -> Any:
    arguments = [as_number(argument, r) for argument in node.expressions]
    name = "TRUNC" if node.name.upper() == "TRUNCATE" else "ROUND"
    value = arguments[0]
    if r.kind(value) in INEXACT and len(arguments) > 1:
        value = cast(value, "DECIMAL")  # PostgreSQL rounds a double to whole numbers only
        r.note(
            Weight.CAUTION,
            "double_rounded",
            f"A floating-point number is given to {node.name}: a last digit of 5 may go the other way.",
            mend="CAST it to DECIMAL on both sides.",
        )
        return r.made(call(name, value, *arguments[1:]), node, Kind.DECIMAL)
    return r.made(call(name, value, *arguments[1:]), node, r.kind(value))


def _one_number(node: Any, r: Rewriting) -> Any:
    node.set("expressions", [as_number(argument, r) for argument in node.expressions])
    return node


def _whole(node: Any, r: Rewriting) -> Any:
    name = "CEIL" if node.name.upper().startswith("CEIL") else "FLOOR"
    value = as_number(node.expressions[0], r)
    if r.kind(value) in INEXACT:
        return r.made(call(name, value), node, Kind.DOUBLE)
    return r.made(cast(call(name, value), "BIGINT"), node, Kind.INTEGER)


def _logarithm(node: Any, r: Rewriting) -> Any:
    """LOG(x) is the natural logarithm in MySQL and the decimal one in PostgreSQL; of zero it is NULL."""
    name = node.name.upper()
    arguments = [as_number(argument, r) for argument in node.expressions]
    base = {"LOG2": number(2), "LOG10": number(10)}.get(name)
    if len(arguments) == 2:
        base = arguments.pop(0)
    value = arguments[0]
    if base is not None:
        log = call("LOG", cast(base, "DECIMAL"), cast(value, "DECIMAL"))
    else:
        log = call("LN", cast(value, "DOUBLE PRECISION"))
    if isinstance(value, exp.Literal):
        return r.made(log, node, Kind.DOUBLE)
    return r.made(case([(exp.GT(this=held(value.copy()), expression=number(0)), log)]), node, Kind.DOUBLE)


def _power(node: Any, r: Rewriting) -> Any:
    base, exponent = (as_number(argument, r) for argument in node.expressions)
    return r.made(call("POWER", cast(base, "DOUBLE PRECISION"), exponent), node, Kind.DOUBLE)


def _square_root(node: Any, r: Rewriting) -> Any:
    value = as_number(node.expressions[0], r)
    root = call("SQRT", cast(value, "DOUBLE PRECISION"))
    if isinstance(value, exp.Literal):
        return r.made(root, node, Kind.DOUBLE)
    return r.made(case([(exp.GTE(this=held(value.copy()), expression=number(0)), root)]), node, Kind.DOUBLE)


def _greatest(node: Any, r: Rewriting) -> Any:
    """MySQL's GREATEST and LEAST are NULL when one argument is, PostgreSQL's leave NULLs out."""
    node.set("expressions", agreeing(list(node.expressions), r))
    typings = [r.typing(argument) for argument in node.expressions]
    loose = [
        argument.copy()
        for argument, typing in zip(node.expressions, typings, strict=True)
        if typing.nullable and not isinstance(argument, exp.Literal)
    ]
    if not loose:
        return node
    condition = is_not_null(loose[0])
    for argument in loose[1:]:
        condition = exp.And(this=condition, expression=is_not_null(argument))
    return r.made(case([(condition, node)]), node, r.kind(node))


def _random(node: Any, r: Rewriting) -> Any:
    if node.expressions:
        r.manual("seeded_random", "RAND(seed) draws other numbers on PostgreSQL.", mend="Shuffle in the application.")
    return r.made(call("RANDOM"), node, Kind.DOUBLE)


def _format(node: Any, r: Rewriting) -> Any:
    digits = integer_of(node.expressions[1]) if len(node.expressions) > 1 else None
    if digits is None or len(node.expressions) > 2:
        r.manual(
            "format_number", "FORMAT() with a locale or a computed number of digits.", mend="Format in the application."
        )
        return node
    picture = "FM" + ",".join(["999"] * 9) + ",990" + ("." + "0" * digits if digits else "")
    value = as_number(node.expressions[0], r)
    if r.kind(value) in INEXACT:
        value = cast(value, "DECIMAL")
    return r.made(call("TO_CHAR", call("ROUND", value, number(digits)), text(picture)), node, Kind.TEXT)


HANDLERS: dict[Any, Handler] = {
    exp.Add: _add,
    exp.Sub: _add,
    exp.Mul: _operands,
    exp.Div: _divide,
    exp.IntDiv: _whole_division,
    exp.Mod: _modulo,
    exp.Neg: _negate,
    exp.BitwiseNot: _negate,
    **dict.fromkeys(
        (exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.BitwiseLeftShift, exp.BitwiseRightShift), _bits
    ),
}
FUNCTIONS: dict[str, Handler] = {
    "MOD": _modulo,
    **dict.fromkeys(("ROUND", "TRUNCATE"), _round),
    **dict.fromkeys(("FLOOR", "CEIL", "CEILING"), _whole),
    **dict.fromkeys(
        ("ABS", "SIGN", "EXP", "SIN", "COS", "TAN", "ASIN", "ACOS", "ATAN", "RADIANS", "DEGREES"), _one_number
    ),
    **dict.fromkeys(("LOG", "LOG2", "LOG10", "LN"), _logarithm),
    **dict.fromkeys(("POW", "POWER"), _power),
    "SQRT": _square_root,
    **dict.fromkeys(("GREATEST", "LEAST"), _greatest),
    "RAND": _random,
    "FORMAT": _format,
}

__all__ = ["FUNCTIONS", "HANDLERS"]
