"""A random sample of rows, compared value by value, and what it says about all rows.

Keys are drawn uniformly (reservoir sampling, Vitter's algorithm R) in one pass over the source's keys. When none of
n sampled rows differs, then with confidence c fewer than 1 - (1 - c)^(1/n) of all rows differ: were it more, n
equal rows in a row would have been less likely than 1 - c.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from database_migration.model.key_range import KeyRange
from database_migration.model.table_selection import TablePair
from database_migration.steps.validate.motion import Judgement, Motion
from database_migration.steps.validate.row_values import RowKey
from database_migration.steps.validate.sides import Sides


@dataclass(frozen=True, slots=True)
class SampledTable:
    """What was drawn from a table."""

    table: str
    rows: int
    """Rows to draw from."""
    sampled: int
    confidence: float

    @property
    def bound(self) -> float:
        """The share of differing rows that is exceeded with a probability of 1 - confidence at most."""
        if self.sampled == 0 or self.sampled >= self.rows:
            return 0.0
        return float(1 - (1 - self.confidence) ** (1 / self.sampled))

    @property
    def statement(self) -> str:
        """The finding in words, for a sample without a difference."""
        if self.sampled >= self.rows:
            return "every row compared"
        return f"with {self.confidence:.4g} confidence fewer than {self.bound:.3%} of the rows differ"


def sample_table(
    sides: Sides, pair: TablePair, motion: Motion, *, rows: int, confidence: float
) -> tuple[SampledTable, Judgement]:
    """Draw up to ``rows`` rows of a table that has a key and compare them."""
    keys, seen = _draw(sides, pair, rows)
    judgement = motion.judge(sides, pair, keys)
    return SampledTable(pair.source.name, seen, len(keys), confidence), judgement


def _draw(sides: Sides, pair: TablePair, size: int) -> tuple[list[RowKey], int]:
    chosen: list[RowKey] = []
    seen = 0
    found = sides.run.source.engine.rows.fetch(
        sides.source,
        sides.run.source.schema,
        pair.source,
        [column.on_source for column in pair.row_key],
        KeyRange.everything(),
    )
    for texts in found:
        seen += 1
        key = tuple(str(text) for text in texts)
        if len(chosen) < size:
            chosen.append(key)
        elif (place := random.randrange(seen)) < size:
            chosen[place] = key
    return chosen, seen


__all__ = ["SampledTable", "sample_table"]
