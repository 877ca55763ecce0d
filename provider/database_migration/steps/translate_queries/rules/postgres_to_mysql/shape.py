"""PostgreSQL's clauses that MySQL says otherwise, or not at all; runs before anything is typed."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from database_migration.steps.translate_queries.rewriting import Rewriting
from database_migration.steps.translate_queries.translation import Weight

_ENDLESS = "18446744073709551615"  # what MySQL's manual (SELECT, LIMIT) gives for "all rows"


def shape_postgres(tree: Any, r: Rewriting) -> Any:
    """Fold unquoted names, refuse what has no counterpart, and spell LIMIT and VALUES as MySQL does."""
    for identifier in tree.find_all(exp.Identifier):
        if not identifier.args.get("quoted"):
            identifier.set("this", identifier.name.lower())
    _refuse(tree, r)
    for select in list(tree.find_all(exp.Select)):
        distinct = select.args.get("distinct")
        if distinct is not None and distinct.args.get("on") is not None:
            r.note(
                Weight.CAUTION,
                "distinct_on",
                "DISTINCT ON becomes a numbering of rows; of rows that sort alike either may come first.",
                mend="Sort by something unique.",
            )
        if select.args.get("offset") is not None and select.args.get("limit") is None:
            select.set("limit", exp.Limit(expression=exp.Literal.number(_ENDLESS)))
        _rollup(select, r)
    for shared in tree.find_all(exp.CTE):
        shared.set("materialized", None)
        if isinstance(shared.this, exp.Insert | exp.Update | exp.Delete):
            r.manual("writing_cte", "A common table expression changes rows.", mend="Run the statements one by one.")
    for text in list(tree.find_all(exp.ByteString)):
        text.replace(exp.Literal.string(text.name))
    return tree


def _refuse(tree: Any, r: Rewriting) -> None:
    for join in tree.find_all(exp.Join):
        if join.side.upper() == "FULL":
            r.manual(
                "full_join", "MySQL has no FULL JOIN.", mend="UNION a LEFT JOIN with the rows that only the right has."
            )
    if tree.args.get("returning") is not None:
        r.manual("returning", "RETURNING.", mend="Read the row after writing it, with LAST_INSERT_ID().")
    for node, code, message, mend in (
        (exp.Array, "array", "MySQL has no arrays.", "Use IN (…), a table, or JSON."),
        (exp.Bracket, "array", "MySQL has no arrays.", "Use a table, or JSON."),
        (exp.Unnest, "array", "MySQL has no UNNEST.", "Use JSON_TABLE."),
        (
            exp.AtTimeZone,
            "time_zone",
            "AT TIME ZONE.",
            "Use CONVERT_TZ(x, 'UTC', zone); MySQL's zone tables must be filled.",
        ),
        (exp.SimilarTo, "similar_to", "SIMILAR TO.", "Use REGEXP."),
        (exp.Overlaps, "overlaps", "OVERLAPS.", "Compare the two periods' ends."),
        (
            exp.ArrayContainsAll,
            "containment",
            "@> of arrays, ranges and documents.",
            "Use JSON_CONTAINS for documents.",
        ),
        (
            exp.ArrayContainedBy,
            "containment",
            "<@ of arrays, ranges and documents.",
            "Use JSON_CONTAINS for documents.",
        ),
        (exp.GroupingSets, "grouping_sets", "GROUPING SETS.", "UNION ALL one query for each set."),
        (exp.Cube, "grouping_sets", "CUBE.", "UNION ALL one query for each set."),
    ):
        for found in tree.find_all(node):
            if isinstance(found, exp.Array) and isinstance(found.parent, exp.Paren) and _listed(found.parent):
                continue
            if isinstance(found, exp.Array) and _listed(found):
                continue
            r.manual(code, message, mend)


def _listed(node: Any) -> bool:
    """``= ANY (ARRAY[…])`` is IN."""
    return isinstance(node.parent, exp.Any) and isinstance(node.parent.parent, exp.EQ)


def _rollup(select: Any, r: Rewriting) -> None:
    """``GROUP BY ROLLUP (a, b)`` as ``GROUP BY a, b WITH ROLLUP``."""
    group = select.args.get("group")
    items = [*group.expressions, *(group.args.get("rollup") or ())] if group is not None else []
    rollups = [item for item in items if isinstance(item, exp.Rollup)]
    if not rollups:
        return
    if len(items) > 1:
        r.manual("rollup", "ROLLUP of some of the grouped columns.", mend="UNION ALL one query for each level.")
        return
    group.set("expressions", list(rollups[0].expressions))
    group.set("rollup", [exp.Rollup()])


__all__ = ["shape_postgres"]
