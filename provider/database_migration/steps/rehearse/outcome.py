"""What a rehearsal came to, as the ledger keeps it, and whether two came to the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from database_migration.ledger import Ledger
from database_migration.steps.schema_compare.fingerprint import Fingerprint, changes


@dataclass(slots=True)
class Outcome:
    """One try's."""

    attempt: int
    cloned: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    """By phase, in order."""
    rows: dict[str, int] = field(default_factory=dict)
    """Rows copied by source table."""
    bytes: int = 0
    differing: int = 0
    """Rows that differed in the validation, and in the last comparison before the switch."""
    findings: list[list[str]] = field(default_factory=list)
    """[step, severity, code, subject] of what blocks or warns."""
    schema: Fingerprint = field(default_factory=dict)
    """The stage's tables as they stood before they were dropped."""
    writers_wait_ms: int = 0
    """While the cutover held them; without a clone what drain, comparison and sequences took, with nobody held."""
    back_wait_ms: int | None = None
    """While the rollback held them; None without a clone."""

    @property
    def total(self) -> float:
        """Seconds of all phases."""
        return sum(self.seconds.values())


def note_outcome(ledger: Ledger, outcome: Outcome) -> None:
    """Keep it with the real run."""
    ledger.notes.put_note(_name(outcome.attempt), asdict(outcome))


def outcomes(ledger: Ledger, *, most: int = 9) -> list[Outcome]:
    """Those of a run, in order."""
    found = [ledger.notes.get_note(_name(attempt)) for attempt in range(1, most + 1)]
    return [Outcome(**cast("dict[str, Any]", note)) for note in found if isinstance(note, dict)]


def disagreements(one: Outcome, other: Outcome, *, counts: bool) -> list[str]:
    """What differs between two tries that should not, a sentence each.

    ``counts``: rows have to be the same too, because nobody wrote to the source in between.
    """
    said = [f"try {one.attempt} against {other.attempt}: {words}" for words in changes(one.schema, other.schema)]
    before, after = {tuple(line) for line in one.findings}, {tuple(line) for line in other.findings}
    for line in sorted(before ^ after):
        step, severity, code, subject = line
        only = one.attempt if line in before else other.attempt
        said.append(f"only try {only} has the {severity} {code} of {step}: {subject}")
    if set(one.seconds) != set(other.seconds):
        said.append(f"try {one.attempt} and {other.attempt} did not go through the same phases")
    said += _rows(one.rows, other.rows, one.attempt, other.attempt, counts=counts)
    return said


def _rows(one: Mapping[str, int], other: Mapping[str, int], first: int, second: int, *, counts: bool) -> Sequence[str]:
    if set(one) != set(other):
        return [f"try {first} and {second} did not copy the same tables: {', '.join(sorted(set(one) ^ set(other)))}"]
    return [
        f"{table}: {one[table]:,} rows in try {first}, {other[table]:,} in try {second}"
        for table in one
        if counts and one[table] != other[table]
    ]


def _name(attempt: int) -> str:
    return f"rehearsal_{attempt}"


__all__ = ["Outcome", "disagreements", "note_outcome", "outcomes"]
