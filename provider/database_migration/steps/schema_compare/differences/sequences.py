"""Differences of free sequences; where they stand is no difference, as they move by nature."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from database_migration.model.schema import Sequence
from database_migration.steps.schema_compare.differences.difference import NamedDifference, Weight


@dataclass(frozen=True, slots=True)
class SequenceDifference(NamedDifference[Sequence]):
    """A sequence that one side lacks, or that both count differently."""

    aspect: ClassVar[str] = "sequence"

    @property
    def weight(self) -> Weight:
        """Who draws from a missing one fails; an extra one harms nobody."""
        return Weight.COSMETIC if self.expected is None else Weight.BEHAVIOUR

    def spell(self, side: Sequence) -> str:
        """How it counts."""
        words = [f"by {side.increment}"]
        words += [f"from {side.minimum}"] if side.minimum is not None else []
        words += [f"to {side.maximum}"] if side.maximum is not None else []
        words += ["in a circle"] if side.cycle else []
        return " ".join(words)


def compare_sequences(expected: Iterable[Sequence], actual: Iterable[Sequence]) -> Iterator[SequenceDifference]:
    """Differences of two sets of sequences, by name."""
    there = {sequence.name: sequence for sequence in actual}
    for sequence in expected:
        other = there.pop(sequence.name, None)
        if other != sequence:
            yield SequenceDifference(sequence, other)
    for extra in there.values():
        yield SequenceDifference(None, extra)


__all__ = ["SequenceDifference", "compare_sequences"]
