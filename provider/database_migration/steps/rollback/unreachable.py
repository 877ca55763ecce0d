"""When the target does not answer, and with it the ledger: what the source alone allows."""

from __future__ import annotations

from typing import NoReturn

from database_migration.errors import Interrupted, MigrationError
from database_migration.ledger import Positions, is_installed
from database_migration.model.migration_state import Side
from database_migration.steps.cutover.repair import release_source
from database_migration.steps.run import MigrationRun
from database_migration.traffic import Traffic


def rescue_source(run: MigrationRun, traffic: Traffic, reason: MigrationError) -> NoReturn:
    """Let the application go on with the source where that is certain to lose nothing, then raise Interrupted.

    Certain it is when the traffic leads to the source, or when the source's copy of the control schema shows
    that reverse replication was never made ready, because without it the target never served.
    """
    if _target_never_served(run, traffic):
        release_source(run, traffic)
        raise Interrupted(
            f"the target cannot be reached ({reason.problem}) The source is open and the traffic leads to it; nothing"
            " else is done yet.",
            mend="bring the target back and clear the task: it stops capture, drops what was made and ends the run.",
            subject=run.migration,
        ) from reason
    raise Interrupted(
        f"the target cannot be reached ({reason.problem}) and may have served: its last writes are only there, so the"
        " source stays fenced.",
        mend="bring the target back and clear the task. If it is lost for good, decide who answers for the writes since"
        " the last applied position (database_migration.applied on the source), then drop the fence by hand.",
        subject=run.migration,
    ) from reason


def _target_never_served(run: MigrationRun, traffic: Traffic) -> bool:
    serving = traffic.serving()
    if serving is not None:
        return serving is Side.SOURCE
    with run.source.connect("rollback") as session:
        return not is_installed(session) or not Positions.ever_reversed(session, run.migration)


__all__ = ["rescue_source"]
