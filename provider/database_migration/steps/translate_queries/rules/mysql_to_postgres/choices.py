"""CASE, IF, COALESCE and NULLIF: MySQL mixes kinds in their branches, PostgreSQL does not."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.steps.translate_queries.rewriting import Handler, Rewriting
from database_migration.steps.translate_queries.rules.build import (
    call,
    case,
    integer_of,
    is_null,
    string_of,
)
from database_migration.steps.translate_queries.rules.mysql_to_postgres.coercions import as_number, as_text, as_truth
from database_migration.steps.translate_queries.rules.mysql_to_postgres.comparisons import comparable
from database_migration.steps.translate_queries.typing_values import MOMENTS, NUMBERS, TEXTS


def agreeing(values: list[Any], r: Rewriting, *, shown: bool = False) -> list[Any]:
    """The values in one kind, as MySQL makes them: texts if one is a text, else numbers.

    ``shown``: they are a query's result, where a date beside a text has to come out as a text.
    """
    kinds = {r.kind(value) for value in values if not isinstance(value, exp.Null)}
    if len(kinds) <= 1 or None in kinds:
        return values
    if kinds <= NUMBERS:
        return values
    constants = [integer_of(value) for value in values]
    if Kind.BOOLEAN in kinds and all(
        r.kind(value) is Kind.BOOLEAN or isinstance(value, exp.Null) or constant in {0, 1}
        for value, constant in zip(values, constants, strict=True)
    ):
        return [
            value if constant is None else r.made(exp.Boolean(this=constant == 1), value, Kind.BOOLEAN)
            for value, constant in zip(values, constants, strict=True)
        ]
    if kinds & TEXTS:
        if not shown and kinds <= MOMENTS | TEXTS and _texts_are_dates(values, r):
            return values
        return [as_text(value, r) for value in values]
    if kinds <= NUMBERS | {Kind.BOOLEAN, Kind.BIT}:
        return [as_number(value, r) for value in values]
    return values


def _is_shown(node: Any) -> bool:
    return isinstance(node.parent, exp.Select | exp.Alias) and node.arg_key in {"expressions", "this"}


def _texts_are_dates(values: list[Any], r: Rewriting) -> bool:
    texts = [string_of(value) for value in values if r.kind(value) in TEXTS]
    return all(value is not None and value[:4].isdigit() and value[4:5] == "-" for value in texts)


def _if(node: Any, r: Rewriting) -> Any:
    """IF(a, b, c), or a branch of a CASE."""
    in_case = isinstance(node.parent, exp.Case) and node.arg_key == "ifs"
    if not in_case or node.parent.this is None:
        node.set("this", as_truth(node.this, r))
    if in_case:
        return node
    values = agreeing([node.args["true"], node.args.get("false") or exp.Null()], r, shown=_is_shown(node))
    return r.made(case([(node.this, values[0])], values[1]), node)


def _case(node: Any, r: Rewriting) -> Any:
    branches = node.args["ifs"]
    default = node.args.get("default")
    chosen = [branch.args["true"] for branch in branches] + ([default] if default is not None else [])
    values = agreeing(chosen, r, shown=_is_shown(node))
    for branch, value in zip(branches, values, strict=False):
        branch.set("true", value)
    if default is not None:
        node.set("default", values[-1])
    if node.this is not None:
        pairs = [comparable(node.this.copy(), branch.this, r) for branch in branches]
        node.set("this", pairs[0][0])
        for branch, (_, word) in zip(branches, pairs, strict=True):
            branch.set("this", word)
    return node


def _coalesce(node: Any, r: Rewriting) -> Any:
    return r.made(call("COALESCE", *agreeing(node.expressions, r, shown=_is_shown(node))), node)


def _nullif(node: Any, r: Rewriting) -> Any:
    one, other = comparable(node.expressions[0], node.expressions[1], r)
    return r.made(call("NULLIF", one, other), node)


def _isnull(node: Any, r: Rewriting) -> Any:
    return r.made(exp.Paren(this=is_null(node.expressions[0])), node, Kind.BOOLEAN)


HANDLERS: dict[Any, Handler] = {exp.Case: _case, exp.If: _if}
FUNCTIONS: dict[str, Handler] = {
    **dict.fromkeys(("COALESCE", "IFNULL", "NVL"), _coalesce),
    "NULLIF": _nullif,
    "ISNULL": _isnull,
}


__all__ = ["FUNCTIONS", "HANDLERS", "agreeing"]
