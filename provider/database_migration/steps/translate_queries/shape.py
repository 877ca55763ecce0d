"""What has to be put right before anybody asks for types: statements in a shape that both dialects have.

Runs on the tree as the user wrote it, and leaves a tree that still means the same on MySQL.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from database_migration.steps.translate_queries.calls import is_aggregate
from database_migration.steps.translate_queries.rewriting import Rewriting
from database_migration.steps.translate_queries.translation import Weight


def shape_mysql(tree: Any, r: Rewriting) -> Any:
    """Strip hints, say joins in full, and put expressions where MySQL's clauses name aliases."""
    for select in list(tree.find_all(exp.Select)):
        _modifiers(select, r)
        _dual(select)
        _clauses(select, r)
    for join in list(tree.find_all(exp.Join)):
        _join(join)
    for table in list(tree.find_all(exp.Table)):
        table.set("hints", None)
        if table.args.get("partition") is not None:
            r.manual("partition", "A query names partitions.", mend="Say in WHERE which rows are meant.")
    for order in list(tree.find_all(exp.Order)):
        if len(order.expressions) == 1 and isinstance(order.expressions[0].this, exp.Null):
            order.pop()  # ORDER BY NULL asks for no order
    for procedure in tree.find_all(exp.Into):
        r.manual("select_into", "SELECT … INTO writes to a file or variable.", mend="Write from the application.")
        procedure.pop()
        break
    return tree


def _modifiers(select: Any, r: Rewriting) -> None:
    modifiers = {modifier.name.upper() for modifier in select.args.get("operation_modifiers") or ()}
    if "SQL_CALC_FOUND_ROWS" in modifiers:
        r.note(
            Weight.RISK,
            "found_rows",
            "SQL_CALC_FOUND_ROWS is dropped: FOUND_ROWS() has no counterpart.",
            mend="Count with a query of its own, or COUNT(*) OVER ().",
        )
    select.set("operation_modifiers", None)
    select.set("hint", None)


def _dual(select: Any) -> None:
    from_ = select.args.get("from_")
    if from_ is not None and isinstance(from_.this, exp.Table) and from_.this.name.upper() == "DUAL":
        select.set("from_", None)


def _join(join: Any) -> None:
    kind = join.kind.upper()
    if kind == "STRAIGHT_JOIN":
        join.set("kind", None)
        kind = ""
    conditioned = join.args.get("on") is not None or join.args.get("using")
    plain_comma = not kind and not join.side and not join.method and not conditioned
    if kind == "CROSS" and conditioned:  # MySQL's CROSS JOIN … ON is an INNER JOIN
        join.set("kind", "INNER")
    elif not conditioned and not join.method and (kind == "INNER" or (plain_comma and _is_word(join))):
        join.set("kind", "CROSS")


def _is_word(join: Any) -> bool:
    """Whether a join without a condition was written JOIN: sqlglot looks for pivots after the word only.

    Taken for a comma it would bind less tightly, and EXPLAIN would refuse what that breaks.
    """
    return "pivots" in join.args


def _clauses(select: Any, r: Rewriting) -> None:
    aliases = {item.alias.casefold(): item.this for item in select.expressions if isinstance(item, exp.Alias)}
    having = select.args.get("having")
    if having is not None:
        _spell_out(having, aliases, r, select, over_columns=False)
        _having_without_group(select, having)
    order = select.args.get("order")
    for ordered in order.expressions if order is not None else ():
        if not isinstance(ordered.this, exp.Column):  # a bare alias is understood
            _spell_out(ordered, aliases, r, select, over_columns=True)
    group = select.args.get("group")
    for item in group.expressions if group is not None else ():
        if not isinstance(item, exp.Column):
            _spell_out(item, aliases, r, select, over_columns=False)


def _spell_out(clause: Any, aliases: dict[str, Any], r: Rewriting, select: Any, *, over_columns: bool) -> None:
    """Put the expression where an alias stands; a column of that name wins where MySQL lets it win."""
    for column in list(clause.find_all(exp.Column)):
        meant = aliases.get(column.name.casefold())
        if meant is None or column.table or column.find_ancestor(exp.Select) is not select:
            continue
        if not over_columns and r.names.meaning(column) is not None and not _holds_aggregate(meant):
            continue
        replacement = meant.copy()
        column.replace(exp.Paren(this=replacement) if isinstance(replacement, exp.Binary) else replacement)


def _holds_aggregate(node: Any) -> bool:
    return any(is_aggregate(part) for part in node.walk())


def _having_without_group(select: Any, having: Any) -> None:
    """On MySQL a HAVING without GROUP BY or aggregates filters rows."""
    if select.args.get("group") is not None or any(is_aggregate(part) for part in select.walk()):
        return
    where = select.args.get("where")
    condition = having.this
    select.set("having", None)
    if where is not None:
        condition = exp.And(this=exp.Paren(this=where.this), expression=exp.Paren(this=condition))
    select.set("where", exp.Where(this=condition))


__all__ = ["shape_mysql"]
