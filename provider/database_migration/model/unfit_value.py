"""Values that one side may hold and the other cannot: their kinds, the bounds of what fits, and what replaces them.

A *doubt* says of a pair of columns that a kind of value may stand in the one which the other cannot hold. What is
done about it is the spec's choice (``mapping.values``): a *substitute* travels with the source's column to wherever
its values are read, by SQL or from the log, so that copy, replication and checksums see the same value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache

from database_migration.model.column_type import Form


class ValueKind(StrEnum):
    """Why a value has no place on the other side."""

    ZERO_DATE = "zero_date"
    """MySQL's zero and partial dates: 0000-00-00, 2024-00-10."""
    NUL_CHARACTER = "nul_character"
    """A NUL in text, or its escape in a JSON document, which PostgreSQL's text and jsonb refuse."""
    INVALID_TEXT = "invalid_text"
    """Octets that are no characters of the column's charset."""
    NOT_BOOLEAN = "not_boolean"
    """A number other than 0 and 1 where a boolean is wanted."""
    OUT_OF_RANGE = "out_of_range"
    """A number or time beyond what the other side's type reaches."""
    TOO_PRECISE = "too_precise"
    """More digits behind the point than the other side's type keeps."""
    TOO_LONG = "too_long"
    """More characters or octets than the other side's column takes."""
    BEYOND_CHARSET = "beyond_charset"
    """Characters that the other side's charset has not."""
    SPECIAL_NUMBER = "special_number"
    """NaN and infinity."""
    SPECIAL_DATE = "special_date"
    """Infinite dates, dates before the year 1 and after 9999."""
    MALFORMED = "malformed"
    """A text, or octets, that are no value of the other side's type."""
    MONTHS = "months"
    """An interval that counts months, which have no fixed length."""
    REFUSED = "refused"
    """Whatever else the other server refuses: checks, conflicts on another unique key …"""


@dataclass(frozen=True, slots=True)
class ValueReach:
    """What an engine can hold in any column, where engines differ."""

    own: frozenset[ValueKind]
    """Kinds that its columns may hold and that others may not be able to."""
    cannot: frozenset[ValueKind]
    """Kinds that no column of it holds."""
    time: tuple[str, str]
    """The least and the greatest value of a TIME column, as transfer texts."""
    instants: tuple[str, str]
    """The least and the greatest value of a TIMESTAMP column, as transfer texts."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A kind of value that a column may hold and its partner cannot."""

    kind: ValueKind
    low: str | None = None
    high: str | None = None
    """Of OUT_OF_RANGE: the lowest and highest that fit, as transfer texts."""
    scale: int | None = None
    """Of TOO_PRECISE: digits behind the point that fit."""
    length: int | None = None
    """Of TOO_LONG: characters of text, octets of binary that fit."""
    pattern: str | None = None
    """Of MALFORMED: the regular expression, of the kind that every engine reads, that transfer texts have to match."""
    charset: str | None = None
    """Of BEYOND_CHARSET: the charset's name on the other side."""


@dataclass(frozen=True, slots=True)
class Substitute:
    """What stands for a value in doubt."""

    doubt: Doubt
    to: str | None = None
    """A transfer text, None for NULL; of NUL_CHARACTER and BEYOND_CHARSET what replaces each such character."""
    trims: bool = False
    """The nearest value that fits (out of range, too precise) or the beginning that fits (too long) stays."""

    @property
    def may_be_null(self) -> bool:
        """Whether a value becomes NULL by it."""
        return self.to is None and not self.trims


_ZERO = re.compile(r"\d{4}-(?:00-\d\d|\d\d-00)")
_LATE = re.compile(r"\d{5,}-")
_JSON_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""A NUL's escape in a document, behind an even number of backslashes."""
_EXACT = Context(prec=200)
_MOMENTS = frozenset({Form.DATETIME, Form.TIMESTAMP})
_SPECIAL = ("NaN", "Infinity", "-Infinity")
_WINDOWS = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_BASIC_PLANE = ((0, 0xFFFF),)
CHARSETS: Mapping[str, tuple[tuple[int, int], ...]] = {
    "ascii": ((0, 0x7F),),
    "latin1": ((0, 0x7F), (0xA0, 0xFF), *((ord(letter), ord(letter)) for letter in _WINDOWS)),
    "utf8": _BASIC_PLANE,
    "utf8mb3": _BASIC_PLANE,
}
"""The characters of charsets that hold fewer than Unicode, as ranges of code points."""


