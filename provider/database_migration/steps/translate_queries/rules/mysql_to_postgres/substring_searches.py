"""Searches in columns with a nondeterministic collation, which PostgreSQL refuses to make (manual, 24.2.2.4).

MySQL's REPLACE(), SUBSTRING_INDEX() and regular expressions tell letters apart as written or fold them by themselves,
so the same is had under a deterministic collation.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from database_migration.steps.translate_queries.calls import function_name
from database_migration.steps.translate_queries.rewriting import Rewriting
from database_migration.steps.translate_queries.rules.mysql_to_postgres.letters import ICU, is_nondeterministic

_SEARCHING = frozenset({"REPLACE", "STRPOS", "SPLIT_PART", "STRING_TO_ARRAY", "REGEXP_REPLACE"})


def search_under_a_collation(tree: Any, r: Rewriting) -> None:
    """Write COLLATE after columns of a nondeterministic collation inside of functions that search."""
    for column in list(tree.find_all(exp.Column)):
        partner = r.typing(column).partner
        if partner is None or not is_nondeterministic(partner):
            continue
        node = column.parent
        while node is not None and not isinstance(node, exp.Query | exp.Collate):
            if function_name(node) in _SEARCHING:
                collation = exp.to_identifier(ICU.strip('"'), quoted=True)
                column.replace(exp.Collate(this=column.copy(), expression=collation))
                break
            node = node.parent


__all__ = ["search_under_a_collation"]
