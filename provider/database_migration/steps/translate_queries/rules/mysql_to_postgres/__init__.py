"""MySQL's and MariaDB's statements in PostgreSQL's words, one module per theme."""

from __future__ import annotations

from database_migration.steps.translate_queries.rewriting import Rules
from database_migration.steps.translate_queries.rules.merging import merged
from database_migration.steps.translate_queries.rules.mysql_to_postgres import (
    aggregates,
    casts,
    choices,
    comparisons,
    documents,
    moment_formats,
    moments,
    numbers,
    patterns,
    session,
    texts,
    truth,
)
from database_migration.steps.translate_queries.typing_values import words

_SAME = words(
    """ASCII ATAN2 BIT_AND BIT_OR PI VERSION ROW_NUMBER RANK DENSE_RANK PERCENT_RANK CUME_DIST NTILE LAG LEAD
    FIRST_VALUE LAST_VALUE NTH_VALUE COT VALUES GROUPING REGEXP_SUBSTR"""
)

RULES = Rules(
    nodes=merged(
        aggregates.HANDLERS,
        casts.HANDLERS,
        choices.HANDLERS,
        comparisons.HANDLERS,
        documents.HANDLERS,
        moments.HANDLERS,
        numbers.HANDLERS,
        patterns.HANDLERS,
        session.HANDLERS,
        texts.HANDLERS,
        truth.HANDLERS,
    ),
    functions=merged(
        aggregates.FUNCTIONS,
        choices.FUNCTIONS,
        documents.FUNCTIONS,
        moment_formats.FUNCTIONS,
        moments.FUNCTIONS,
        numbers.FUNCTIONS,
        patterns.FUNCTIONS,
        session.FUNCTIONS,
        texts.FUNCTIONS,
    ),
    same=_SAME,
)

__all__ = ["RULES"]
