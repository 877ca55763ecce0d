"""Aggregates: over conditions, over texts, and of several columns."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.steps.translate_queries.rewriting import Handler, Rewriting
from database_migration.steps.translate_queries.rules.build import call, cast, is_not_null, text
from database_migration.steps.translate_queries.rules.mysql_to_postgres.coercions import as_number, as_text
from database_migration.steps.translate_queries.rules.mysql_to_postgres.letters import ICU, folds, target_folds
from database_migration.steps.translate_queries.translation import Weight
from database_migration.steps.translate_queries.typing_values import INEXACT, INEXACT_RESULT, TEXTS


def _numbers(node: Any, r: Rewriting) -> Any:
    argument = node.expressions[0]
    if isinstance(argument, exp.Distinct):
        argument.set("expressions", [as_number(part, r) for part in argument.expressions])
    else:
        node.set("expressions", [as_number(argument, r)])
    return node


def _average(node: Any, r: Rewriting) -> Any:
    _numbers(node, r)
    if r.kind(node.expressions[0]) not in INEXACT:
        node.meta[INEXACT_RESULT] = True
    return node


def _named(name: str) -> Handler:
    def handler(node: Any, r: Rewriting) -> Any:
        value = cast(as_number(node.expressions[0], r), "DOUBLE PRECISION")
        return r.made(call(name, value), node, Kind.DOUBLE)

    return handler


def _extreme(node: Any, r: Rewriting) -> Any:
    """MIN and MAX: PostgreSQL has none of booleans, and sorts capitals first."""
    argument = node.expressions[0]
    if r.kind(argument) in {Kind.BOOLEAN, Kind.BIT}:
        node.set("expressions", [as_number(argument, r)])
    elif _sorts_otherwise(argument, r):
        held_argument = argument if isinstance(argument, exp.Column | exp.Anonymous) else exp.Paren(this=argument)
        collation = exp.to_identifier(ICU.strip('"'), quoted=True)
        node.set("expressions", [r.made(exp.Collate(this=held_argument, expression=collation), argument)])
    return node


def _sorts_otherwise(value: Any, r: Rewriting) -> bool:
    """Whether a text column's letters come in another order under PostgreSQL's C collation."""
    bases = [r.typing(column).column for column in value.find_all(exp.Column)]
    texts = any(base is not None and base.type.kind in TEXTS for base in bases)
    return texts and r.kind(value) in TEXTS and folds(value, r) and not target_folds(value, r)


def _count(node: Any, r: Rewriting) -> Any:
    """COUNT(DISTINCT a, b) leaves out rows with a NULL in either."""
    argument = node.expressions[0]
    if not isinstance(argument, exp.Distinct) or len(argument.expressions) < 2:
        return node
    known = is_not_null(argument.expressions[0].copy())
    for part in argument.expressions[1:]:
        known = exp.And(this=known, expression=is_not_null(part.copy()))
    row = exp.Tuple(expressions=list(argument.expressions))
    counted = call("COUNT", exp.Distinct(expressions=[row]))
    return r.made(exp.Filter(this=counted, expression=exp.Where(this=known)), node, Kind.INTEGER)


def _group_concat(node: Any, r: Rewriting) -> Any:
    inner, order = node.this, None
    if isinstance(inner, exp.Order):
        order, inner = inner, inner.this
    distinct = isinstance(inner, exp.Distinct)
    value = inner.expressions[0] if distinct else inner
    shown = as_text(value, r)
    separator = node.args.get("separator") or text(",")
    if order is None:
        r.note(
            Weight.RISK,
            "unordered_concatenation",
            "GROUP_CONCAT without ORDER BY joins the values in an order that nobody promises.",
            mend="Add ORDER BY inside it, on both sides.",
        )
    orderings = list(order.expressions) if order is not None else []
    if distinct and orderings:
        shown, orderings = _distinct_order(shown, value, orderings, r)
    last = exp.Order(this=separator, expressions=orderings) if orderings else separator
    argument = exp.Distinct(expressions=[shown]) if distinct else shown
    return r.made(call("STRING_AGG", argument, last), node, Kind.TEXT)


def _distinct_order(shown: Any, value: Any, orderings: list[Any], r: Rewriting) -> tuple[Any, list[Any]]:
    """With DISTINCT, PostgreSQL sorts by the very expression that is joined, or not at all."""
    if len(orderings) > 1 or _bare(orderings[0].this) != _bare(value):
        r.manual(
            "distinct_order",
            "GROUP_CONCAT(DISTINCT a ORDER BY b): PostgreSQL sorts distinct values by themselves only.",
            mend="Make the values distinct in a subquery first.",
        )
        return shown, orderings
    if r.typing(value).kind is Kind.ENUM:
        r.note(
            Weight.RISK,
            "enum_order",
            "Distinct labels of an enum are joined in the order of their letters, on MySQL in that of their places.",
            mend="Make the values distinct in a subquery first.",
        )
    if folds(value, r) and not target_folds(value, r):
        shown = exp.Collate(this=shown, expression=exp.to_identifier(ICU.strip('"'), quoted=True))
    orderings[0].set("this", shown.copy())
    return shown, orderings


def _bare(node: Any) -> str:
    return str((node.this if isinstance(node, exp.Collate) else node).sql()).casefold()


def _any_value(node: Any, r: Rewriting) -> Any:
    """PostgreSQL has ANY_VALUE from 16 on; the least value is one of any."""
    r.note(
        Weight.RISK,
        "any_value",
        "ANY_VALUE gives whichever value comes first; the translation gives the least.",
        mend="Say which value is wanted: MIN() or MAX().",
    )
    argument = node.expressions[0]
    if r.kind(argument) in {Kind.BOOLEAN, Kind.BIT}:
        argument = as_number(argument, r)
    return r.made(call("MIN", argument), node, r.kind(argument))


HANDLERS: dict[Any, Handler] = {exp.GroupConcat: _group_concat}
FUNCTIONS: dict[str, Handler] = {
    "SUM": _numbers,
    "AVG": _average,
    **dict.fromkeys(("MIN", "MAX"), _extreme),
    "COUNT": _count,
    "ANY_VALUE": _any_value,
    **dict.fromkeys(("STD", "STDDEV", "STDDEV_POP"), _named("STDDEV_POP")),
    "STDDEV_SAMP": _named("STDDEV_SAMP"),
    **dict.fromkeys(("VARIANCE", "VAR_POP"), _named("VAR_POP")),
    "VAR_SAMP": _named("VAR_SAMP"),
}

__all__ = ["FUNCTIONS", "HANDLERS"]
