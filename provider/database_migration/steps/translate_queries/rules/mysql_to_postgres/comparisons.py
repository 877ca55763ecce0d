"""Comparisons between values of different kinds, which MySQL converts and PostgreSQL refuses."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.steps.translate_queries.calls import function_name
from database_migration.steps.translate_queries.rewriting import Handler, Rewriting
from database_migration.steps.translate_queries.rules.build import (
    call,
    cast,
    held,
    integer_of,
    is_number_text,
    string_of,
    text,
)
from database_migration.steps.translate_queries.rules.mysql_to_postgres.coercions import (
    as_number,
    as_text,
    check_moment_text,
    has_time_of_day,
)
from database_migration.steps.translate_queries.rules.mysql_to_postgres.letters import differs_by_case, note_case
from database_migration.steps.translate_queries.translation import Weight
from database_migration.steps.translate_queries.typing_values import BYTES, MOMENTS, NUMBERS, TEXTS

_TEMPORAL = MOMENTS | {Kind.TIME, Kind.INTERVAL}


def comparable(left: Any, right: Any, r: Rewriting) -> tuple[Any, Any]:
    """The two operands as PostgreSQL compares them the way MySQL did."""
    one, other = r.kind(left), r.kind(right)
    if one is None or other is None:
        if Kind.BOOLEAN in (one, other):
            return _with_boolean(left, right, r)
        return left, right
    if Kind.BOOLEAN in (one, other):
        return _with_boolean(left, right, r)
    kinds = {one, other}
    if Kind.BIT in kinds:
        return as_number(left, r), as_number(right, r)
    if one in NUMBERS and other in NUMBERS:
        return left, right
    if one in TEXTS and other in TEXTS:
        return _texts(left, right, r)
    if kinds & BYTES and kinds & TEXTS:
        return _octets(left, r), _octets(right, r)
    if kinds & NUMBERS and kinds & TEXTS:
        swapped = one in TEXTS
        number_side, text_side = (right, left) if swapped else (left, right)
        number_side, text_side = _number_with_text(number_side, text_side, r)
        return (text_side, number_side) if swapped else (number_side, text_side)
    if kinds & _TEMPORAL and kinds & NUMBERS:
        return _moment_with_number(left, right, r)
    if one in _TEMPORAL and string_of(right) is not None:
        return left, _moment_text(right, one, r)
    if other in _TEMPORAL and string_of(left) is not None:
        return _moment_text(left, other, r), right
    return left, right


def _octets(node: Any, r: Rewriting) -> Any:
    """A text beside octets is compared by its own octets."""
    if r.kind(node) in BYTES:
        return node
    return r.made(call("CONVERT_TO", as_text(node, r), text("UTF8")), node, Kind.BLOB)


def _with_boolean(left: Any, right: Any, r: Rewriting) -> tuple[Any, Any]:
    if r.kind(left) is Kind.BOOLEAN and r.kind(right) is Kind.BOOLEAN:
        return held(left), held(right)
    for boolean, constant, swapped in ((left, right, False), (right, left, True)):
        digits = string_of(constant)
        value = int(digits) if digits in {"0", "1"} else integer_of(constant)
        if r.kind(boolean) is Kind.BOOLEAN and value in {0, 1}:
            truth = r.made(exp.Boolean(this=value == 1), constant)
            return (truth, held(boolean)) if swapped else (held(boolean), truth)
    return as_number(left, r), as_number(right, r)


def _number_with_text(number_side: Any, text_side: Any, r: Rewriting) -> tuple[Any, Any]:
    constant = string_of(text_side)
    if constant is not None:
        return number_side, as_number(text_side, r)
    if function_name(text_side) == "JSONB_EXTRACT_PATH_TEXT":
        return number_side, r.made(cast(text_side, "DECIMAL"), text_side, Kind.DECIMAL)
    r.note(
        Weight.RISK,
        "number_with_text",
        "A text column is compared with a number: MySQL compares the numbers ('01' is 1), the translation the text.",
        mend="Quote the number in the application, or give the column a number type.",
        subject=r.subject(text_side),
    )
    if isinstance(number_side, exp.Literal):
        return r.made(text(number_side.name), number_side, Kind.TEXT), text_side
    return as_text(number_side, r), as_text(text_side, r)


def _texts(left: Any, right: Any, r: Rewriting) -> tuple[Any, Any]:
    """A native enum is compared with another text by casting it; a constant adapts by itself."""
    if differs_by_case((left, right), r):
        if r.direction.fold_case:
            return _folded(left, r), _folded(right, r)
        note_case((left, right), r)
    if string_of(left) is not None or string_of(right) is not None:
        return left, right
    return as_text(left, r), as_text(right, r)


def _folded(node: Any, r: Rewriting) -> Any:
    constant = string_of(node)
    lowered = text(constant.lower()) if constant is not None else call("LOWER", as_text(node, r))
    return r.made(lowered, node, Kind.TEXT)


def _moment_with_number(left: Any, right: Any, r: Rewriting) -> tuple[Any, Any]:
    for moment, constant, swapped in ((left, right, False), (right, left, True)):
        value = integer_of(constant)
        if value is None:
            continue
        if len(str(value)) == 8:
            day = f"{value:08d}"
            made = r.made(text(f"{day[:4]}-{day[4:6]}-{day[6:]}"), constant, Kind.TEXT)
            return (made, moment) if swapped else (moment, made)
        break
    r.manual(
        "moment_with_number",
        "A date or time is compared with a number.",
        mend="Write the date as a text constant; for the zero date say IS NULL.",
    )
    return left, right


def _moment_text(constant: Any, kind: Kind | None, r: Rewriting) -> Any:
    value = constant.name
    if kind in MOMENTS:
        check_moment_text(value, r)
    if kind is Kind.DATE and has_time_of_day(value):
        return r.made(cast(constant, "TIMESTAMP"), constant, Kind.DATETIME)
    return constant


def _compare(node: Any, r: Rewriting) -> Any:
    if isinstance(node.parent, exp.Update | exp.OnConflict) and node.arg_key == "expressions":
        return node  # an assignment
    left, right = comparable(node.this, node.expression, r)
    node.set("this", _grouped(left))
    node.set("expression", _grouped(right))
    return node


def _grouped(node: Any) -> Any:
    """PostgreSQL's comparisons do not associate: ``a = b = c`` needs parentheses."""
    return held(node) if isinstance(node, exp.Predicate | exp.Connector | exp.Not) else node


