"""Judges translated queries on both servers: planned, run, compared.

PROVEN is said only when both sides ran the query and returned the same, at least one row, and no rule
has a doubt. Whatever keeps from comparing (changes, placeholders, too many rows, an empty target) leaves
a query at PLANS with the reason.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from database_migration.engines.protocol import QueryOutcome, Session
from database_migration.errors import Refused
from database_migration.steps.run import Database, MigrationRun
from database_migration.steps.translate_queries.same_result import Tolerance, counted, difference
from database_migration.steps.translate_queries.translation import Weight
from database_migration.steps.translate_queries.verdicts import Judgement, QueryVerdict, TranslatedQuery

_NAMES_TOLD = 3


@dataclass(frozen=True, slots=True)
class Judging:
    """How queries are judged; durations in seconds."""

    compare: bool = True
    max_rows: int = 10_000
    timeout: float = 30
    tolerance: float = 1e-9
    repeat: int = 1
    """Runs per side whose latency is measured."""
    patience: float = 0
    """How long a differing result may take to become the same: replication brings writes late."""


@dataclass(slots=True)
class Bench:
    """Both sides' sessions, and what was found out about tables."""

    run: MigrationRun
    source: Session
    target: Session
    how: Judging
    _empty: dict[tuple[str, str], bool] = field(default_factory=dict)

    def ask(self, side: Database, session: Session, sql: str) -> QueryOutcome:
        """A query's result, one row more than is compared; Refused with the server's words."""
        return side.engine.inspection.run_query(session, sql, max_rows=self.how.max_rows + 1, timeout=self.how.timeout)

    def ask_source(self, sql: str) -> QueryOutcome:
        """The source's answer."""
        return self.ask(self.run.source, self.source, sql)

    def ask_target(self, sql: str) -> QueryOutcome:
        """The target's answer."""
        return self.ask(self.run.target, self.target, sql)

    def not_copied(self, tables: Iterable[str]) -> str | None:
        """A source table with rows whose target table has none."""
        for table in tables:
            target = self.run.selection.target_name(table)
            if self._is_empty(self.run.target, self.target, target) and not self._is_empty(
                self.run.source, self.source, table
            ):
                return table
        return None

    def _is_empty(self, side: Database, session: Session, table: str) -> bool:
        place = (side.endpoint.engine + str(side.endpoint), table)
        if place not in self._empty:
            name = side.engine.ddl.quote(side.schema, table)
            self._empty[place] = not session.execute(f"SELECT 1 FROM {name} LIMIT 1")
        return self._empty[place]


def judge(
    run: MigrationRun,
    queries: Sequence[TranslatedQuery],
    how: Judging,
    *,
    present: frozenset[str] | None = None,
) -> list[Judgement]:
    """A verdict for each query, in order.

    ``present`` names the source tables that the target has already; None: all. Raises Interrupted when a
    server goes away.
    """
    if not queries:
        return []
    with run.source.connect("translate_queries") as source, run.target.connect("translate_queries") as target:
        bench = Bench(run, source, target, how)
        return [_judge(bench, query, present) for query in queries]


def _judge(bench: Bench, query: TranslatedQuery, present: frozenset[str] | None) -> Judgement:
    translation = query.translation
    if translation.sql is None:
        reasons = " ".join(note.message for note in translation.notes_of(Weight.MANUAL))
        return Judgement(query, QueryVerdict.MANUAL, reasons)
    doubts = " ".join(note.message for note in translation.notes_of(Weight.RISK))
    missing = sorted(set(translation.tables) - present) if present is not None else []
    if missing:
        verdict = QueryVerdict.RISK if doubts else QueryVerdict.TRANSLATED
        return Judgement(query, verdict, doubts or f"The target has no table for {', '.join(missing)} yet.")
    if translation.parameters:
        verdict = QueryVerdict.RISK if doubts else QueryVerdict.TRANSLATED
        return Judgement(query, verdict, doubts or "It has placeholders; with values in their place it can be judged.")
    complaint = bench.run.target.engine.inspection.explain(bench.target, translation.sql)
    if complaint is not None:
        return Judgement(query, QueryVerdict.MANUAL, f"The target refuses it: {complaint}")
    if not translation.is_query:
        return _planned(query, doubts, "It changes rows or takes locks, so it is planned and not run.")
    if not bench.how.compare:
        return _planned(query, doubts, "Comparing is switched off.")
    copied = bench.not_copied(translation.tables)
    if copied is not None:
        return _planned(query, doubts, f"The rows of {copied} are not on the target yet.")
    return _compared(bench, query, doubts)


def _planned(query: TranslatedQuery, doubts: str, reason: str) -> Judgement:
    return Judgement(query, QueryVerdict.RISK, doubts) if doubts else Judgement(query, QueryVerdict.PLANS, reason)


