"""Rows in quarantine, as validation sees them: missing on the target, and known to be.

Rows with a key are told one by one (``motion``); of a table without one the quarantine has as many as are missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from database_migration.ledger import Quarantine
from database_migration.model.table_selection import TablePair
from database_migration.steps.validate.difference import Difference, DifferenceKind
from database_migration.steps.validate.row_values import RowKey


class LeftOut:
    """The rows of a run that are in quarantine, by the source's table names."""

    def __init__(self, lines: Quarantine, pairs: Iterable[TablePair]) -> None:
        self._lines = lines
        self.counts: Mapping[str, int] = lines.counts()
        self._keyless = {
            pair.source.name: self.counts[pair.source.name]
            for pair in pairs
            if pair.source.name in self.counts and not pair.row_key
        }

    def keys(self, table: str) -> list[RowKey]:
        """The keys of a table's rows, as the source spells them."""
        return sorted(key for key in self._lines.keys(table) if key)

    def without(self, differences: Iterable[Difference]) -> list[Difference]:
        """The differences that are left when rows without a key that were left out are taken off."""
        unnamed = dict(self._keyless)
        kept = []
        for one in differences:
            explained = 0
            if not one.key and one.kind is DifferenceKind.MISSING:
                explained = min(one.rows, unnamed.get(one.table, 0))
                unnamed[one.table] = unnamed.get(one.table, 0) - explained
            if explained < one.rows:
                kept.append(replace(one, rows=one.rows - explained))
        return kept


__all__ = ["LeftOut"]
