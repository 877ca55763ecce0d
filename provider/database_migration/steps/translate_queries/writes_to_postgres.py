"""MySQL's INSERT, UPDATE and DELETE forms in PostgreSQL's."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.model.schema import Table
from database_migration.steps.translate_queries.calls import function_name
from database_migration.steps.translate_queries.names import find_column, insert_table
from database_migration.steps.translate_queries.rewriting import Rewriting, partner_table
from database_migration.steps.translate_queries.rules.mysql_to_postgres.choices import agreeing
from database_migration.steps.translate_queries.rules.mysql_to_postgres.coercions import as_number, as_text, as_truth
from database_migration.steps.translate_queries.translation import Weight
from database_migration.steps.translate_queries.typing_values import NUMBERS, TEXTS

REPLACES = "replaces"
"""In an INSERT's meta: it was a REPLACE."""


def shape_writes(tree: Any, r: Rewriting) -> Any:
    """Left-to-right assignments, before anything is typed."""
    if isinstance(tree, exp.Update):
        _assign_left_to_right(tree)
    return tree


def _assign_left_to_right(update: Any) -> None:
    """MySQL's later assignments see the earlier ones; PostgreSQL's all see the old row."""
    assigned: dict[str, Any] = {}
    for assignment in update.expressions:
        for column in list(assignment.expression.find_all(exp.Column)):
            earlier = assigned.get(column.name.casefold())
            if earlier is not None:
                column.replace(exp.Paren(this=earlier.copy()))
        assigned[assignment.this.name.casefold()] = assignment.expression


def rewrite_writes(tree: Any, r: Rewriting) -> Any:
    """The statement's form; its expressions have been rewritten."""
    if isinstance(tree, exp.Insert):
        return _insert(tree, r)
    if isinstance(tree, exp.Update):
        return _update(tree, r)
    if isinstance(tree, exp.Delete):
        return _delete(tree, r)
    return tree


def _insert(insert: Any, r: Rewriting) -> Any:
    node = insert_table(insert)
    table = r.names.find_table(node)
    target = partner_table(r, table) if table is not None else None
    names = [column.name for column in insert.this.expressions] if isinstance(insert.this, exp.Schema) else []
    if table is not None and not names:
        names = [column.name for column in table.columns if not column.invisible]
        insert.set("this", exp.Schema(this=node, expressions=[exp.to_identifier(name) for name in names]))
    if table is not None and target is not None:
        _coerce_values(insert, table, target, names, r)
    if isinstance(insert.expression, exp.Values):
        insert.expression.set("alias", None)
    if insert.args.get("ignore"):
        insert.set("ignore", False)
        insert.set("conflict", exp.OnConflict(action=exp.var("DO NOTHING")))
        r.note(
            Weight.CAUTION,
            "insert_ignore",
            "INSERT IGNORE also truncates values and skips orphans; ON CONFLICT DO NOTHING skips duplicates only.",
        )
    elif insert.meta.get(REPLACES):
        _replace(insert, table, target, names, r)
    elif insert.args.get("conflict") is not None:
        _on_duplicate(insert, table, target, names, r)
    return insert


def _coerce_values(insert: Any, table: Table, target: Table, names: list[str], r: Rewriting) -> None:
    kinds = [_target_kind(table, target, name, r) for name in names]
    if isinstance(insert.expression, exp.Values):
        for row in insert.expression.expressions:
            row.set("expressions", [_fitting(v, k, r) for v, k in zip(row.expressions, kinds, strict=False)])
    elif isinstance(insert.expression, exp.Select):
        items = []
        for item, kind in zip(insert.expression.expressions, kinds, strict=False):
            if isinstance(item, exp.Alias):
                item.set("this", _fitting(item.this, kind, r))
                items.append(item)
            else:
                items.append(_fitting(item, kind, r))
        if len(items) == len(insert.expression.expressions):
            insert.expression.set("expressions", items)


def _target_kind(table: Table, target: Table, name: str, r: Rewriting) -> Kind | None:
    column = find_column(table, name)
    if column is None:
        return None
    partner = find_column(target, r.direction.selection.target_column(table.name, column.name))
    return None if partner is None else partner.type.kind


def _fitting(value: Any, kind: Kind | None, r: Rewriting) -> Any:
    """A value as a column of this kind takes it."""
    if kind is None or isinstance(value, exp.Null | exp.Var) or function_name(value) == "VALUES":
        return value
    if kind is Kind.BOOLEAN:
        return as_truth(value, r)
    if kind in NUMBERS:
        return as_number(value, r)
    if kind in TEXTS and r.kind(value) is not None:
        return as_text(value, r) if r.kind(value) not in NUMBERS or not isinstance(value, exp.Literal) else value
    return value


