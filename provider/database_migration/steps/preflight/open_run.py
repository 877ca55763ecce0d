"""Opens the run in the ledger, once both servers have answered and are known to be two."""

from __future__ import annotations

import uuid

from database_migration.engines.protocol import Session
from database_migration.errors import EpochPassed, Interrupted, NotPossible, PreflightRefused, Refused, SpecRefused
from database_migration.model.migration_state import Side
from database_migration.model.report import Severity
from database_migration.model.schema import Schema
from database_migration.steps.run import MigrationRun


def require_two_databases(run: MigrationRun, source: Session, target: Session) -> None:
    """Refuse when both connections lead to the same schema, under whatever address.

    A lock that one session holds and the other cannot have shows that both have met the same server.

    :raises PreflightRefused: source and target are one.
    """
    one, other = run.source.endpoint, run.target.endpoint
    if one.engine != other.engine or one.schema != other.schema or one.database != other.database:
        return
    name = f"database_migration:meeting:{uuid.uuid4()}"
    if source.try_lock(name) and not target.try_lock(name):
        raise PreflightRefused(
            f"source and target are the same database: {one} and {other}, schema {one.schema}.",
            mend="correct one of the two connections, or the schema in the spec.",
            subject=run.migration,
        )


def open_run(run: MigrationRun, target: Session) -> None:
    """Install the control schema and open the run.

    :raises PreflightRefused: the control schema cannot be created; the text has the grants that are missing.
    """
    try:
        run.open()
    except (EpochPassed, NotPossible, SpecRefused, Interrupted):
        raise
    except Refused as refusal:
        raise PreflightRefused(
            f"the ledger cannot be created on the target: {refusal.problem}",
            mend=_missing_grants(run, target) or refusal.mend,
            subject=str(run.target.endpoint),
        ) from refusal


def _missing_grants(run: MigrationRun, target: Session) -> str:
    """What the target's own inspection says has to be granted."""
    findings = run.target.engine.inspection.preflight(
        target, Schema(run.target.schema), (), role=Side.TARGET, online=run.online
    )
    return " ".join(finding.mend for finding in findings if finding.severity is Severity.BLOCKER and finding.mend)


__all__ = ["open_run", "require_two_databases"]
