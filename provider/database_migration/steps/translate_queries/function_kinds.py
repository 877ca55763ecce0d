"""What kind of value each known function returns, by its name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.steps.translate_queries.typing_values import (
    COUNTED,
    DIVISION_DIGITS,
    INEXACT,
    INTEGER,
    MOMENTS,
    TEXT,
    TEXTS,
    UNKNOWN,
    Of,
    Typing,
    branches,
    words,
)

_INTEGER_FUNCTIONS = words(
    """
    LENGTH OCTET_LENGTH CHAR_LENGTH CHARACTER_LENGTH BIT_LENGTH LOCATE INSTR FIELD FIND_IN_SET STRCMP ASCII ORD
    YEAR MONTH DAY DAYOFMONTH DAYOFWEEK DAYOFYEAR WEEK WEEKDAY WEEKOFYEAR YEARWEEK QUARTER HOUR MINUTE SECOND
    MICROSECOND DATEDIFF TIMESTAMPDIFF TO_DAYS TIME_TO_SEC SIGN CRC32 LAST_INSERT_ID FOUND_ROWS ROW_COUNT
    BIT_COUNT INET_ATON JSON_LENGTH JSON_CONTAINS JSON_VALID ISNULL STRPOS LASTVAL JSONB_ARRAY_LENGTH
    JSON_ARRAY_LENGTH ARRAY_LENGTH CARDINALITY
    """
)
_COUNT_FUNCTIONS = words("COUNT ROW_NUMBER RANK DENSE_RANK NTILE GROUPING")
_TEXT_FUNCTIONS = words(
    """
    CONCAT CONCAT_WS UPPER UCASE LOWER LCASE LEFT RIGHT SUBSTR MID REPLACE LPAD RPAD LTRIM RTRIM REPEAT REVERSE
    SUBSTRING_INDEX FORMAT HEX MD5 SHA1 SHA SHA2 SPACE ELT INSERT QUOTE SOUNDEX CHAR CHR BIN OCT CONV UUID
    DATE_FORMAT TIME_FORMAT DAYNAME MONTHNAME JSON_UNQUOTE JSON_TYPE DATABASE SCHEMA USER VERSION INET_NTOA
    REGEXP_REPLACE REGEXP_SUBSTR GROUP_CONCAT TO_CHAR TO_BASE64 STRING_AGG SPLIT_PART INITCAP BTRIM TRANSLATE
    ENCODE QUOTE_LITERAL ARRAY_TO_STRING PG_TYPEOF BPCHAR CONVERT_FROM JSONB_EXTRACT_PATH_TEXT
    JSON_EXTRACT_PATH_TEXT JSON_TYPEOF JSONB_TYPEOF OVERLAY
    """
)
_DOUBLE_FUNCTIONS = words(
    """
    RAND RANDOM SQRT EXP LN LOG LOG2 LOG10 POW POWER SIN COS TAN ASIN ACOS ATAN ATAN2 COT RADIANS DEGREES PI STD
    STDDEV STDDEV_POP STDDEV_SAMP VARIANCE VAR_POP VAR_SAMP PERCENT_RANK CUME_DIST DATE_PART
    """
)
_DATE_FUNCTIONS = words("DATE CURDATE CURRENT_DATE UTC_DATE LAST_DAY MAKEDATE FROM_DAYS TO_DATE MAKE_DATE")
_DATETIME_FUNCTIONS = words("SYSDATE UTC_TIMESTAMP FROM_UNIXTIME LOCALTIME LOCALTIMESTAMP TIMESTAMP CONVERT_TZ")
_TIME_FUNCTIONS = words("TIME CURTIME CURRENT_TIME SEC_TO_TIME MAKETIME TIMEDIFF ADDTIME SUBTIME UTC_TIME")
_JSON_FUNCTIONS = words(
    """
    JSON_EXTRACT JSON_OBJECT JSON_ARRAY JSON_ARRAYAGG JSON_OBJECTAGG JSON_SET JSON_MERGE_PATCH JSON_KEYS
    JSONB_BUILD_OBJECT JSON_BUILD_OBJECT JSONB_BUILD_ARRAY JSON_BUILD_ARRAY JSON_AGG JSONB_AGG TO_JSON TO_JSONB
    JSON_OBJECT_AGG JSONB_OBJECT_AGG ROW_TO_JSON JSONB_EXTRACT_PATH JSON_EXTRACT_PATH
    """
)
_BYTES_FUNCTIONS = words("UNHEX DECODE CONVERT_TO SHA256 SHA512 UUID_TO_BIN INET6_ATON FROM_BASE64")
_BRANCHING_FUNCTIONS = words("COALESCE IFNULL NVL GREATEST LEAST")
_FIRST_ARGUMENT_FUNCTIONS = words("MIN MAX ANY_VALUE ABS NULLIF LAG LEAD FIRST_VALUE LAST_VALUE NTH_VALUE MOD")
_STRICT_FUNCTIONS = (  # NULL only for NULL arguments
    words("CONCAT UPPER UCASE LOWER LCASE LEFT RIGHT SUBSTR REPLACE LPAD RPAD LTRIM RTRIM REPEAT ABS")
    | words("REVERSE ROUND TRUNCATE TRUNC FLOOR CEIL CEILING LENGTH CHAR_LENGTH OCTET_LENGTH HEX MD5")
    | words(
        """
    LOCATE INSTR YEAR MONTH DAY DAYOFMONTH HOUR MINUTE SECOND QUARTER DATE DATE_FORMAT TO_CHAR
    """
    )
)
_AGGREGATED_FIRST = frozenset({"MIN", "MAX", "SUM", "AVG", "ANY_VALUE", "GROUP_CONCAT", "STRING_AGG"})


def infer_function(name: str, node: Any, dialect: str, of: Of) -> Typing:
    """The typing of a call, from its name and the typings of its arguments."""
    arguments = node.expressions
    typings = [of(argument) for argument in arguments if isinstance(argument, exp.Expression)]
    nullable = not typings or any(typing.nullable for typing in typings)
    typing = _function_typing(name, node, typings, dialect)
    if name in _STRICT_FUNCTIONS:
        return replace(typing, nullable=nullable)
    if name in {"COALESCE", "IFNULL"}:
        return replace(typing, nullable=all(value.nullable for value in typings))
    if name in _AGGREGATED_FIRST:
        select = node.find_ancestor(exp.Select)
        grouped = select is not None and select.args.get("group") is not None
        return replace(typing, nullable=not grouped or nullable)
    return typing


def _function_typing(name: str, node: Any, typings: list[Typing], dialect: str) -> Typing:
    first = replace(typings[0], column=None, partner=None) if typings else UNKNOWN
    for names, typing in _FIXED_FUNCTIONS:
        if name in names:
            return typing
    if name in _BRANCHING_FUNCTIONS:
        return branches(typings)
    if name in _FIRST_ARGUMENT_FUNCTIONS:
        return replace(first, nullable=True)
    match name:
        case "NOW" | "CURRENT_TIMESTAMP":
            return replace(
                Typing(Kind.DATETIME, nullable=False), kind=Kind.TIMESTAMP if dialect == "postgres" else Kind.DATETIME
            )
        case "SUM":
            if first.kind in INEXACT or first.kind in TEXTS:
                return Typing(Kind.DOUBLE)
            whole = first.kind in {Kind.INTEGER, Kind.BOOLEAN, Kind.YEAR}
            return Typing(Kind.INTEGER if whole else first.kind, first.scale if not whole else 0)
        case "AVG":
            if first.kind in INEXACT or first.kind in TEXTS:
                return Typing(Kind.DOUBLE)
            exact = dialect == "mysql" and first.scale is not None
            return Typing(Kind.DECIMAL, (first.scale or 0) + DIVISION_DIGITS if exact else None)
        case "ROUND" | "TRUNCATE" | "TRUNC":
            digits = node.expressions[1] if len(node.expressions) > 1 else None
            if first.kind in INEXACT:
                return Typing(Kind.DOUBLE)
            if digits is None:
                return Typing(first.kind, 0)
            known = isinstance(digits, exp.Literal) and not digits.is_string
            return Typing(first.kind, int(digits.name) if known else first.scale)
        case "FLOOR" | "CEIL" | "CEILING":
            return Typing(Kind.DOUBLE) if first.kind in INEXACT else INTEGER
        case "DATE_ADD" | "DATE_SUB" | "ADDDATE" | "SUBDATE" | "TIMESTAMPADD":
            return Typing(first.kind if first.kind in MOMENTS else None, fraction=first.fraction)
        case "UNIX_TIMESTAMP":
            return INTEGER
        case _:
            return UNKNOWN


_FIXED_FUNCTIONS = (
    (_COUNT_FUNCTIONS, COUNTED),
    (_INTEGER_FUNCTIONS, INTEGER),
    (_TEXT_FUNCTIONS, TEXT),
    (_DOUBLE_FUNCTIONS, Typing(Kind.DOUBLE)),
    (_DATE_FUNCTIONS, Typing(Kind.DATE)),
    (_DATETIME_FUNCTIONS, Typing(Kind.DATETIME)),
    (_TIME_FUNCTIONS, Typing(Kind.TIME)),
    (_JSON_FUNCTIONS, Typing(Kind.JSON)),
    (_BYTES_FUNCTIONS, Typing(Kind.VARBINARY)),
)

__all__ = ["infer_function"]