def _null_safe(node: Any, r: Rewriting) -> Any:
    left, right = comparable(node.this, node.expression, r)
    negated = isinstance(node, exp.NullSafeNEQ)
    return (
        r.made(exp.NullSafeNEQ(this=held(left), expression=held(right)), node)
        if negated
        else r.made(exp.NullSafeEQ(this=held(left), expression=held(right)), node)
    )


def _in(node: Any, r: Rewriting) -> Any:
    query = node.args.get("query")
    if query is not None:
        inner = query.this
        if isinstance(inner, exp.Select) and len(inner.expressions) == 1:
            left, _ = comparable(node.this, inner.expressions[0].unalias().copy(), r)
            node.set("this", left)
        return node
    if not node.expressions:
        return node
    operand = node.this
    if isinstance(operand, exp.Tuple):
        note_case((*operand.expressions,), r)
        return node
    if r.kind(operand) in NUMBERS and any(_is_word(item) for item in node.expressions):
        r.manual("text_as_number", "A number is looked for among texts.", mend="List numbers.")
    pairs = [comparable(operand.copy(), item, r) for item in node.expressions]
    node.set("this", pairs[0][0])
    node.set("expressions", [item for _, item in pairs])
    return node


def _is_word(item: Any) -> bool:
    constant = string_of(item)
    return constant is not None and not is_number_text(constant)


def _between(node: Any, r: Rewriting) -> Any:
    operand, low = comparable(node.this.copy(), node.args["low"], r)
    _, high = comparable(node.this.copy(), node.args["high"], r)
    node.set("this", operand)
    node.set("low", low)
    node.set("high", high)
    return node


HANDLERS: dict[Any, Handler] = {
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE), _compare),
    exp.NullSafeEQ: _null_safe,
    exp.NullSafeNEQ: _null_safe,
    exp.In: _in,
    exp.Between: _between,
}

__all__ = ["HANDLERS", "comparable"]
