"""Which table, column or subquery a name in a statement means: scopes, as SQL has them.

MySQL's column names and aliases have no case; PostgreSQL folds what is not quoted. Both are found here
without regard to case where that is unambiguous.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from database_migration.model.schema import Column, Schema, Table
from database_migration.model.table_selection import TableSelection

QUERIES = (exp.Select, exp.Update, exp.Delete, exp.Insert)


@dataclass(frozen=True, slots=True)
class Relation:
    """Something in a FROM clause."""

    alias: str
    node: Any
    table: Table | None = None
    """The source's base table; None for subqueries, views, and what is not known."""
    partner: Table | None = None
    """The target's table that receives it."""
    query: Any = None
    """The subquery or the common table expression's query."""
    column_names: tuple[str, ...] = ()
    """Names given in the alias: ``q (a, b)``."""
    outer: bool = False
    """Whether an outer join may fill it with NULLs."""


@dataclass(frozen=True, slots=True)
class Output:
    """One column that a query gives."""

    name: str
    expression: Any = None
    relation: Relation | None = None
    column: Column | None = None


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a column reference stands for."""

    relation: Relation
    column: Column | None
    """The base column, where the relation is a base table."""
    output: Output | None = None
    """The subquery's output, where it is a subquery."""


class Names:
    """Looks names up in one statement; after the tree has changed, ``forget`` first."""

    def __init__(self, source: Schema, target: Schema, selection: TableSelection) -> None:
        self.source = source
        self.target = target
        self.selection = selection
        self._relations: dict[int, tuple[Any, tuple[Relation, ...]]] = {}

    def meaning(self, column: Any) -> Meaning | None:
        """What a column node refers to, looking outwards; None for aliases and what is not known."""
        qualifier = column.table
        for query in _enclosing(column):
            for relation in self.relations(query):
                if qualifier and relation.alias.casefold() != qualifier.casefold():
                    continue
                found = self._column_of(relation, column.name)
                if found is not None:
                    return found
                if qualifier:
                    return Meaning(relation, None)
        return None

    def relations(self, query: Any) -> tuple[Relation, ...]:
        """What stands in a query's FROM clause, or is written by a statement."""
        known = self._relations.get(id(query))
        if known is None:
            known = (query, tuple(self._find_relations(query)))
            self._relations[id(query)] = known
        return known[1]

    def forget(self) -> None:
        """Look anew: the tree has changed."""
        self._relations.clear()

    def outputs(self, query: Any) -> list[Output] | None:
        """The columns of a query's result in order; None where a star covers something unknown."""
        while isinstance(query, exp.SetOperation | exp.Subquery):
            query = query.this
        if not isinstance(query, exp.Select):
            return None
        outputs: list[Output] = []
        for projection in query.expressions:
            if not is_star(projection):
                outputs.append(Output(projection.alias_or_name, projection.unalias()))
                continue
            qualifier = projection.table if isinstance(projection, exp.Column) else ""
            for relation in self.relations(query):
                if qualifier and relation.alias.casefold() != qualifier.casefold():
                    continue
                columns = self.columns_of(relation)
                if columns is None:
                    return None
                outputs.extend(columns)
        return outputs

    def columns_of(self, relation: Relation) -> list[Output] | None:
        """The columns of a relation in order; None where they are not known."""
        if relation.table is not None:
            return [
                Output(column.name, None, relation, column) for column in relation.table.columns if not column.invisible
            ]
        if relation.query is None:
            return None
        outputs = self.outputs(relation.query)
        if outputs is None or not relation.column_names:
            return outputs
        return [
            Output(name, output.expression, output.relation, output.column)
            for name, output in zip(relation.column_names, outputs, strict=False)
        ]

    def _column_of(self, relation: Relation, name: str) -> Meaning | None:
        if relation.table is not None:
            column = find_column(relation.table, name)
            return None if column is None else Meaning(relation, column)
        for output in self.columns_of(relation) or ():
            if output.name.casefold() == name.casefold():
                return Meaning(relation, None, output)
        return None

    def _find_relations(self, query: Any) -> Iterator[Relation]:
        outer_from: list[Relation] = []
        for item, outer, hides_earlier in _from_items(query):
            if hides_earlier:  # RIGHT and FULL joins fill what stands before them
                outer_from = [_as_outer(relation) for relation in outer_from]
            outer_from.append(self._relation(item, outer))
        yield from outer_from
        if isinstance(query, exp.Insert):
            alias = query.expression.args.get("alias") if query.expression is not None else None
            if alias is not None:
                table = self._relation(insert_table(query), False)
                yield Relation(alias.name, alias, table.table, table.partner)

    def _relation(self, item: Any, outer: bool) -> Relation:
        alias_columns = tuple(item.alias_column_names)
        if isinstance(item, exp.Table):
            shared = _common_table(item)
            if shared is not None:
                alias = shared.args.get("alias")
                names = tuple(column.name for column in (alias.columns if alias is not None else ()))
                return Relation(
                    item.alias_or_name, item, query=shared.this, column_names=alias_columns or names, outer=outer
                )
            table = self.find_table(item)
            partner = None
            if table is not None:
                partner = find_table(self.target, self.selection.target_name(table.name))
            return Relation(item.alias_or_name, item, table, partner, outer=outer)
        return Relation(item.alias_or_name, item, query=item.this, column_names=alias_columns, outer=outer)

    def find_table(self, node: Any) -> Table | None:
        """The source's base table that a table node names; None for views and foreign schemas."""
        if node.db and node.db.casefold() != self.source.name.casefold():
            return None
        return find_table(self.source, node.name)


