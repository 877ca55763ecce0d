"""PostgreSQL's INSERT, UPDATE and DELETE forms in MySQL's."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from database_migration.steps.translate_queries.rewriting import Rewriting
from database_migration.steps.translate_queries.rules.build import call
from database_migration.steps.translate_queries.translation import Weight


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
    conflict = insert.args.get("conflict")
    if conflict is None:
        return insert
    if conflict.args.get("where") is not None:
        r.manual("conflict_where", "ON CONFLICT … WHERE.", mend="Decide with IF() inside ON DUPLICATE KEY UPDATE.")
    action = conflict.args.get("action")
    if not conflict.expressions or (action is not None and "NOTHING" in action.name.upper()):
        insert.set("conflict", None)
        insert.set("ignore", True)
        r.note(
            Weight.CAUTION,
            "insert_ignore",
            "INSERT IGNORE also truncates values and skips orphans; ON CONFLICT DO NOTHING skips duplicates only.",
        )
        return insert
    for assignment in conflict.expressions:
        for column in list(assignment.expression.find_all(exp.Column)):
            if column.table.lower() == "excluded":
                value = call("VALUES", exp.Column(this=exp.to_identifier(column.name)))
                if column is assignment.expression:
                    assignment.set("expression", value)
                else:
                    column.replace(value)
        assignment.this.set("table", None)
    r.note(
        Weight.CAUTION,
        "any_key",
        "ON DUPLICATE KEY minds every unique key of the table, ON CONFLICT the named one only.",
    )
    insert.set(
        "conflict",
        exp.OnConflict(duplicate=True, expressions=conflict.expressions, action=exp.var("UPDATE")),
    )
    return insert


def _update(update: Any, r: Rewriting) -> Any:
    """PostgreSQL's assignments all see the old row, MySQL's later ones the new values."""
    assigned: set[str] = set()
    for assignment in update.expressions:
        if any(column.name in assigned for column in assignment.expression.find_all(exp.Column)):
            r.manual(
                "assignment_order",
                "An assignment reads a column that an earlier one sets: MySQL would read the new value.",
                mend="Put the assignments in another order, or keep the old value in a variable.",
            )
        assigned.add(assignment.this.name)
    from_ = update.args.get("from_")
    if from_ is not None:
        joined = [from_.this, *(join.this for join in from_.this.args.get("joins") or ())]
        conditions = [join.args.get("on") for join in from_.this.args.get("joins") or ()]
        from_.this.set("joins", None)
        update.set("from_", None)
        update.this.set("joins", [exp.Join(this=item, kind="CROSS") for item in joined])
        for condition in conditions:
            _add_condition(update, condition)
        written = update.this.alias
        if not written:
            table = r.names.find_table(update.this)
            written = r.direction.selection.target_name(table.name if table is not None else update.this.name)
        for assignment in update.expressions:
            assignment.this.set("table", exp.to_identifier(written))
            assignment.this.meta["qualifier"] = written
    return update


def _delete(delete: Any, r: Rewriting) -> Any:
    using = delete.args.get("using")
    if not using:
        return delete
    doomed = delete.this
    delete.set("tables", [exp.Table(this=exp.to_identifier(doomed.alias_or_name))])
    doomed.set("joins", [exp.Join(this=item, kind="CROSS") for item in using])
    delete.set("using", None)
    return delete


def _add_condition(statement: Any, condition: Any) -> None:
    if condition is None:
        return
    where = statement.args.get("where")
    if where is not None:
        condition = exp.And(this=exp.Paren(this=condition), expression=exp.Paren(this=where.this))
    statement.set("where", exp.Where(this=condition))


__all__ = ["rewrite_writes"]
