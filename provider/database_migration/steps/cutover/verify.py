"""Whether the target is fit to serve."""

from __future__ import annotations

from database_migration.errors import Refused
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding, Severity
from database_migration.steps.cutover.options import VerifyQuery
from database_migration.steps.cutover.scene import Attempt

_QUERY_TIMEOUT = 30.0


def verify_target(attempt: Attempt) -> dict[str, object]:
    """Look at the traffic, read from the target, and ask the user's queries; differences become findings."""
    target = attempt.run.target
    serving = attempt.traffic.serving()
    if serving is Side.SOURCE:
        attempt.findings.append(
            _blocker("serving", attempt.traffic.describe(), "the traffic leads to the source again.")
        )
    tables = attempt.scene.tables(Side.TARGET)
    with target.connect("verify") as session:
        for table in tables[:1]:
            session.execute(f"SELECT 1 FROM {target.engine.ddl.quote(target.schema, table)} LIMIT 1")
        if tables and target.engine.fence.is_up(session, target.schema, tables):
            attempt.findings.append(_blocker("fenced", target.schema, "the target's tables are fenced."))
        right = sum(_ask(attempt, query) for query in attempt.options.verify)
    return {
        "serving": "unknown" if serving is None else serving.value,
        "queries": len(attempt.options.verify),
        "queries_right": right,
    }


def _ask(attempt: Attempt, query: VerifyQuery) -> bool:
    target = attempt.run.target
    timeout = min(_QUERY_TIMEOUT, attempt.options.max_write_pause.total_seconds())
    try:
        with target.connect("verify") as session:
            outcome = target.engine.inspection.run_query(session, query.sql, max_rows=1, timeout=timeout)
    except Refused as error:
        attempt.findings.append(_blocker("verify", query.name, f"the query failed: {error}"))
        return False
    answer = outcome.rows[0][0] if outcome.rows else None
    if str(answer) != str(query.expect):
        attempt.findings.append(
            _blocker("verify", query.name, f"expected {query.expect!r}, the target says {answer!r}.")
        )
        return False
    return True


def _blocker(code: str, subject: str, message: str) -> Finding:
    return Finding(
        Severity.BLOCKER, code, subject, message,
        "trigger the migration's rollback: reverse replication holds, no write is lost.",
    )  # fmt: skip


__all__ = ["verify_target"]
