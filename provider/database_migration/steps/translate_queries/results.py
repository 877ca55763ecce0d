"""What a query gives: names that the application knows, digits as MySQL gives them, an order with its NULLs."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.steps.translate_queries.calls import function_name
from database_migration.steps.translate_queries.names import is_star
from database_migration.steps.translate_queries.rewriting import Rewriting, renamed
from database_migration.steps.translate_queries.rules.build import call, number
from database_migration.steps.translate_queries.rules.mysql_to_postgres.letters import (
    ICU,
    folds,
    note_case,
    target_folds,
)
from database_migration.steps.translate_queries.translation import Weight
from database_migration.steps.translate_queries.typing_values import INEXACT_RESULT, TEXTS

_HIDES_DIGITS = frozenset({"ROUND", "TRUNC", "FLOOR", "CEIL", "TO_CHAR", "COUNT"})


def keep_output_names(tree: Any) -> None:
    """Give renamed columns the name by which the application asks for them."""
    for select in tree.find_all(exp.Select):
        if isinstance(select.parent, exp.In | exp.Exists):
            continue
        for column in list(select.expressions):
            if not isinstance(column, exp.Column) or is_star(column):
                continue
            name, _ = renamed(column)
            if name is not None and name != column.name:
                written = column.name
                alias = exp.Alias(this=column.copy(), alias=exp.to_identifier(written))
                alias.meta.update(column.meta)
                column.replace(alias)


def expand_stars(tree: Any, r: Rewriting) -> None:
    """Name the columns of ``*`` where the target's have other names, or another order."""
    for select in list(tree.find_all(exp.Select)):
        if not any(is_star(projection) for projection in select.expressions):
            continue
        expanded: list[Any] = []
        for projection in select.expressions:
            columns = _star_columns(select, projection, r) if is_star(projection) else None
            expanded.extend([projection] if columns is None else columns)
        select.set("expressions", expanded)


def _star_columns(select: Any, star: Any, r: Rewriting) -> list[Any] | None:
    qualifier = star.table if isinstance(star, exp.Column) else ""
    named: list[Any] = []
    differs = False
    shared = any(join.args.get("using") or join.method for join in select.args.get("joins") or ())
    for relation in r.names.relations(select):
        if qualifier and relation.alias.casefold() != qualifier.casefold():
            continue
        columns = r.names.columns_of(relation)
        if columns is None:
            return None
        if relation.table is not None:
            targets = [r.direction.selection.target_column(relation.table.name, item.name) for item in columns]
            partner = relation.partner
            differs = differs or targets != [item.name for item in columns]
            differs = differs or (partner is not None and targets != [column.name for column in partner.columns])
        named.extend(
            exp.Column(this=exp.to_identifier(item.name), table=exp.to_identifier(relation.alias)) for item in columns
        )
    if differs and shared and not qualifier:  # the shared columns would come twice
        r.note(
            Weight.RISK,
            "star_names",
            "The columns of * come under the target's names, and in its order.",
            mend="Name the columns.",
        )
        return None
    return named if differs else None


def note_folded_groups(tree: Any, r: Rewriting) -> None:
    """Note where texts that differ by case only fall into one group on the source and into two on the target."""
    for group in tree.find_all(exp.Group):
        note_case((item for item in group.expressions if r.kind(item) in TEXTS), r)
    for distinct in tree.find_all(exp.Distinct):
        select = distinct.parent if isinstance(distinct.parent, exp.Select) else None
        items = distinct.expressions or (select.expressions if select is not None else ())
        note_case((item for item in items if not is_star(item) and r.kind(item) in TEXTS), r)
    for union in tree.find_all(exp.Union):
        if union.args.get("distinct") and isinstance(union.this, exp.Select):
            note_case((item for item in union.this.expressions if not is_star(item) and r.kind(item) in TEXTS), r)


