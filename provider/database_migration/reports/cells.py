"""How a report's figures, words and code are spelt in each form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from database_migration.model.report import Scalar

_GOOD = {"PROVEN", "PASSED", "EQUAL", "SAME", "OK", "DONE", "WAIVED"}
_CAUTION = {"RISK", "WARNED", "WARNING", "SLOW"}
_BAD = {"MANUAL", "FAILED", "BLOCKER", "DIFFERENT", "DIFFERS", "MISSING"}
_NEUTRAL = {"PLANS", "TRANSLATED", "NOTE", "SKIPPED"}
_INTEGERS_ARE_GROUPED_FROM = 10_000  # below it a year or a port would come out as 2,026


def spell(value: Scalar) -> str:
    """A figure or word for people: thousands are grouped, NULL is a dash, floats keep four digits."""
    match value:
        case None:
            return "—"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}" if abs(value) >= _INTEGERS_ARE_GROUPED_FROM else str(value)
        case float():
            return f"{value:,.0f}" if abs(value) >= _INTEGERS_ARE_GROUPED_FROM else f"{value:.4g}"
        case _:
            return str(value)


def label(name: str) -> str:
    """A summary's key as a heading: ``rows_copied`` becomes ``Rows copied``."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def tone(value: Scalar) -> str:
    """The colour that a verdict word is shown in (``good``, ``caution``, ``bad``, ``neutral``), or ''."""
    word = value.upper() if isinstance(value, str) else ""
    for name, words in (("good", _GOOD), ("caution", _CAUTION), ("bad", _BAD), ("neutral", _NEUTRAL)):
        if word in words and (value == word or value in {"passed", "warned", "failed"}):
            return name
    return ""


def number_columns(rows: Sequence[Sequence[Scalar]]) -> set[int]:
    """Which columns are set flush right: those that hold numbers, and nothing else but NULL."""
    columns = [{type(value) for value in column} - {type(None)} for column in zip(*rows, strict=True)]
    return {place for place, types in enumerate(columns) if types and types <= {int, float}}


def moment(value: datetime) -> str:
    """A time for people, in UTC."""
    return value.astimezone(UTC).strftime("%-d %b %Y, %H:%M:%S UTC")


def markdown_cell(value: Scalar) -> str:
    """A value inside a Markdown table: one line, with nothing that Markdown or HTML would take as markup."""
    return re.sub(r"\s*\n\s*", " ", markdown_text(spell(value))).replace("|", r"\|").strip()


def markdown_text(value: str) -> str:
    """Text in a Markdown paragraph, with its angle brackets shown and not obeyed."""
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def markdown_code(value: str) -> str:
    """A code span around text that may hold backticks (CommonMark 6.1)."""
    longest = max((len(run) for run in re.findall("`+", value)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if longest else ""
    return f"{fence}{padding}{re.sub(chr(10) + '+', ' ', value)}{padding}{fence}"


def markdown_block(value: str, language: str = "") -> str:
    """A fenced block whose fence is longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall("`+", value)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{value.rstrip()}\n{fence}"


__all__ = [
    "label",
    "markdown_block",
    "markdown_cell",
    "markdown_code",
    "markdown_text",
    "moment",
    "number_columns",
    "spell",
    "tone",
]
