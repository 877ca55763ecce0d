"""What validation has found so far, by table."""

from __future__ import annotations

from dataclasses import dataclass, field

from database_migration.steps.validate.check_chunk import ChunkOutcome
from database_migration.steps.validate.difference import Difference, DifferenceKind
from database_migration.steps.validate.motion import Judgement


@dataclass(slots=True)
class TableTally:
    """One table's figures."""

    table: str
    compared: int = 0
    chunks: int = 0
    differences: dict[tuple[str, ...], Difference] = field(default_factory=dict)
    keyless: list[Difference] = field(default_factory=list)
    uncounted: int = 0
    """Rows that differ beyond those that were named."""
    in_motion: set[tuple[str, ...]] = field(default_factory=set)
    uncounted_in_motion: int = 0
    not_judged: set[tuple[str, ...]] = field(default_factory=set)
    digests_only: int = 0
    """Rows whose digests differed although every value is equal, on sides that stood still."""
    repaired: int = 0

    @property
    def differing(self) -> int:
        """Rows that differ."""
        return len(self.differences) + sum(one.rows for one in self.keyless) + self.uncounted

    @property
    def moving(self) -> int:
        """Rows that could not be judged because the source went on changing them."""
        return len(self.in_motion) + self.uncounted_in_motion

    def count(self, kind: DifferenceKind) -> int:
        """Rows that differ in one way."""
        named = sum(one.kind is kind for one in self.differences.values())
        return named + sum(one.rows for one in self.keyless if one.kind is kind)

    def listed(self, at_most: int | None) -> list[Difference]:
        """Differences for the report, the first by key; None: all that are known one by one."""
        return [*sorted(self.differences.values(), key=lambda one: one.key), *self.keyless][:at_most]

    def add_chunk(self, outcome: ChunkOutcome, *, moving: bool) -> None:
        """Take a chunk's outcome over; what cannot be judged row by row counts as moving while replication runs."""
        self.chunks += 1
        self.compared += outcome.rows
        self.add(outcome.judgement)
        if moving:
            self.uncounted_in_motion += sum(one.rows for one in outcome.keyless) + outcome.uncounted
            return
        self.keyless += outcome.keyless
        self.uncounted += outcome.uncounted
        named = len(outcome.judgement.differences) + len(outcome.judgement.left_out)
        self.digests_only += outcome.suspects - outcome.uncounted - named

    def add(self, judgement: Judgement) -> None:
        """Take judged rows over."""
        self.differences |= {one.key: one for one in judgement.differences}
        self.in_motion |= judgement.in_motion
        self.not_judged |= judgement.not_judged

    def replace(self, judgement: Judgement) -> None:
        """What is left after a repair."""
        before = self.differing
        self.differences = {}
        self.add(judgement)
        self.repaired = before - self.differing


__all__ = ["TableTally"]
