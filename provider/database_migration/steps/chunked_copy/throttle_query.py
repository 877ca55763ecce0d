"""A query of the user's that says whether a server is busy."""

from __future__ import annotations

import math
from decimal import Decimal

from database_migration.engines.protocol import Session
from database_migration.errors import MigrationError, Refused
from database_migration.steps.chunked_copy.brake_options import ThrottleQuery
from database_migration.steps.run import Database

_SECONDS = 5.0


def ask(database: Database, session: Session, query: ThrottleQuery) -> str:
    """Why to wait, '' where there is no reason. A query that fails is one: nobody knows how busy the server is."""
    try:
        found = answer(database, session, query)
    except MigrationError as error:
        return f"the throttle query fails on the {query.on}: {error.problem.rstrip('.')}"
    if query.above is not None:
        return f"the throttle query gives {found:g}, more than {query.above:g}" if found > query.above else ""
    return f"the throttle query gives {str(bool(found)).lower()}" if bool(found) is query.is_ else ""


def answer(database: Database, session: Session, query: ThrottleQuery) -> float:
    """The query's number, true and false being 1 and 0.

    :raises Refused: it fails, takes more than five seconds, or gives anything else.
    """
    outcome = database.engine.inspection.run_query(session, query.sql, max_rows=2, timeout=_SECONDS)
    if len(outcome.rows) != 1 or len(outcome.columns) != 1:
        rows = "more than one row" if len(outcome.rows) > 1 else f"{len(outcome.rows)} rows"
        raise _unusable(f"It gives {rows} of {len(outcome.columns)} columns.")
    value = outcome.rows[0][0]
    if value is None:
        raise _unusable("It gives NULL.")
    if isinstance(value, bool | int | float | Decimal) and math.isfinite(value):
        return float(value)
    raise _unusable(f"It gives a {type(value).__name__}.")


def _unusable(problem: str) -> Refused:
    return Refused(
        problem, mend="have it give one row with one number, or true or false; coalesce(…, 0) where there may be none."
    )


__all__ = ["answer", "ask"]
