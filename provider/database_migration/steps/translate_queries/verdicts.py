"""What is known about a translated query, from best to worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from database_migration.steps.translate_queries.corpus import Query
from database_migration.steps.translate_queries.translation import Translation


class QueryVerdict(StrEnum):
    """How far a translation can be relied upon."""

    PROVEN = "PROVEN"
    """Both sides ran it and returned the same, at least one row."""
    PLANS = "PLANS"
    """The target accepts it, but results were not compared: the reason says why."""
    TRANSLATED = "TRANSLATED"
    """The rules translated it; the target has no tables yet that could tell more."""
    RISK = "RISK"
    """The results differ, or a rule says that they may."""
    MANUAL = "MANUAL"
    """It cannot be translated, or the target refuses it."""


@dataclass(frozen=True, slots=True)
class TranslatedQuery:
    """A query with its translation, or with the text that a person wrote in its place."""

    query: Query
    translation: Translation
    by_hand: bool = False

    @property
    def name(self) -> str:
        """The query's name."""
        return self.query.name


@dataclass(frozen=True, slots=True)
class Judgement:
    """A query's verdict, with the seconds that each run took."""

    query: TranslatedQuery
    verdict: QueryVerdict
    reason: str
    rows: int | None = None
    source_seconds: Sequence[float] = ()
    target_seconds: Sequence[float] = ()
    waived: str = ""
    """The reason why the user accepts it."""
    differs: bool = False
    """Whether both sides ran and returned different results."""
    in_motion: bool = False
    """Whether the source's own answer kept changing while it was compared."""

    @property
    def name(self) -> str:
        """The query's name."""
        return self.query.name


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Latency in milliseconds."""

    p50: float
    p95: float


def percentiles(seconds: Sequence[float]) -> Percentiles | None:
    """p50 and p95 of measured seconds, by nearest rank; None without measurements."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    last = len(ordered) - 1
    return Percentiles(*(round(ordered[round(last * part)] * 1000, 3) for part in (0.5, 0.95)))


def counts(judgements: Sequence[Judgement]) -> Mapping[str, int]:
    """Queries by verdict, best first."""
    return {verdict.value: sum(j.verdict is verdict for j in judgements) for verdict in QueryVerdict}


__all__ = ["Judgement", "Percentiles", "QueryVerdict", "TranslatedQuery", "counts", "percentiles"]
