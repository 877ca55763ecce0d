"""MySQL converts any value to what its place asks for; PostgreSQL wants to be told."""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp

from database_migration.model.column_type import Kind
from database_migration.steps.translate_queries.calls import function_name
from database_migration.steps.translate_queries.rewriting import Rewriting
from database_migration.steps.translate_queries.rules.build import (
    call,
    cast,
    held,
    integer_of,
    is_number_text,
    number,
    string_of,
    text,
)
from database_migration.steps.translate_queries.translation import Weight
from database_migration.steps.translate_queries.typing_values import INEXACT, MOMENTS, NUMBERS, TEXTS

_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}$")
_MOMENT = re.compile(r"\d{4}-\d{1,2}-\d{1,2}[ T]\d{1,2}:\d{1,2}(:\d{1,2}(\.\d{1,6})?)?$")
_ZERO_DATE = re.compile(r"0000-|\d{4}-00-|\d{4}-\d{1,2}-00")


def as_truth(node: Any, r: Rewriting) -> Any:
    """The value as a condition: numbers are true unless zero."""
    kind = r.kind(node)
    if kind is Kind.BOOLEAN or kind is None:
        constant = integer_of(node)
        return node if constant is None else r.made(exp.Boolean(this=constant != 0), node)
    constant = integer_of(node)
    if constant is not None:
        return r.made(exp.Boolean(this=constant != 0), node)
    if kind in NUMBERS or kind is Kind.BIT:
        return r.made(exp.NEQ(this=held(as_number(node, r)), expression=number(0)), node)
    if kind in TEXTS:
        r.note(
            Weight.RISK,
            "text_as_condition",
            "A text stands as a condition: MySQL takes its leading digits as a number, and zero as false.",
            mend="Compare the text with what is meant (name <> '').",
        )
        return r.made(exp.NEQ(this=held(as_number(node, r)), expression=number(0)), node)
    if kind in MOMENTS:
        return r.made(exp.Not(this=exp.Is(this=held(node), expression=exp.Null())), node)
    return node


def as_number(node: Any, r: Rewriting) -> Any:
    """The value where arithmetic is done or a number is compared."""
    kind = r.kind(node)
    if kind is Kind.BOOLEAN:
        if isinstance(node, exp.Boolean):
            return r.made(number(1 if node.this else 0), node, Kind.INTEGER)
        return r.made(cast(held(node), "INT"), node, Kind.INTEGER)
    if kind is Kind.BIT:
        return r.made(cast(held(node), "BIGINT"), node, Kind.INTEGER)
    constant = string_of(node)
    if constant is not None:
        if is_number_text(constant):
            return r.made(number(constant.strip()), node, Kind.DECIMAL if "." in constant else Kind.INTEGER)
        r.manual(
            "text_as_number",
            f"MySQL reads the text '{constant}' as a number by its leading digits; PostgreSQL refuses.",
            mend="Write the number that is meant.",
        )
        return node
    if kind in TEXTS:
        r.note(
            Weight.RISK,
            "text_as_number",
            "A text column stands where a number is asked for: MySQL takes its leading digits, "
            "PostgreSQL fails on what is no number.",
            mend="Give the column a number type, or CAST() it on both sides.",
            subject=_subject(node, r),
        )
        return r.made(cast(held(node), "DOUBLE PRECISION"), node, Kind.DOUBLE)
    if kind in MOMENTS:
        r.manual(
            "moment_as_number",
            "A date or time stands where a number is asked for (MySQL makes 20260131 of it).",
            mend="Use DATEDIFF, TIMESTAMPDIFF or UNIX_TIMESTAMP to say which number is meant.",
        )
    return node


