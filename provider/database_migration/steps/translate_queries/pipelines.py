"""Which passes a statement goes through, in order, for each pair of dialects."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from database_migration.steps.translate_queries import writes_to_mysql
from database_migration.steps.translate_queries.grouping import complete_groups
from database_migration.steps.translate_queries.renaming import rename
from database_migration.steps.translate_queries.results import (
    expand_stars,
    keep_output_names,
    note_folded_groups,
    order_for_mysql,
    order_results,
    round_divisions,
)
from database_migration.steps.translate_queries.rewriting import Rewriting, apply_rules
from database_migration.steps.translate_queries.rules import mysql_to_postgres, postgres_to_mysql
from database_migration.steps.translate_queries.rules.mysql_to_postgres.substring_searches import (
    search_under_a_collation,
)
from database_migration.steps.translate_queries.rules.postgres_to_mysql.shape import shape_postgres
from database_migration.steps.translate_queries.shape import shape_mysql
from database_migration.steps.translate_queries.typing_values import INEXACT_RESULT
from database_migration.steps.translate_queries.writes_to_postgres import REPLACES, rewrite_writes, shape_writes


def has_rules(source_dialect: str, target_dialect: str) -> bool:
    """Whether meaning is looked after between two dialects, rather than spelling alone."""
    return source_dialect == target_dialect or (source_dialect, target_dialect) == ("mysql", "postgres")


def run(tree: Any, r: Rewriting, *, replaces: bool, always_qualify: bool) -> Any:
    """The tree in the target's dialect and with the target's names."""
    pair = (r.direction.source_dialect, r.direction.target_dialect)
    if pair == ("mysql", "postgres"):
        tree = _mysql_to_postgres(tree, r, replaces=replaces)
    elif pair == ("postgres", "mysql"):
        tree = _postgres_to_mysql(tree, r)
    else:
        tree = _same_dialect(tree, r)
    rename(tree, r, always_qualify=always_qualify)
    return tree


def _mysql_to_postgres(tree: Any, r: Rewriting, *, replaces: bool) -> Any:
    if isinstance(tree, exp.Insert):
        tree.meta[REPLACES] = replaces
        alias = tree.expression.args.get("alias") if isinstance(tree.expression, exp.Values) else None
        tree.meta["row_alias"] = alias.name if alias is not None else ""
    tree = shape_writes(shape_mysql(tree, r), r)
    r.names.forget()
    expand_stars(tree, r)
    r.names.forget()
    r.annotate(tree)
    complete_groups(tree, r)
    keep_output_names(tree)
    tree = apply_rules(tree, mysql_to_postgres.RULES, r)
    search_under_a_collation(tree, r)
    note_folded_groups(tree, r)
    round_divisions(tree, r)
    order_results(tree, r)
    return rewrite_writes(tree, r)


def _postgres_to_mysql(tree: Any, r: Rewriting) -> Any:
    tree = shape_postgres(tree, r)
    expand_stars(tree, r)
    r.names.forget()
    r.annotate(tree)
    keep_output_names(tree)
    tree = apply_rules(tree, postgres_to_mysql.RULES, r)
    order_for_mysql(tree, r)
    return writes_to_mysql.rewrite_writes(tree, r)


def _same_dialect(tree: Any, r: Rewriting) -> Any:
    expand_stars(tree, r)
    r.names.forget()
    r.annotate(tree)
    keep_output_names(tree)
    return tree


def inexact_columns(tree: Any, r: Rewriting) -> frozenset[int]:
    """Places in the result whose division the two sides carry to different numbers of digits."""
    select = tree
    while isinstance(select, exp.SetOperation | exp.Subquery):
        select = select.this
    if not isinstance(select, exp.Select):
        return frozenset()
    return frozenset(
        place
        for place, item in enumerate(select.expressions)
        if any(node.meta.get(INEXACT_RESULT) for node in item.walk()) and r.direction.source_dialect == "postgres"
    )


__all__ = ["has_rules", "inexact_columns", "run"]