def round_divisions(tree: Any, r: Rewriting) -> None:
    """Round what was divided to the digits that MySQL gives, where it leaves a query."""
    for select in tree.find_all(exp.Select):
        for projection in select.expressions:
            value = projection.unalias()
            if not _has_loose_digits(value) or r.kind(value) not in {Kind.DECIMAL, None}:
                continue
            scale = r.typing(value).scale
            if scale is None:
                r.note(
                    Weight.CAUTION,
                    "division_digits",
                    "A division keeps more digits on PostgreSQL than on MySQL.",
                    mend="ROUND() it on both sides.",
                )
                continue
            rounded = r.made(call("ROUND", value.copy(), number(scale)), value, Kind.DECIMAL)
            value.replace(rounded)


def _has_loose_digits(node: Any) -> bool:
    if isinstance(node, exp.Subquery | exp.Select | exp.Predicate):
        return False
    if node.meta.get(INEXACT_RESULT):
        return True
    if isinstance(node, exp.Anonymous) and node.name.upper() in _HIDES_DIGITS:
        return False
    if isinstance(node, exp.Cast) and not (node.to.this is exp.DataType.Type.DECIMAL and not node.to.expressions):
        return False
    return any(_has_loose_digits(child) for child in node.iter_expressions())


def order_results(tree: Any, r: Rewriting) -> None:
    """Sort NULLs and letters as MySQL does, and enums by their labels' places."""
    for ordered in list(tree.find_all(exp.Ordered)):
        _order_enum(ordered, r)
        _order_nulls(ordered, r)
    for select in list(tree.find_all(exp.Select)):
        _sort_outside(select, r)
    for query in [*tree.find_all(exp.Select, exp.SetOperation)]:
        order = query.args.get("order")
        for ordered in order.expressions if order is not None else ():
            _order_letters(ordered, query, r)
    for call_ in tree.find_all(exp.Anonymous):
        for order in call_.expressions:
            if isinstance(order, exp.Order) and not isinstance(call_.expressions[0], exp.Distinct):
                for ordered in order.expressions:
                    _order_letters(ordered, None, r)
    for window in tree.find_all(exp.Window):
        order = window.args.get("order")
        for ordered in order.expressions if order is not None else ():
            _order_letters(ordered, None, r)


def order_for_mysql(tree: Any, r: Rewriting) -> None:
    """Sort NULLs as PostgreSQL does, and say that letters may sort otherwise."""
    for ordered in list(tree.find_all(exp.Ordered)):
        value = ordered.this
        nullable = _projected(ordered, r).nullable if isinstance(value, exp.Column) else r.typing(value).nullable
        if isinstance(value, exp.Literal) or not nullable:
            ordered.set("nulls_first", not ordered.args.get("desc"))
        if any(_is_text_column(column, r) for column in value.find_all(exp.Column)):
            r.note(
                Weight.CAUTION,
                "sorted_letters",
                "Texts are sorted by the MySQL column's collation, not by PostgreSQL's.",
                mend="Compare the order of results that matters.",
            )


def _order_nulls(ordered: Any, r: Rewriting) -> None:
    """MySQL sorts NULL first; where there is none, saying so would only keep indexes from being used."""
    value = ordered.this
    nullable = _projected(ordered, r).nullable if isinstance(value, exp.Column) else r.typing(value).nullable
    if isinstance(value, exp.Literal) or not nullable:
        ordered.set("nulls_first", bool(ordered.args.get("desc")))


def _sort_outside(select: Any, r: Rewriting) -> None:
    """SELECT DISTINCT sorts by what it shows; other expressions of that are sorted by in a query around it."""
    order = select.args.get("order")
    if order is None or not select.args.get("distinct"):
        return
    names = [item.alias_or_name for item in select.expressions]
    moved = [ordered for ordered in order.expressions if function_name(ordered.this) == "ARRAY_POSITION"]
    if not moved:
        return
    if "" in names or len(set(names)) < len(names) or any(is_star(item) for item in select.expressions):
        r.manual(
            "distinct_order",
            "SELECT DISTINCT is sorted by the places of an enum's labels.",
            mend="Give every column of the result a name of its own.",
        )
        return
    for ordered in order.expressions:
        for column in list(ordered.find_all(exp.Column)):
            column.set("table", None)
    inner = select.copy()
    for clause in ("order", "limit", "offset", "with_"):
        inner.set(clause, None)
    select.set("expressions", [exp.Column(this=exp.to_identifier(name)) for name in names])
    table = exp.TableAlias(this=exp.to_identifier("distinct_rows"))
    select.set("from_", exp.From(this=exp.Subquery(this=inner, alias=table)))
    for clause in ("distinct", "joins", "where", "group", "having", "windows"):
        select.set(clause, None)