def find_table(schema: Schema, name: str) -> Table | None:
    """The table of this name, exactly or else the only one that differs by case."""
    if schema.has_table(name):
        return schema.table(name)
    alike = [table for table in schema.tables if table.name.casefold() == name.casefold()]
    return alike[0] if len(alike) == 1 else None


def find_column(table: Table, name: str) -> Column | None:
    """The column of this name, exactly or else the only one that differs by case."""
    for column in table.columns:
        if column.name == name:
            return column
    alike = [column for column in table.columns if column.name.casefold() == name.casefold()]
    return alike[0] if len(alike) == 1 else None


def is_star(projection: Any) -> bool:
    """Whether a projection is ``*`` or ``t.*``."""
    return isinstance(projection, exp.Star) or (
        isinstance(projection, exp.Column) and isinstance(projection.this, exp.Star)
    )


def insert_table(insert: Any) -> Any:
    """The table node that an INSERT writes to."""
    return insert.this.this if isinstance(insert.this, exp.Schema) else insert.this


def _as_outer(relation: Relation) -> Relation:
    return Relation(
        relation.alias,
        relation.node,
        relation.table,
        relation.partner,
        relation.query,
        relation.column_names,
        outer=True,
    )


def _enclosing(node: Any) -> Iterator[Any]:
    parent = node.parent
    while parent is not None:
        if isinstance(parent, QUERIES):
            yield parent
        parent = parent.parent


def _from_items(query: Any) -> Iterator[tuple[Any, bool, bool]]:
    """(table or subquery, may be NULL-filled, fills those before it) in the order of the FROM clause."""
    starts: list[Any] = []
    if isinstance(query, exp.Insert):
        starts.append(insert_table(query))
    elif isinstance(query, exp.Update | exp.Delete):
        starts.append(query.this)
        starts.extend(query.args.get("using") or ())
    from_ = query.args.get("from_")
    if from_ is not None:
        starts.append(from_.this)
        starts.extend(from_.expressions)
    for start in starts:
        yield from _with_joins(start, False, False)
    for join in query.args.get("joins") or ():
        yield from _joined(join)
    for lateral in query.args.get("laterals") or ():
        yield lateral, False, False


def _with_joins(item: Any, outer: bool, hides: bool) -> Iterator[tuple[Any, bool, bool]]:
    in_parentheses = isinstance(item, exp.Subquery) and not item.alias
    if in_parentheses and (isinstance(item.this, exp.Subquery) or not isinstance(item.this, exp.Query)):
        yield from _with_joins(item.this, outer, hides)
    else:
        yield item, outer, hides
    for join in item.args.get("joins") or ():
        for inner, filled, fills in _joined(join):
            yield inner, filled or outer, fills


def _joined(join: Any) -> Iterator[tuple[Any, bool, bool]]:
    side = join.side.upper()
    yield from _with_joins(join.this, side in {"LEFT", "FULL"}, side in {"RIGHT", "FULL"})


def _common_table(table: Any) -> Any:
    """The common table expression that a bare table name means, if one is in sight."""
    if table.db:
        return None
    node = table.parent
    while node is not None:
        with_ = node.args.get("with_")
        for shared in with_.expressions if with_ is not None else ():
            if shared.alias.casefold() == table.name.casefold():
                return shared
        node = node.parent
    return None


__all__ = ["Meaning", "Names", "Output", "Relation", "find_column", "find_table", "insert_table", "is_star"]