def is_unfit(doubt: Doubt, form: Form, text: str) -> bool:
    """Whether a transfer text is of the kind in doubt."""
    match doubt.kind:
        case ValueKind.ZERO_DATE:
            return _ZERO.match(text) is not None
        case ValueKind.NUL_CHARACTER:
            return "\0" in text or (form is Form.JSON and _JSON_NUL.search(text) is not None)
        case ValueKind.INVALID_TEXT:
            return any("\udc80" <= letter <= "\udcff" for letter in text)
        case ValueKind.NOT_BOOLEAN:
            return text not in ("0", "1")
        case ValueKind.OUT_OF_RANGE:
            return _beyond(doubt, form, text) is not None
        case ValueKind.TOO_PRECISE:
            return _rounded(doubt, text) != _number(form, text)
        case ValueKind.TOO_LONG:
            return doubt.length is not None and _length(form, text) > doubt.length
        case ValueKind.BEYOND_CHARSET:
            return any(not _in_charset(doubt.charset or "", letter) for letter in text)
        case ValueKind.SPECIAL_NUMBER:
            return text in _SPECIAL
        case ValueKind.SPECIAL_DATE:
            return text.endswith(("infinity", " BC")) or _LATE.match(text) is not None
        case ValueKind.MALFORMED:
            return doubt.pattern is not None and re.fullmatch(doubt.pattern, text) is None
        case ValueKind.MONTHS:
            return "mon" in text or "year" in text
        case ValueKind.REFUSED:
            return False


def substituted(substitutes: Iterable[Substitute], form: Form, text: str | None) -> str | None:
    """A transfer text as the other side is to see it."""
    for substitute in substitutes:
        if text is None:
            return None
        if is_unfit(substitute.doubt, form, text):
            text = _replaced(substitute, form, text)
    return text


def _replaced(substitute: Substitute, form: Form, text: str) -> str | None:
    doubt, to = substitute.doubt, substitute.to
    if substitute.trims and doubt.kind is ValueKind.OUT_OF_RANGE:
        return _beyond(doubt, form, text)
    if substitute.trims and doubt.kind is ValueKind.TOO_PRECISE:
        return str(_rounded(doubt, text))
    if substitute.trims and doubt.length is not None:
        return text[: doubt.length * (2 if form is Form.BINARY else 1)]
    if to is None:
        return None
    if doubt.kind is ValueKind.NUL_CHARACTER:
        return _JSON_NUL.sub(lambda found: found[1] + to, text) if form is Form.JSON else text.replace("\0", to)
    if doubt.kind is ValueKind.BEYOND_CHARSET:
        return "".join(letter if _in_charset(doubt.charset or "", letter) else to for letter in text)
    return to


def _beyond(doubt: Doubt, form: Form, text: str) -> str | None:
    """The bound that a value lies beyond; None for one that fits, or that is no number."""
    if form in _MOMENTS:  # of one length: they compare like texts
        bounds = [bound for bound in (doubt.low, doubt.high) if bound is not None]
        return next((b for b, beyond in zip(bounds, (str.__lt__, str.__gt__), strict=False) if beyond(text, b)), None)
    value = _number(form, text)
    if value is None:
        return None
    if doubt.low is not None and value < (_number(form, doubt.low) or 0):
        return doubt.low
    if doubt.high is not None and value > (_number(form, doubt.high) or 0):
        return doubt.high
    return None


def _number(form: Form, text: str) -> Decimal | None:
    try:
        if form is not Form.TIME:
            number = Decimal(text)
            return number if number.is_finite() else None
        hours, minutes, seconds = text.lstrip("-").split(":")
        whole = (Decimal(hours) * 60 + Decimal(minutes)) * 60 + Decimal(seconds)
        return -whole if text.startswith("-") else whole
    except (InvalidOperation, ValueError):
        return None


def _rounded(doubt: Doubt, text: str) -> Decimal | None:
    """Halves go away from zero, as servers round decimals."""
    number = _number(Form.DECIMAL, text)
    step = Decimal(1).scaleb(-(doubt.scale or 0))
    return None if number is None else number.quantize(step, ROUND_HALF_UP, _EXACT)


def _length(form: Form, text: str) -> int:
    return len(text) // 2 if form is Form.BINARY else len(text)


@lru_cache(maxsize=4096)
def _in_charset(charset: str, letter: str) -> bool:
    return any(low <= ord(letter) <= high for low, high in CHARSETS.get(charset, ((0, 0x10FFFF),)))


__all__ = ["CHARSETS", "Doubt", "Substitute", "ValueKind", "ValueReach", "is_unfit", "substituted"]