def as_text(node: Any, r: Rewriting) -> Any:
    """The value as MySQL would print it."""
    typing = r.target_typing(node)
    kind = typing.kind
    if isinstance(node, exp.Null) or string_of(node) is not None or function_name(node) == "VALUES":
        return node
    if kind in TEXTS:
        native = typing.partner is not None and typing.partner.type.kind in {Kind.ENUM, Kind.SET}
        return r.made(cast(node, "TEXT"), node, Kind.TEXT) if native else node
    if kind is Kind.BOOLEAN or kind is Kind.BIT:
        return r.made(cast(as_number(node, r), "TEXT"), node, Kind.TEXT)
    if kind in MOMENTS:
        return r.made(call("TO_CHAR", node, text(moment_format(node, r))), node, Kind.TEXT)
    if kind in INEXACT:
        r.note(
            Weight.RISK,
            "double_as_text",
            "A floating-point number is printed: the two servers print different digits.",
            mend="ROUND() it, or CAST it to DECIMAL, on both sides.",
            subject=_subject(node, r),
        )
    if kind in {Kind.TIME, Kind.INTERVAL}:
        r.note(
            Weight.RISK,
            "time_as_text",
            "A time is printed: beyond 24 hours, below zero and with fractions the two servers print it differently.",
            mend="Compare and print it in the application.",
            subject=_subject(node, r),
        )
        return r.made(call("TO_CHAR", node, text("HH24:MI:SS")), node, Kind.TEXT)
    if kind is Kind.DECIMAL and not isinstance(node, exp.Column):
        scale = r.typing(node).scale
        if scale is not None:
            node = call("ROUND", node, number(scale))
    return r.made(cast(node, "TEXT"), node, Kind.TEXT)


def moment_format(node: Any, r: Rewriting) -> str:
    """The to_char format in which MySQL prints a moment of this type."""
    typing = r.typing(node)
    if r.kind(node) is Kind.DATE:
        return "YYYY-MM-DD"
    fraction = typing.fraction or 0
    return "YYYY-MM-DD HH24:MI:SS" + {0: "", 3: ".MS", 6: ".US"}.get(fraction, f".FF{fraction}")


def as_moment(node: Any, r: Rewriting) -> Any:
    """The value where a date or time of day is asked for."""
    if r.kind(node) in MOMENTS or isinstance(node, exp.Null):
        return node
    constant = string_of(node)
    if constant is not None:
        return moment_constant(constant, r, node)
    if r.kind(node) in TEXTS:
        r.note(
            Weight.RISK,
            "text_as_moment",
            "A text column is read as a date: MySQL makes NULL of what is none, PostgreSQL fails.",
            mend="Give the column a date type.",
            subject=_subject(node, r),
        )
        return r.made(cast(node, "TIMESTAMP"), node, Kind.DATETIME)
    if r.kind(node) in NUMBERS:
        r.manual(
            "number_as_moment",
            "A number is read as a date (20260131).",
            mend="Write the date as '2026-01-31'.",
        )
    return node


def moment_constant(constant: str, r: Rewriting, like: Any) -> Any:
    """A string constant as a typed date or timestamp."""
    check_moment_text(constant, r)
    if _DATE.match(constant.strip()):
        return r.made(cast(text(constant), "DATE"), like, Kind.DATE)
    return r.made(cast(text(constant), "TIMESTAMP"), like, Kind.DATETIME)


def check_moment_text(constant: str, r: Rewriting) -> None:
    """Note a date constant that PostgreSQL does not have or might read otherwise."""
    value = constant.strip()
    if _ZERO_DATE.match(value):
        r.manual(
            "zero_date",
            f"PostgreSQL has no date '{value}'.",
            mend="Say what the zero date stands for: usually IS NULL.",
        )
    elif not (_DATE.match(value) or _MOMENT.match(value) or re.fullmatch(r"\d{8}", value)):
        r.note(
            Weight.RISK,
            "loose_date",
            f"The two servers may read '{value}' as different dates.",
            mend="Write it as YYYY-MM-DD HH:MM:SS.",
        )


def has_time_of_day(constant: str) -> bool:
    """Whether a date constant says more than the day."""
    return bool(_MOMENT.match(constant.strip()))


def _subject(node: Any, r: Rewriting) -> str:
    return r.subject(node) if isinstance(node, exp.Column) else ""


__all__ = [
    "as_moment",
    "as_number",
    "as_text",
    "as_truth",
    "check_moment_text",
    "has_time_of_day",
    "moment_constant",
    "moment_format",
]
