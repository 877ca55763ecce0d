"""GROUP BY as PostgreSQL wants it: every column that is shown is grouped, or one of the group is chosen.

MySQL lets a query show columns that the groups do not determine, and gives any row's value. Where the keys
and joins determine the column, it is added to GROUP BY, which changes no group. Where they do not, the least
value is taken and the query is a risk.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.steps.translate_queries.calls import function_name, is_aggregate
from database_migration.steps.translate_queries.names import Relation, is_star
from database_migration.steps.translate_queries.rewriting import Rewriting
from database_migration.steps.translate_queries.rules.build import call, integer_of
from database_migration.steps.translate_queries.translation import Weight

Place = tuple[str, str]
"""(relation, column), both in lower case."""


def complete_groups(tree: Any, r: Rewriting) -> None:
    """Make every grouped query of a tree fit for PostgreSQL; runs before rules, on annotated names."""
    for select in list(tree.find_all(exp.Select)):
        group = select.args.get("group")
        aggregated = any(is_aggregate(node) for node in _own_nodes(select, ("expressions", "having", "order")))
        if group is None and not aggregated:
            continue
        if group is not None and (group.args.get("rollup") or group.args.get("cube")):
            _rollup(group)
            continue
        _complete(select, group, r)


def _rollup(group: Any) -> None:
    """``GROUP BY a, b WITH ROLLUP`` as ``GROUP BY ROLLUP (a, b)``."""
    if any(not rollup.expressions for rollup in group.args.get("rollup") or ()):
        group.set("rollup", [exp.Rollup(expressions=list(group.expressions))])
        group.set("expressions", [])


def _complete(select: Any, group: Any, r: Rewriting) -> None:
    grouped = [_meant(item, select, r) for item in (group.expressions if group is not None else ())]
    known = {_text(item) for item in grouped}
    determined = _closure({place for item in grouped if (place := _place(item, r)) is not None}, select, r)
    added: list[Any] = []
    for column in list(_loose_columns(select, known, r)):
        place = _place(column, r)
        if place is None:
            continue
        if group is not None and place in determined:
            if _text(column) not in {_text(item) for item in added} and not _keyed(place, grouped, select, r):
                added.append(column.copy())
            continue
        _choose(column, r)
    if group is not None:
        for column in added:
            group.append("expressions", column)


def _loose_columns(select: Any, known: set[str], r: Rewriting) -> Iterator[Any]:
    """Columns shown, filtered or sorted by outside aggregates and outside of what is grouped."""
    aliases = {item.alias.casefold() for item in select.expressions if isinstance(item, exp.Alias)}
    for node in _own_nodes(select, ("expressions", "having", "order"), stop=known):
        if isinstance(node, exp.Column) and not is_star(node) and not _within_aggregate(node, select):
            if not node.table and node.name.casefold() in aliases and _in_clause(node, select, "order"):
                continue
            if node.find_ancestor(exp.Select) is select:
                yield node


def _own_nodes(select: Any, clauses: tuple[str, ...], stop: set[str] = frozenset()) -> Iterator[Any]:  # type: ignore[assignment]
    def walk(node: Any) -> Iterator[Any]:
        if _text(node) in stop:
            return
        yield node
        if isinstance(node, exp.Select):
            return
        for child in node.iter_expressions():
            yield from walk(child)

    for clause in clauses:
        value = select.args.get(clause)
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                yield from walk(item)


def _within_aggregate(node: Any, select: Any) -> bool:
    parent = node.parent
    while parent is not None and parent is not select:
        if is_aggregate(parent) or isinstance(parent, exp.GroupConcat):
            return True
        if function_name(parent) and isinstance(parent.parent, exp.Filter) and parent.arg_key == "this":
            return True
        parent = parent.parent
    return False


def _in_clause(node: Any, select: Any, clause: str) -> bool:
    while node is not None and node.parent is not select:
        node = node.parent
    return node is not None and node.arg_key == clause


def _meant(item: Any, select: Any, r: Rewriting) -> Any:
    """What a grouped item stands for: a place in the result, an alias, or itself."""
    place = integer_of(item)
    if place is not None and 0 < place <= len(select.expressions):
        return select.expressions[place - 1].unalias()
    if isinstance(item, exp.Column) and not item.table and r.names.meaning(item) is None:
        for projection in select.expressions:
            if isinstance(projection, exp.Alias) and projection.alias.casefold() == item.name.casefold():
                return projection.this
    return item


def _closure(start: set[Place], select: Any, r: Rewriting) -> set[Place]:
    """All that the grouped columns determine, through keys, equalities and joins."""
    determined = set(start)
    equal = list(_equalities(select, r))
    relations = r.names.relations(select)
    while True:
        before = len(determined)
        for one, other, both_ways in equal:
            if one in determined:
                determined.add(other)
            if both_ways and other in determined:
                determined.add(one)
        for relation in relations:
            if _row_is_determined(relation, determined):
                columns = relation.table.columns if relation.table is not None else ()
                determined.update((relation.alias.casefold(), column.name.casefold()) for column in columns)
        if len(determined) == before:
            return determined


def _row_is_determined(relation: Relation, determined: set[Place]) -> bool:
    key = relation.table.row_key if relation.table is not None else ()
    return bool(key) and all((relation.alias.casefold(), name.casefold()) in determined for name in key)


def _equalities(select: Any, r: Rewriting) -> Iterator[tuple[Place, Place, bool]]:
    """(determining, determined, both ways) from WHERE and joins; an outer join determines its inner side only."""
    where = select.args.get("where")
    for one, other in _equal_columns(where.this if where is not None else None, r):
        yield one, other, True
    for join in select.find_all(exp.Join):
        if join.find_ancestor(exp.Select) is not select:
            continue
        side = join.side.upper()
        inner = {relation.alias_or_name.casefold() for relation in join.this.find_all(exp.Table)}
        for one, other in _equal_columns(join.args.get("on"), r):
            if not side:
                yield one, other, True
            elif side == "LEFT":
                first, second = (one, other) if other[0] in inner else (other, one)
                yield first, second, False


def _equal_columns(condition: Any, r: Rewriting) -> Iterator[tuple[Place, Place]]:
    for part in condition.flatten() if isinstance(condition, exp.And) else [condition]:
        plain = part.unnest() if isinstance(part, exp.Paren) else part
        if isinstance(plain, exp.And):
            yield from _equal_columns(plain, r)
        elif isinstance(plain, exp.EQ):
            one, other = _place(plain.this, r), _place(plain.expression, r)
            if one is not None and other is not None:
                yield one, other


def _place(node: Any, r: Rewriting) -> Place | None:
    if not isinstance(node, exp.Column):
        return None
    meaning = r.names.meaning(node)
    return None if meaning is None else (meaning.relation.alias.casefold(), node.name.casefold())


def _keyed(place: Place, grouped: list[Any], select: Any, r: Rewriting) -> bool:
    """Whether PostgreSQL sees by itself that a column depends on a grouped primary key."""
    places = {_place(item, r) for item in grouped}
    for relation in r.names.relations(select):
        if relation.alias.casefold() == place[0] and relation.table is not None and relation.partner is not None:
            key = relation.table.primary_key
            same = len(relation.partner.primary_key) == len(key)
            return bool(key) and same and all((place[0], name.casefold()) in places for name in key)
    return False


def _choose(column: Any, r: Rewriting) -> None:
    r.note(
        Weight.RISK,
        "loose_group",
        f"{column.sql()} is not determined by GROUP BY: MySQL gives any row's value, the translation the least.",
        mend="Group by it, or say MIN() or MAX().",
        subject=r.subject(column),
    )
    name = "BOOL_AND" if r.kind(column) is Kind.BOOLEAN else "MIN"
    chosen = call(name, column.copy())
    chosen.meta.update({key: value for key, value in column.meta.items() if key == "typing"})
    if column.parent is not None and column.arg_key == "expressions" and isinstance(column.parent, exp.Select):
        chosen = exp.Alias(this=chosen, alias=exp.to_identifier(column.name))
    column.replace(chosen)


def _text(node: Any) -> str:
    return str(node.sql()).casefold()


__all__ = ["complete_groups"]
