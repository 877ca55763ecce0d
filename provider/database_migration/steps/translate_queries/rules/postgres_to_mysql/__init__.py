"""PostgreSQL's statements in MySQL's and MariaDB's words, one module per theme."""

from __future__ import annotations

from database_migration.steps.translate_queries.rewriting import Rules
from database_migration.steps.translate_queries.rules.merging import merged
from database_migration.steps.translate_queries.rules.postgres_to_mysql import letters, moments, numbers, texts
from database_migration.steps.translate_queries.typing_values import words

_SAME = words(
    """
    ABS ACOS ASCII ASIN ATAN ATAN2 CEIL CEILING COALESCE COS COT CUME_DIST CURRENT_DATE DATE DEGREES DENSE_RANK EXP
    FIRST_VALUE FLOOR LAG LAST_VALUE LEAD LEFT LN LOWER MAX MD5 MIN MOD NTH_VALUE NTILE NULLIF PERCENT_RANK PI POWER
    RADIANS RANK REPEAT REPLACE REVERSE RIGHT ROW_NUMBER SIGN SIN SQRT STDDEV_POP STDDEV_SAMP SUBSTR SUBSTRING SUM TAN
    UPPER VAR_POP VAR_SAMP VERSION
    """
)

RULES = Rules(
    nodes=merged(letters.HANDLERS, moments.HANDLERS, numbers.HANDLERS, texts.HANDLERS),
    functions=merged(moments.FUNCTIONS, numbers.FUNCTIONS, texts.FUNCTIONS),
    same=_SAME,
)

__all__ = ["RULES"]
