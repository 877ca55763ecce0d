"""Translates a statement or a view from one engine's dialect to the other's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from database_migration.model.schema import Schema, View
from database_migration.model.table_selection import TableSelection
from database_migration.steps.translate_queries import pipelines
from database_migration.steps.translate_queries.calls import is_volatile
from database_migration.steps.translate_queries.dialects import Unreadable, Unwritable, read_statement, write_statement
from database_migration.steps.translate_queries.names import Names, find_table, is_star
from database_migration.steps.translate_queries.rewriting import Direction, Rewriting
from database_migration.steps.translate_queries.translation import Note, Translation, Weight

_PROMISED_BY_NOBODY = frozenset({"unordered_concatenation"})
_REPLACE = re.compile(r"(?:\s|--[^\n]*\n|\#[^\n]*\n|/\*.*?\*/)*REPLACE\s+(?:INTO\s+)?", re.IGNORECASE | re.DOTALL)
_STATEMENTS = (exp.Query, exp.Insert, exp.Update, exp.Delete)


def translate(
    sql: str,
    *,
    source_dialect: str,
    target_dialect: str,
    source_schema: Schema,
    target_schema: Schema,
    selection: TableSelection | None = None,
    always_qualify: bool = False,
    fold_case: bool = False,
) -> Translation:
    """One statement in the target's dialect, with what the rules have to say about it.

    ``target_schema`` gives the types that the values will have; tables that it lacks are taken to have the
    source's. ``always_qualify`` writes the schema before every table; ``fold_case`` writes LOWER() around texts
    that only the source compares without regard to case. Nothing is run.
    """
    direction = Direction(
        source_dialect, target_dialect, source_schema, target_schema, selection or TableSelection(), fold_case
    )
    replaces = source_dialect == "mysql" and _REPLACE.match(sql)
    try:
        tree = read_statement(_insert_for(replaces, sql) if replaces else sql, source_dialect)
    except Unreadable as unreadable:
        return _unreadable(str(unreadable))
    if not isinstance(tree, _STATEMENTS):
        return _unreadable(f"{type(tree).__name__} statements are not translated: only queries and row changes are.")
    facts = _facts(tree, source_schema)
    rewriting = Rewriting(direction, Names(source_schema, target_schema, direction.selection))
    _note_inner_limits(tree, rewriting)
    try:
        tree = pipelines.run(tree, rewriting, replaces=bool(replaces), always_qualify=always_qualify)
        text = write_statement(tree, target_dialect)
    except Unwritable as unwritable:
        text = unwritable.text
        rewriting.manual("no_counterpart", str(unwritable), mend="Write the query for the target by hand.")
    except RecursionError:
        return _unreadable("It is nested too deeply.")
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        # A call with arguments that no server takes (LEFT('x')), or a form that no rule foresaw: one statement
        # of many, which must not keep the others from being judged.
        return _unreadable(f"No rule understands it ({type(error).__name__}: {error}).")
    if facts.parameters:
        rewriting.note(
            Weight.INFO, "placeholders", "Placeholders are written as the target's Python driver takes them (%s)."
        )
    notes = tuple(rewriting.notes)
    manual = any(note.weight is Weight.MANUAL for note in notes)
    return Translation(
        sql=None if manual else text,
        notes=notes,
        draft=text,
        is_query=facts.is_query,
        ordered=facts.ordered,
        sort_columns=facts.sort_columns,
        volatile=facts.volatile,
        shows_volatile=facts.shows_volatile,
        parameters=facts.parameters,
        tables=facts.tables,
        unordered_limit=facts.unordered_limit,
        inexact=pipelines.inexact_columns(tree, rewriting),
    )


def translate_view(
    view: View,
    *,
    source_dialect: str,
    target_dialect: str,
    source_schema: Schema,
    target_schema: Schema,
    selection: TableSelection | None = None,
) -> Translation | str:
    """A view's query in the target's dialect, or the reason why it cannot be had.

    A translation with a RISK is a reason too: nobody looks at a view again once it is there. But for an order
    that the source does not promise either.
    """
    if not pipelines.has_rules(source_dialect, target_dialect):
        return f"Nothing would vouch for the meaning of a view translated from {source_dialect} to {target_dialect}."
    translation = translate(
        view.definition,
        source_dialect=source_dialect,
        target_dialect=target_dialect,
        source_schema=source_schema,
        target_schema=target_schema,
        selection=selection,
        always_qualify=True,
    )
    for weight in (Weight.MANUAL, Weight.RISK):
        heavy = [note for note in translation.notes_of(weight) if note.code not in _PROMISED_BY_NOBODY]
        if heavy:
            return " ".join(note.message for note in heavy)
    return translation


@dataclass(frozen=True, slots=True)
class _Facts:
    is_query: bool
    ordered: bool
    sort_columns: tuple[int, ...] | None
    volatile: bool
    shows_volatile: bool
    parameters: bool
    tables: tuple[str, ...]
    unordered_limit: int | None


def facts_of(sql: str, source_dialect: str, source_schema: Schema, written: str) -> Translation:
    """The translation that a person wrote, with what is known about the statement that it stands for."""
    try:
        facts = _facts(read_statement(sql, source_dialect), source_schema)
    except Unreadable:
        return Translation(sql=written)
    return Translation(
        sql=written,
        is_query=facts.is_query,
        ordered=facts.ordered,
        sort_columns=facts.sort_columns,
        volatile=facts.volatile,
        shows_volatile=facts.shows_volatile,
        parameters=facts.parameters,
        tables=facts.tables,
        unordered_limit=facts.unordered_limit,
    )


def _facts(tree: Any, schema: Schema) -> _Facts:
    writes = any(tree.find_all(exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Lock, exp.Into))
    order = tree.args.get("order") if isinstance(tree, exp.Query) else None
    return _Facts(
        is_query=isinstance(tree, exp.Query) and not writes,
        ordered=order is not None,
        sort_columns=_sort_columns(tree, order) if order is not None else (),
        volatile=any(is_volatile(node) for node in tree.walk()),
        shows_volatile=_shows_volatile(tree),
        parameters=any(tree.find_all(exp.Placeholder)),
        tables=_base_tables(tree, schema),
        unordered_limit=_unordered_limit(tree) if order is None else None,
    )


def _shows_volatile(tree: Any) -> bool:
    """Whether the clock, chance or the session is in the outermost result itself and not only in a comparison."""
    items = tree.selects if isinstance(tree, exp.Query) else []
    shown = [item.unalias() for item in items if not isinstance(item.unalias(), exp.Predicate | exp.Connector)]
    return any(is_volatile(node) for item in shown for node in item.walk())


def _unordered_limit(tree: Any) -> int | None:
    limit = tree.args.get("limit") if isinstance(tree, exp.Query) else None
    if limit is None:
        return None
    value = limit.expression if isinstance(limit, exp.Limit) else limit.args.get("count")
    return int(value.name) if isinstance(value, exp.Literal) and value.name.isdigit() else 1


def _note_inner_limits(tree: Any, rewriting: Rewriting) -> None:
    for query in tree.find_all(exp.Query):
        inner = query is not tree and not isinstance(query.parent, exp.Exists)
        if inner and query.args.get("limit") is not None and query.args.get("order") is None:
            rewriting.note(
                Weight.RISK,
                "limit_without_order",
                "Which rows a LIMIT without ORDER BY takes is nobody's promise.",
                mend="Add ORDER BY something unique, on both sides.",
            )


def _base_tables(tree: Any, schema: Schema) -> tuple[str, ...]:
    """Tables of the schema that a statement names, also through views."""
    found: dict[str, None] = {}
    for node in tree.find_all(exp.Table):
        table = find_table(schema, node.name)
        if table is not None:
            found[table.name] = None
        for view in schema.views:
            if view.name.casefold() == node.name.casefold():
                found.update(dict.fromkeys(name for name in view.depends_on if schema.has_table(name)))
    return tuple(found)


def _sort_columns(tree: Any, order: Any) -> tuple[int, ...] | None:
    """Places in the result of what the outermost ORDER BY sorts by; None where one is not shown."""
    select = tree
    while isinstance(select, exp.SetOperation | exp.Subquery):
        select = select.this
    if not isinstance(select, exp.Select) or any(is_star(item) for item in select.expressions):
        return None
    places = []
    for ordered in order.expressions:
        place = _place_of(ordered.this, select.expressions)
        if place is None:
            return None
        places.append(place)
    return tuple(places)


def _place_of(value: Any, items: list[Any]) -> int | None:
    if isinstance(value, exp.Literal) and not value.is_string and value.name.isdigit():
        return int(value.name) - 1 if 0 < int(value.name) <= len(items) else None
    if isinstance(value, exp.Column) and not value.table:
        for place, item in enumerate(items):
            if item.alias_or_name.casefold() == value.name.casefold():
                return place
        return None
    wanted = value.sql().casefold()
    for place, item in enumerate(items):
        if item.unalias().sql().casefold() == wanted:
            return place
    return None


def _insert_for(found: Any, sql: str) -> str:
    return "INSERT INTO " + sql[found.end() :]


def _unreadable(reason: str) -> Translation:
    note = Note(Weight.MANUAL, "unreadable", reason, mend="Rewrite the statement for the target by hand.")
    return Translation(sql=None, notes=(note,))


__all__ = ["facts_of", "translate", "translate_view"]