def _conflict_key(insert: Any, table: Table | None, target: Table | None, names: list[str], r: Rewriting) -> list[str]:
    """The columns of the one unique key that the inserted row can meet; [] with a note where that is not certain."""
    if table is None or target is None:
        r.manual("conflict_key", "The table of ON DUPLICATE KEY is not known.", mend="Write ON CONFLICT (key) by hand.")
        return []
    given = {r.direction.selection.target_column(table.name, name) for name in names}
    keys = [target.primary_key] if target.primary_key else []
    keys += [index.columns for index in target.indexes if index.unique and len(index.columns) == len(index.parts)]
    met = [key for key in keys if key and set(key) <= given]
    if not met:
        r.manual(
            "conflict_key",
            "The inserted columns cover no unique key, so that the duplicate cannot be named.",
            mend="Write ON CONFLICT (key) by hand.",
        )
        return []
    if len(met) > 1:
        r.note(
            Weight.RISK,
            "conflict_key",
            f"MySQL minds a duplicate in any of {len(met)} unique keys, ON CONFLICT in one: ({', '.join(met[0])}).",
            mend="Check that the other keys cannot be met, or use MERGE.",
        )
    return list(met[0])


def _on_duplicate(insert: Any, table: Table | None, target: Table | None, names: list[str], r: Rewriting) -> None:
    conflict = insert.args["conflict"]
    alias = insert.meta.get("row_alias", "")
    assignments = []
    written = target.name if target is not None else insert_table(insert).name
    for assignment in conflict.expressions:
        value = assignment.expression
        for node in list(value.walk()):
            if function_name(node) == "VALUES":
                node_name = node.expressions[0].name
                value = _swapped(value, node, _excluded(table, node_name, r))
            elif isinstance(node, exp.Column) and node.table and node.table.casefold() == alias.casefold() and alias:
                value = _swapped(value, node, _excluded(table, node.name, r))
            elif isinstance(node, exp.Column) and not node.table:
                node.set("table", exp.to_identifier(written))
                node.meta["qualifier"] = written
        left = assignment.this
        kind = _target_kind(table, target, left.name, r) if table is not None and target is not None else None
        assignments.append(exp.EQ(this=_bare(left), expression=_fitting(value, kind, r)))
    key = _conflict_key(insert, table, target, names, r)
    insert.set(
        "conflict",
        exp.OnConflict(
            conflict_keys=[exp.to_identifier(name) for name in key],
            action=exp.var("DO UPDATE"),
            expressions=assignments,
        ),
    )


def _swapped(value: Any, node: Any, replacement: Any) -> Any:
    if node is value:
        return replacement
    node.replace(replacement)
    return value


def _excluded(table: Table | None, name: str, r: Rewriting) -> Any:
    target = r.direction.selection.target_column(table.name, name) if table is not None else name
    return exp.Column(this=exp.to_identifier(target), table=exp.to_identifier("excluded"))


def _bare(column: Any) -> Any:
    plain = column.copy()
    plain.set("table", None)
    plain.meta.pop("qualifier", None)
    return plain


def _replace(insert: Any, table: Table | None, target: Table | None, names: list[str], r: Rewriting) -> None:
    key = _conflict_key(insert, table, target, names, r)
    if table is None or target is None:
        return
    given = {r.direction.selection.target_column(table.name, name) for name in names}
    assignments = [
        exp.EQ(
            this=exp.Column(this=exp.to_identifier(column.name)),
            expression=exp.Column(this=exp.to_identifier(column.name), table=exp.to_identifier("excluded"))
            if column.name in given
            else exp.var("DEFAULT"),
        )
        for column in target.columns
        if column.name not in key and column.copied and (column.name in given or not column.identity)
    ]
    insert.set(
        "conflict",
        exp.OnConflict(
            conflict_keys=[exp.to_identifier(name) for name in key],
            action=exp.var("DO UPDATE" if assignments else "DO NOTHING"),
            expressions=assignments,
        ),
    )
    r.note(
        Weight.CAUTION,
        "replace",
        "REPLACE deletes and inserts: delete triggers fire and children cascade, which an upsert does not do.",
    )


