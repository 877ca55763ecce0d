"""Calls of functions: what they are named, which aggregate, and which read more than their arguments."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from database_migration.steps.translate_queries.typing_values import words

AGGREGATES = words(
    """
    COUNT SUM AVG MIN MAX GROUP_CONCAT STRING_AGG ANY_VALUE STD STDDEV STDDEV_POP STDDEV_SAMP VARIANCE VAR_POP
    VAR_SAMP BIT_AND BIT_OR BIT_XOR JSON_ARRAYAGG JSON_OBJECTAGG ARRAY_AGG BOOL_AND BOOL_OR EVERY JSON_AGG
    JSONB_AGG JSON_OBJECT_AGG JSONB_OBJECT_AGG PERCENTILE_CONT PERCENTILE_DISC MODE GROUPING
    """
)
VOLATILE = words(
    """
    NOW SYSDATE CURDATE CURTIME CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP LOCALTIME LOCALTIMESTAMP
    UTC_TIMESTAMP UTC_DATE UTC_TIME UUID RAND RANDOM GEN_RANDOM_UUID CLOCK_TIMESTAMP STATEMENT_TIMESTAMP
    TRANSACTION_TIMESTAMP CONNECTION_ID USER CURRENT_USER SESSION_USER DATABASE SCHEMA CURRENT_SCHEMA VERSION
    LAST_INSERT_ID LASTVAL FOUND_ROWS ROW_COUNT SLEEP PG_SLEEP NEXTVAL PG_BACKEND_PID CURRENT_DATABASE
    """
)
_VOLATILE_NODES = (
    exp.CurrentDate,
    exp.CurrentTime,
    exp.CurrentTimestamp,
    exp.CurrentUser,
    exp.Localtime,
    exp.Localtimestamp,
    exp.SessionUser,
    exp.CurrentSchema,
)


def function_name(node: Any) -> str:
    """The upper-case name of a plainly read function, '' for anything else."""
    return node.name.upper() if isinstance(node, exp.Anonymous) else ""


def is_aggregate(node: Any) -> bool:
    """Whether a node is an aggregate call (a window function is not)."""
    named = isinstance(node, exp.GroupConcat) or function_name(node) in AGGREGATES
    return named and not isinstance(node.parent, exp.Window | exp.Filter)


def is_volatile(node: Any) -> bool:
    """Whether a node reads the clock, chance or the session."""
    if isinstance(node, exp.Anonymous):
        name = function_name(node)
        return name in VOLATILE or (name == "UNIX_TIMESTAMP" and not node.expressions)
    return isinstance(node, _VOLATILE_NODES)


__all__ = ["AGGREGATES", "VOLATILE", "function_name", "is_aggregate", "is_volatile"]
