"""Casts: rules of the spec that give columns a type of the target, spelled in the target's own words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from database_migration.model.mapping.type_words import TYPE_WORDS

_SPELLED = re.compile(r"""[a-z_][\w .,"'()\[\]-]*""", re.IGNORECASE)
_WILD = re.compile(r"[*?\[\]]")

_Rank = tuple[int, int]


class CastRule(BaseModel):
    """Columns of a type, a table or a name, and the type that they get on the target."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str | None = Field(
        None, description="The source's type as its catalog spells it: tinyint(1), or without its size: varchar."
    )
    table: str | None = Field(None, description="A source table, or a pattern.")
    column: str | None = Field(None, description="A source column, or a pattern: '*_uuid'.")
    to: str = Field(description="The target's type, in the target's own words: boolean, 'numeric(14,2)', uuid.")

    @field_validator("to")
    @classmethod
    def _is_a_type(cls, spelled: str) -> str:
        text = " ".join(spelled.split())
        if not _SPELLED.fullmatch(text):
            raise ValueError(f"{spelled!r} is not how a type is spelled")
        word = text.split("(")[0].split("[")[0].strip().lower()
        word = re.sub(r" with(out)? time zone$| unsigned$", "", word)
        if "." not in word and '"' not in word and word not in TYPE_WORDS:
            near = get_close_matches(word, TYPE_WORDS, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise ValueError(
                f"no engine has a type {word!r}{hint}; a type of your own is spelled with its schema: app.{word}"
            )
        return text

    @model_validator(mode="after")
    def _says_which(self) -> CastRule:
        if self.type is None and self.table is None and self.column is None:
            raise ValueError("a cast says which columns it is about: type, table or column (or several)")
        return self

    @property
    def subject(self) -> str:
        """What the rule is about: ``type tinyint(1), table orders``."""
        said = (("type", self.type), ("table", self.table), ("column", self.column))
        return ", ".join(f"{name} {value}" for name, value in said if value is not None)

    def matches(self, type_: str, table: str, column: str) -> bool:
        """Whether a source column is meant; ``type_`` as the source's catalog spells it."""
        return (
            _type_matches(self.type, type_)
            and (self.table is None or fnmatchcase(table, self.table))
            and (self.column is None or fnmatchcase(column, self.column))
        )

    def beats(self, other: CastRule) -> bool:
        """Whether this rule says more exactly which columns it means: nowhere less, somewhere more."""
        mine, others = self._ranks(), other._ranks()
        return mine != others and all(one >= two for one, two in zip(mine, others, strict=True))

    def _ranks(self) -> tuple[_Rank, _Rank, _Rank]:
        type_ = (0, 0) if self.type is None else (2 if "(" in self.type else 1, 0)
        return type_, _rank(self.table), _rank(self.column)


def winning_cast(rules: Iterable[CastRule], type_: str, table: str, column: str) -> CastRule | None:
    """The most specific rule for a source column; None where no rule means it.

    :raises ValueError: two rules mean it, neither is more specific, and they say different types.
    """
    meant = [rule for rule in rules if rule.matches(type_, table, column)]
    best = [rule for rule in meant if not any(other.beats(rule) for other in meant)]
    if len({rule.to for rule in best}) > 1:
        raise ValueError(" and ".join(f"{{{rule.subject}}} to {rule.to}" for rule in best))
    return best[0] if best else None


def _type_matches(wanted: str | None, spelled: str) -> bool:
    if wanted is None:
        return True
    plain, full = _plain(wanted), _plain(spelled)
    return plain == full or ("(" not in plain and plain == _plain(re.sub(r"\([^)]*\)", "", full)))


def _plain(spelled: str) -> str:
    return " ".join(spelled.lower().split())


def _rank(pattern: str | None) -> _Rank:
    if pattern is None:
        return 0, 0
    return (1, len(_WILD.sub("", pattern))) if _WILD.search(pattern) else (2, 0)


__all__ = ["CastRule", "winning_cast"]