def _update(update: Any, r: Rewriting) -> Any:
    table_node = update.this
    table = r.names.find_table(table_node)
    target = partner_table(r, table) if table is not None else None
    assignments = []
    for assignment in update.expressions:
        owner = assignment.this.table
        if owner and owner.casefold() not in {table_node.alias_or_name.casefold(), table_node.name.casefold()}:
            r.manual("update_two", "UPDATE writes to a joined table.", mend="Write one UPDATE for each table.")
        kind = None
        if table is not None and target is not None:
            kind = _target_kind(table, target, assignment.this.name, r)
        values = agreeing([assignment.expression], r)
        assignments.append(exp.EQ(this=_bare(assignment.this), expression=_fitting(values[0], kind, r)))
    update.set("expressions", assignments)
    joins = table_node.args.get("joins") or []
    if joins:
        condition = _moved_joins(joins, r)
        table_node.set("joins", None)
        first, *others = (join.this for join in joins)
        update.set("from_", exp.From(this=first))
        if others:
            first.set("joins", [exp.Join(this=other, kind="CROSS") for other in others])
        _add_condition(update, condition)
    return _limited(update, table, table_node, r)


def _delete(delete: Any, r: Rewriting) -> Any:
    tables = delete.args.get("tables") or []
    using = delete.args.get("using") or []
    table_node = delete.this
    if len(tables) > 1:
        r.manual("delete_two", "DELETE from several tables.", mend="Write one DELETE for each table.")
    if using and not tables:  # DELETE FROM a USING a JOIN b
        tables, table_node = [table_node], using[0]
    if tables:
        named = tables[0].name.casefold()
        joins = table_node.args.get("joins") or []
        table_node.set("joins", None)
        condition = _moved_joins(joins, r)
        items = [table_node, *(join.this for join in joins)]
        doomed = next((item for item in items if item.alias_or_name.casefold() == named), None)
        if doomed is None:
            r.manual("delete_from", "DELETE names a table that it does not join.", mend="Write the statement anew.")
            return delete
        rest = [item for item in items if item is not doomed]
        delete.set("tables", None)
        delete.set("this", doomed)
        delete.set("using", rest or None)
        _add_condition(delete, condition)
        table_node = doomed
    elif table_node.args.get("joins"):
        r.manual("delete_from", "DELETE joins tables without naming one.", mend="Write the statement anew.")
    return _limited(delete, r.names.find_table(table_node), table_node, r)


def _moved_joins(joins: list[Any], r: Rewriting) -> Any:
    """The joins' conditions in one; outer joins cannot be said this way."""
    condition = None
    for join in joins:
        if join.side or join.args.get("using") or join.method:
            r.manual(
                "joined_write",
                "UPDATE or DELETE with an outer, natural or USING join.",
                mend="Use WHERE … IN (SELECT …) or EXISTS.",
            )
        on = join.args.get("on")
        if on is not None:
            condition = on if condition is None else exp.And(this=condition, expression=on)
    return condition


def _add_condition(statement: Any, condition: Any) -> None:
    if condition is None:
        return
    where = statement.args.get("where")
    if where is not None:
        right = exp.Paren(this=where.this) if isinstance(where.this, exp.Or) else where.this
        condition = exp.And(this=condition, expression=right)
    statement.set("where", exp.Where(this=condition))


def _limited(statement: Any, table: Table | None, table_node: Any, r: Rewriting) -> Any:
    """UPDATE or DELETE … ORDER BY … LIMIT n as a condition on the keys of the first n rows."""
    limit, order = statement.args.get("limit"), statement.args.get("order")
    if limit is None:
        statement.set("order", None)
        return statement
    if table is None or not table.row_key or statement.args.get("from_") is not None or statement.args.get("using"):
        r.manual("limited_write", "LIMIT on an UPDATE or DELETE.", mend="Choose the rows by key in a subquery.")
        return statement
    columns = [exp.Column(this=exp.to_identifier(name)) for name in table.row_key]
    for column, name in zip(columns, table.row_key, strict=True):
        column.meta["renamed"] = r.direction.selection.target_column(table.name, name)
    inner = exp.Select(
        expressions=[column.copy() for column in columns],
        from_=exp.From(this=table_node.copy()),
        where=statement.args.get("where"),
        order=order,
        limit=limit,
    )
    keys = columns[0] if len(columns) == 1 else exp.Tuple(expressions=columns)
    statement.set("limit", None)
    statement.set("order", None)
    statement.set("where", exp.Where(this=exp.In(this=keys, query=exp.Subquery(this=inner))))
    if order is None:
        r.note(Weight.RISK, "limit_without_order", "Which rows a LIMIT without ORDER BY takes is nobody's promise.")
    return statement


__all__ = ["REPLACES", "rewrite_writes", "shape_writes"]