def _compared(bench: Bench, query: TranslatedQuery, doubts: str) -> Judgement:
    source_sql, target_sql = query.query.sql, query.translation.sql or ""
    source_seconds: list[float] = []
    target_seconds: list[float] = []
    for number in range(bench.how.repeat):
        source = _timed(bench.ask_source, source_sql, bench.how.timeout)
        if isinstance(source, str):
            return Judgement(query, QueryVerdict.MANUAL, f"The source itself refuses it: {source}")
        if source is None:
            return _planned(query, doubts, f"The source took longer than {bench.how.timeout:g} s.")
        target = _timed(bench.ask_target, target_sql, bench.how.timeout)
        if isinstance(target, str):
            return Judgement(query, QueryVerdict.MANUAL, f"The target plans it and fails: {target}")
        if target is None:
            reason = f"The target took longer than {bench.how.timeout:g} s; the source took {source.seconds:.3g} s."
            return Judgement(query, QueryVerdict.RISK, reason, source_seconds=[source.seconds])
        source_seconds.append(source.seconds)
        target_seconds.append(target.seconds)
        if number == 0:
            first = (source, target)
    settled = _settled(bench, query, *first)
    verdict, reason = _verdict(bench, query, settled, doubts)
    return Judgement(
        query,
        verdict,
        reason,
        rows=min(len(first[0].rows), bench.how.max_rows),
        source_seconds=source_seconds,
        target_seconds=target_seconds,
        differs=settled.difference is not None and not _may_differ(query, settled),
        in_motion=settled.in_motion,
    )


@dataclass(frozen=True, slots=True)
class _Settled:
    """The last pair of answers, and how they compare."""

    source: QueryOutcome
    target: QueryOutcome
    difference: str | None
    in_motion: bool = False


def _settled(bench: Bench, query: TranslatedQuery, source: QueryOutcome, target: QueryOutcome) -> _Settled:
    """Compare, and while replication may be behind, compare again for a while.

    The source is asked before and after the target: an answer of the target that equals either is right.
    Where the source's own answers differ the rows are in motion, and nothing can be said.
    """
    found = _difference(bench, query, source, target)
    deadline = time.monotonic() + bench.how.patience
    pause, moved = 0.2, False
    while found is not None and time.monotonic() < deadline:
        after = bench.ask_source(query.query.sql)
        if _difference(bench, query, after, target) is None:
            return _Settled(after, target, None)
        moved = _difference(bench, query, source, after) is not None
        time.sleep(pause)
        pause = min(pause * 2, 3)
        source, target = bench.ask_source(query.query.sql), bench.ask_target(query.translation.sql or "")
        found = _difference(bench, query, source, target)
    return _Settled(source, target, found, in_motion=found is not None and moved)


def _difference(bench: Bench, query: TranslatedQuery, source: QueryOutcome, target: QueryOutcome) -> str | None:
    translation = query.translation
    if max(len(source.rows), len(target.rows)) > bench.how.max_rows:
        return None  # cut off: the verdict says that they were not compared
    return difference(
        source.rows,
        target.rows,
        ordered=translation.ordered,
        sort_columns=translation.sort_columns,
        tolerance=Tolerance(bench.how.tolerance, translation.inexact),
        names=source.columns,
    )


def _may_differ(query: TranslatedQuery, settled: _Settled) -> bool:
    """Whether a difference says nothing against the translation."""
    return settled.in_motion or query.translation.volatile or _limit_cuts(query, settled)


def _limit_cuts(query: TranslatedQuery, settled: _Settled) -> bool:
    limit = query.translation.unordered_limit
    return limit is not None and len(settled.source.rows) >= limit


def _verdict(bench: Bench, query: TranslatedQuery, settled: _Settled, doubts: str) -> tuple[QueryVerdict, str]:
    rows = len(settled.source.rows)
    if rows > bench.how.max_rows or len(settled.target.rows) > bench.how.max_rows:
        if doubts:
            return QueryVerdict.RISK, doubts
        return QueryVerdict.PLANS, f"More than {bench.how.max_rows} rows: not compared."
    if _limit_cuts(query, settled):
        message = "Which rows a LIMIT without ORDER BY takes is nobody's promise."
        return QueryVerdict.RISK, f"{settled.difference or 'The same result here, but:'} {message}"
    if query.translation.shows_volatile:
        return QueryVerdict.PLANS, "It shows the clock, chance or the session, so results differ by nature."
    if settled.difference is not None:
        if settled.in_motion:
            return QueryVerdict.PLANS, "The source's own answer kept changing while it was compared."
        if query.translation.volatile:
            return (
                QueryVerdict.PLANS,
                f"It reads the clock, chance or the session, so results differ by nature. ({settled.difference})",
            )
        return QueryVerdict.RISK, f"{settled.difference} {doubts}".strip()
    if doubts:
        return QueryVerdict.RISK, f"The same result here, but: {doubts}"
    if rows == 0:
        return QueryVerdict.PLANS, "No row on either side, which proves nothing."
    names = _other_names(settled)
    return QueryVerdict.PROVEN, f"The same {counted(rows)} on both sides.{names}"


def _other_names(settled: _Settled) -> str:
    """Which columns have other names: those without an alias, that each server names in its own way."""
    pairs = zip(settled.source.columns, settled.target.columns, strict=False)
    other = [f"{' '.join(one.split())} is called {' '.join(two.split())}" for one, two in pairs if one != two]
    if not other:
        return ""
    more = f" and {len(other) - _NAMES_TOLD} more" if len(other) > _NAMES_TOLD else ""
    return f" Without an alias, {', '.join(other[:_NAMES_TOLD])}{more} on the target."


def _timed(ask: object, sql: str, timeout: float) -> QueryOutcome | str | None:
    """The answer; the server's complaint; or None where time ran out."""
    began = time.monotonic()
    try:
        return ask(sql)  # type: ignore[operator,no-any-return]
    except Refused as refusal:
        return None if time.monotonic() - began >= timeout * 0.95 else refusal.problem


__all__ = ["Bench", "Judging", "judge"]