def _projected(ordered: Any, r: Rewriting) -> Any:
    """The typing of a sorted name, which may be an alias of the query."""
    column = ordered.this
    typing = r.typing(column)
    if typing.kind is not None:
        return typing
    select = ordered.find_ancestor(exp.Select)
    for item in select.expressions if select is not None else ():
        if isinstance(item, exp.Alias) and item.alias.casefold() == column.name.casefold():
            return r.typing(item.this)
    return typing


def _order_enum(ordered: Any, r: Rewriting) -> None:
    typing = r.typing(ordered.this)
    if not isinstance(ordered.this, exp.Column) or typing.kind is not Kind.ENUM or typing.column is None:
        return
    if typing.partner is not None and typing.partner.type.kind is Kind.ENUM:
        return
    labels = exp.Array(expressions=[exp.Literal.string(label) for label in typing.column.type.values])
    ordered.set("this", r.made(call("ARRAY_POSITION", labels, ordered.this), ordered.this, Kind.INTEGER))


def _order_letters(ordered: Any, query: Any, r: Rewriting) -> None:
    """Sort texts as a dictionary does; PostgreSQL's C collation puts capitals first."""
    value = ordered.this
    item = _item_named(value, query)
    text = item.unalias() if item is not None else value
    if r.kind(text) not in TEXTS or not folds(text, r) or target_folds(text, r) or text.find(exp.Collate):
        return
    if not any(_is_text_column(column, r) for column in text.find_all(exp.Column)):
        return  # digits of a formatted date, for instance, sort alike everywhere
    collation = exp.to_identifier(ICU.strip('"'), quoted=True)
    r.note(
        Weight.CAUTION,
        "sorted_letters",
        "Texts are sorted by an ICU collation: close to MySQL's order, but not the same for accents and signs.",
        mend="Compare the order of results that matters; an index for it needs the same COLLATE.",
    )
    named = item is not None or isinstance(query, exp.SetOperation)
    bound = isinstance(query, exp.SetOperation) or (isinstance(query, exp.Select) and query.args.get("distinct"))
    if named and bound:
        if item is not None:
            text.replace(exp.Collate(this=text.copy(), expression=collation))
        return
    spelled = text.copy() if item is not None and isinstance(item, exp.Alias) else value.copy()
    held = spelled if isinstance(spelled, exp.Column | exp.Anonymous) else exp.Paren(this=spelled)
    ordered.set("this", exp.Collate(this=held, expression=collation.copy()))


def _is_text_column(column: Any, r: Rewriting) -> bool:
    base = r.typing(column).column
    return base is not None and base.type.kind in TEXTS


def _item_named(value: Any, query: Any) -> Any:
    """The projection that a sorted name or place means; None where it is an expression of its own."""
    select = query
    while isinstance(select, exp.SetOperation | exp.Subquery):
        select = select.this
    if not isinstance(select, exp.Select):
        return None
    if isinstance(value, exp.Literal) and not value.is_string and value.name.isdigit():
        place = int(value.name) - 1
        return select.expressions[place] if place < len(select.expressions) else None
    if not isinstance(value, exp.Column) or value.table:
        return None
    for item in select.expressions:
        if item.alias_or_name.casefold() == value.name.casefold() and not is_star(item):
            return item
    return None


__all__ = [
    "expand_stars",
    "keep_output_names",
    "note_folded_groups",
    "order_for_mysql",
    "order_results",
    "round_divisions",
]
