"""Row keys whose collation takes different texts for one: citext, nondeterministic ICU collations.

A row is found by its exact characters, so that 'a' never stands for 'A' where both sides know two rows. The unique
index knows one only; what a conflict with it means depends on the side that the change comes from:

* it folds by the same rules: both are one row, seen at two moments; the change's text becomes the row's;
* it folds by rules of its own (MySQL's weights are not ICU's): the same where the texts differ by letter case only;
* it tells them apart: they are two rows, of which this side can hold one. Nothing is overwritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from database_migration.engines.postgres.names import quote
from database_migration.errors import ValueRefused
from database_migration.model.table_selection import FormedColumn, TablePair
from database_migration.model.text_comparison import CITEXT, comparison_of


@dataclass(frozen=True, slots=True)
class FoldedKey:
    """The folding columns of a row key, quoted, and what the other side makes of them."""

    names: tuple[str, ...]
    same_rules: bool
    other_folds: bool

    @classmethod
    def of(cls, pair: TablePair) -> FoldedKey | None:
        """None for a key whose texts compare exactly."""
        folding = [one for one in pair.row_key if comparison_of(one.target).folds]
        if not folding:
            return None
        rules = [(comparison_of(one.source), comparison_of(one.target)) for one in folding]
        return cls(
            tuple(quote(one.target.name) for one in folding),
            # What citext takes for one differs by letter case only.
            same_rules=all(
                source.rules == target.rules or (target.rules == CITEXT and source.case) for source, target in rules
            ),
            other_folds=all(source.case for source, _ in rules),
        )

    def exactly(self, mark: str) -> str:
        """`` AND …``: the columns' characters are those of as many parameters."""
        return "".join(f" AND {_text(name)} = {mark}" for name in self.names)

    def on_conflict(self, key: Sequence[str], rest: Sequence[str]) -> str:
        """What an INSERT does with a row that the unique index takes for the same; the table's alias is t."""
        sets = ", ".join(f"{name} = EXCLUDED.{name}" for name in (*self.names, *rest))
        action = f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {sets}"
        if self.same_rules:
            return action
        alike = [
            f"lower({_icu(f't.{name}')}) = lower({_icu(f'EXCLUDED.{name}')})"
            if self.other_folds
            else f"{_text(f't.{name}')} = {_text(f'EXCLUDED.{name}')}"
            for name in self.names
        ]
        return f"{action} WHERE {' AND '.join(alike)}"


def exact_names(table_alias: str, keys: Sequence[FormedColumn]) -> str:
    """Key columns, between commas, as SQL that compares by characters; '' where they do so by themselves."""
    if not any(comparison_of(formed.column).folds for formed in keys):
        return ""
    names = [(formed, f"{table_alias}.{quote(formed.name)}") for formed in keys]
    return ", ".join(_text(name) if comparison_of(formed.column).folds else name for formed, name in names)


def keys_taken_for_one(table: str) -> ValueRefused:
    """What a change is refused with whose key the target takes for another row's."""
    return ValueRefused(
        "The key of a changed row differs from another row's by case or accents only, which this side's collation"
        " takes for one: nothing is overwritten.",
        mend="change one of the two keys on the side that tells them apart, or let the column compare exactly"
        " (mapping.collations), then let replication go on: it resumes at this transaction.",
        subject=table,
    )


def _text(name: str) -> str:
    return f'{name}::text COLLATE "C"'


def _icu(name: str) -> str:
    """Its lower-case letters are Unicode's, whatever the database's locale is; its equality is that of characters."""
    return f'{name}::text COLLATE "und-x-icu"'


__all__ = ["FoldedKey", "exact_names", "keys_taken_for_one"]
