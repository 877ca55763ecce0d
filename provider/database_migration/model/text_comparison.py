"""When two texts count as one: what a column's collation leaves out of account.

The rules of two engines are never quite the same (weights, contractions, versions of Unicode), so only columns
that follow the same ``rules`` are known to agree on every pair of texts; of others it is known which kind of
difference they ignore.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from database_migration.model.column_type import Kind
from database_migration.model.schema import Column

CITEXT = "citext"
_TEXTS = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT})


@dataclass(frozen=True, slots=True)
class TextComparison:
    """Which differences two texts may have and still be equal."""

    case: bool = False
    accents: bool = False
    padding: bool = False
    """Blanks at the end."""
    rules: str = ""
    """The collation's or locale's name; '' where texts are equal by their characters only."""

    @property
    def folds(self) -> bool:
        """Whether texts of different letters may be equal."""
        return self.case or self.accents

    def may_merge(self, other: TextComparison) -> bool:
        """Whether texts that ``other`` tells apart may be equal here."""
        if self.rules == other.rules:
            return False
        looser = (self.case and not other.case) or (self.accents and not other.accents)
        return looser or self.folds or (self.padding and not other.padding)

    @property
    def spelled(self) -> str:
        """``case, accents, blanks at the end``; ``nothing``."""
        parts = ((self.case, "case"), (self.accents, "accents"), (self.padding, "blanks at the end"))
        return ", ".join(word for on, word in parts if on) or "nothing"


EXACT = TextComparison()


def is_text(column: Column) -> bool:
    """Whether a column holds free text; labels of enums and sets are compared among themselves only."""
    return column.type.kind in _TEXTS


def comparison_of(column: Column) -> TextComparison:
    """What a column's equality leaves out of account."""
    if not is_text(column):
        return EXACT
    if column.type.native.lower() == CITEXT:
        return TextComparison(case=True, rules=CITEXT)
    if column.folding_locale is not None:
        return _of_locale(column.folding_locale)
    name = (column.collation or "").lower()
    if not name.endswith(("_bin", "_ci", "_cs", "_ai")):
        return EXACT  # PostgreSQL's deterministic collations, and MySQL's of binary text
    # The blanks at the end of CHAR are no part of its value on any engine.
    pads = "_0900_" not in name and "nopad" not in name and column.type.kind is not Kind.CHAR
    words = set(name.split("_"))
    if not words & {"ci", "ai"}:
        return TextComparison(padding=pads, rules=name if pads else "")
    case = "ci" in words
    return TextComparison(case, accents="as" not in words and (case or "ai" in words), padding=pads, rules=name)


def _of_locale(locale: str) -> TextComparison:
    """Of a nondeterministic ICU collation: strength 1 ignores case and accents, 2 case; the case level keeps case."""
    strength = re.search(r"ks-level(\d)", locale)
    level = int(strength[1]) if strength else 3
    return TextComparison(level <= 2 and "kc-true" not in locale, accents=level == 1, rules=locale)


def icu_locale(comparison: TextComparison) -> str:
    """The ICU locale that leaves the same out of account, blanks apart."""
    if not comparison.case:
        return "und-u-ks-level1-kc-true"
    return "und-u-ks-level1" if comparison.accents else "und-u-ks-level2"


def differ_by_letter_case(one: str, other: str) -> bool:
    """Whether two texts are one but for case and precomposed accents: what every folding collation calls equal."""
    return len(one) == len(other) and all(_plain(a) == _plain(b) for a, b in zip(one, other, strict=True))


def _plain(letter: str) -> str:
    return unicodedata.normalize("NFD", letter)[0].lower()


__all__ = [
    "CITEXT",
    "EXACT",
    "TextComparison",
    "comparison_of",
    "differ_by_letter_case",
    "icu_locale",
    "is_text",
]
