"""What asks about the session or the statement before."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.steps.translate_queries.rewriting import Handler, Rewriting
from database_migration.steps.translate_queries.rules.build import call
from database_migration.steps.translate_queries.translation import Weight


def _last_insert_id(node: Any, r: Rewriting) -> Any:
    r.note(
        Weight.RISK,
        "last_insert_id",
        "LASTVAL() is the last value of any sequence, also one that a trigger drew; after several rows it is the last.",
        mend="Use INSERT … RETURNING id.",
    )
    return r.made(call("LASTVAL"), node, Kind.INTEGER)


def _schema(node: Any, r: Rewriting) -> Any:
    return r.made(exp.CurrentSchema(), node, Kind.TEXT)


def _without_counterpart(node: Any, r: Rewriting) -> Any:
    r.manual("session_function", f"{node.name.upper()}() asks about MySQL's session.", mend="Ask in the application.")
    return node


def _variable(node: Any, r: Rewriting) -> Any:
    r.manual(
        "user_variable",
        f"The variable {node.sql(dialect='mysql')}: PostgreSQL's SQL has none.",
        mend="Use a window function (ROW_NUMBER, LAG, SUM OVER), or a parameter.",
    )
    return node


HANDLERS: dict[Any, Handler] = {exp.Parameter: _variable, exp.SessionParameter: _variable}
FUNCTIONS: dict[str, Handler] = {
    "LAST_INSERT_ID": _last_insert_id,
    **dict.fromkeys(("DATABASE", "SCHEMA"), _schema),
    **dict.fromkeys(
        ("FOUND_ROWS", "ROW_COUNT", "GET_LOCK", "RELEASE_LOCK", "SLEEP", "BENCHMARK"), _without_counterpart
    ),
}

__all__ = ["FUNCTIONS", "HANDLERS"]
