"""Questions of the user's own, asked on both sides: the answers have to be equal, or close enough.

While replication runs the source is asked first, then what its log holds is waited for, then the target and the source
once more: an answer counts as different only if the source's was the same both times.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from database_migration.engines.protocol import Row, Session
from database_migration.errors import Refused, SpecRefused
from database_migration.model.report import Finding, ReportTable, Severity
from database_migration.steps.run import Database
from database_migration.steps.validate.motion import Motion
from database_migration.steps.validate.options import QueryPair, ValidateOptions
from database_migration.steps.validate.sides import Sides

_TRIES = 3
_MOST_ROWS = 10_000
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """What both sides said to a query."""

    name: str
    source: str
    target: str
    equal: bool
    moving: bool = False
    """The source's answer changed each time it was asked."""

    def finding(self) -> Finding | None:
        """What a reader should know of it."""
        if self.equal:
            return None
        said = f"{self.source} on the source, {self.target} on the target"
        if self.moving:
            return Finding(
                Severity.WARNING,
                "query_in_motion",
                f"queries.{self.name}",
                f"{said}; the source's answer kept changing.",
                "nothing, or ask about rows that rest.",
            )
        return Finding(
            Severity.BLOCKER, "queries_disagree", f"queries.{self.name}", f"{said}.",
            "look at the rows that the query reads, or give it a tolerance.",
        )  # fmt: skip


def ask_queries(sides: Sides, options: ValidateOptions, motion: Motion) -> list[QueryAnswer]:
    """Ask every query of the spec.

    :raises SpecRefused: a server refuses a query.
    """
    return [_ask(sides, query, motion, options.query_timeout.total_seconds()) for query in options.queries]


def query_table(answers: Sequence[QueryAnswer]) -> ReportTable:
    """For the report."""
    return ReportTable(
        "Queries",
        ("query", "source", "target", "result"),
        tuple(
            (one.name, one.source, one.target, "equal" if one.equal else "in motion" if one.moving else "differs")
            for one in answers
        ),
    )


def _ask(sides: Sides, query: QueryPair, motion: Motion, timeout: float) -> QueryAnswer:
    run = sides.run

    def here(session: Session) -> list[Row]:
        return _rows(run.source, session, query, query.source, timeout)

    def there(session: Session) -> list[Row]:
        return _rows(run.target, session, query, query.target or query.source, timeout)

    if not motion.moving:
        source, target = sides.both(here, there)
        return QueryAnswer(query.name, _shown(source), _shown(target), _agree(source, target, query))
    for _ in range(_TRIES):
        before = here(sides.source)
        motion.settle()
        target = there(sides.target)
        after = here(sides.source)
        equal = _agree(after, target, query) or _agree(before, target, query)
        if equal or _agree(before, after, query):
            return QueryAnswer(query.name, _shown(after), _shown(target), equal)
    return QueryAnswer(query.name, _shown(after), _shown(target), equal=False, moving=True)


def _rows(database: Database, session: Session, query: QueryPair, sql: str, timeout: float) -> list[Row]:
    try:
        return database.engine.inspection.run_query(session, sql, max_rows=_MOST_ROWS, timeout=timeout).rows
    except Refused as error:
        raise SpecRefused(
            f"the query {query.name!r} cannot run on {database.endpoint}: {error.problem}",
            mend="correct it; give `target` a text of its own where the two sides speak different dialects.",
            subject=f"steps.validate.queries.{query.name}",
        ) from error


def _agree(one: Sequence[Row], other: Sequence[Row], query: QueryPair) -> bool:
    return len(one) == len(other) and all(
        len(mine) == len(its) and all(_same(a, b, query) for a, b in zip(mine, its, strict=True))
        for mine, its in zip(one, other, strict=True)
    )


def _same(one: object, other: object, query: QueryPair) -> bool:
    mine, its = _number(one), _number(other)
    if mine is None or its is None:
        return str(one) == str(other) if one is not None and other is not None else one is other
    allowed = Decimal(str(query.allowed))
    difference = abs(mine - its)
    return difference <= (allowed * max(abs(mine), abs(its)) if query.is_share else allowed)


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool | int | Decimal):
        return Decimal(value) if Decimal(value).is_finite() else None
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else None
    return None


def _shown(rows: Sequence[Row]) -> str:
    if len(rows) == 1 and len(rows[0]) == 1:
        text = "NULL" if rows[0][0] is None else str(rows[0][0])
    else:
        text = f"{len(rows)} rows: " + "; ".join(", ".join(map(str, row)) for row in rows[:3])
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


__all__ = ["QueryAnswer", "ask_queries", "query_table"]
