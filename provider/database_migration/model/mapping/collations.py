"""How text compares on the target."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field, field_validator

from database_migration.model.schema import Table
from database_migration.model.text_comparison import comparison_of, is_text

_NAME = re.compile(r"[A-Za-z0-9_.@-]+")


class CaseFolding(StrEnum):
    """What becomes, on PostgreSQL, of text that compares without regard to case or accents on the source."""

    ICU = "icu"
    """A nondeterministic ICU collation of the source's strength: equality, keys and order fold as they did."""
    CITEXT = "citext"
    """The type citext: case folds, accents do not, LIKE folds too."""
    FUNCTIONAL_INDEX = "functional_index"
    """Plain text, and a second unique index on lower(…) beside every unique key."""
    LEAVE = "leave"
    """Plain text, which tells everything apart, with a finding."""


class CollationMapping(BaseModel):
    """The policy for columns whose collation the target has not."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keys: CaseFolding = Field(
        CaseFolding.ICU,
        description="PostgreSQL as target: text of primary, unique and foreign keys that folds case on the source. icu:"
        " an ICU collation that folds alike; citext: the extension's type; functional_index: a second unique index on"
        " lower(…); leave: plain text, with a finding.",
    )
    others: CaseFolding = Field(
        CaseFolding.LEAVE, description="The same for text outside of keys; functional_index means leave there."
    )
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="The same by column: source names as table.column, * and ? allowed, the first match counts; each"
        " one of the four words or the name of a collation of the target.",
    )
    exact: str = Field(
        "utf8mb4_bin",
        description="MySQL as target: the collation of text that PostgreSQL compares exactly. utf8mb4_bin, which every"
        " server has, ignores blanks at the end; utf8mb4_0900_bin (MySQL) and utf8mb4_nopad_bin (MariaDB) do not.",
    )
    insensitive: str = Field(
        "utf8mb4_unicode_ci",
        description="MySQL as target: the collation of citext columns and of those with a nondeterministic ICU"
        " collation, for instance utf8mb4_0900_as_ci (MySQL) or utf8mb4_uca1400_as_ci (MariaDB).",
    )
    renamed: dict[str, str] = Field(
        default_factory=dict,
        description="MySQL on both sides: the source's collation → the target's, where their servers have different"
        " ones: {utf8mb4_0900_ai_ci: utf8mb4_uca1400_ai_ci}.",
    )

    @field_validator("exact", "insensitive", "columns", "renamed")
    @classmethod
    def _are_names(cls, given: str | dict[str, str]) -> str | dict[str, str]:
        for name in [given] if isinstance(given, str) else given.values():
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no collation's name")
        return given

    def of_table(self, table: Table) -> Mapping[str, str]:
        """{column: policy word or collation} for the text columns of a source's table.

        Columns without a pattern of their own are named only where their text folds.
        """
        keyed = key_columns(table)
        found: dict[str, str] = {}
        for column in table.columns:
            if not is_text(column):
                continue
            place = f"{table.name}.{column.name}"
            chosen = next((word for pattern, word in self.columns.items() if fnmatchcase(place, pattern)), None)
            if chosen is not None:
                found[column.name] = chosen
            elif comparison_of(column).folds:
                found[column.name] = self.keys if column.name in keyed else self.others
        return found


def key_columns(table: Table) -> frozenset[str]:
    """Columns whose equality decides which rows there may be: of primary, unique and foreign keys."""
    names = {*table.primary_key, *(name for key in table.foreign_keys for name in key.columns)}
    return frozenset(names.union(*(index.columns for index in table.indexes if index.unique)))


__all__ = ["CaseFolding", "CollationMapping", "key_columns"]
