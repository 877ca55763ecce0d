"""What is looked at right before writes are held."""

from __future__ import annotations

from database_migration.errors import Interrupted, NotPossible, PreflightRefused, SpecRefused
from database_migration.model.migration_state import Side
from database_migration.steps.cutover.final_check import compare_everything, require_columns_waived, require_waived
from database_migration.steps.cutover.scene import Attempt
from database_migration.steps.schema_compare import require_target_unchanged, require_unchanged


def check_before(attempt: Attempt) -> dict[str, object]:
    """Refuse what would fail later, and compare every row while the application writes.

    :raises Refused: each with what to mend; nothing has been moved.
    """
    run, traffic = attempt.run, attempt.traffic
    engines = {run.source.engine.traits.engine, run.target.engine.traits.engine}
    if len(engines) > 1 and not traffic.crosses_engines:
        raise SpecRefused(
            f"{traffic.describe()} cannot lead clients of {run.source.engine.traits.engine} to another engine.",
            mend="choose traffic that the application itself follows: sql, http, airflow_connection or none.",
            subject=run.migration,
        )
    traffic.check()
    serving = traffic.serving()
    if serving is Side.TARGET:
        raise NotPossible(
            f"{traffic.describe()} leads to the target already, and no cutover of this run led it there.",
            mend="lead it back to the source before anything else, or no write can be accounted for.",
            subject=run.migration,
        )
    require_unchanged(run, attempt.ledger, waiting=False)
    require_target_unchanged(run, attempt.ledger)
    attempt.findings += require_waived(run, attempt.ledger, attempt.options.waive_quarantine)
    attempt.findings += require_columns_waived(run, attempt.ledger, attempt.options.waive_columns)
    _queries_can_run(attempt)
    detail: dict[str, object] = {"serving": "unknown" if serving is None else serving.value}
    if run.online and attempt.options.validate_in_flight:
        attempt.touched.take()
        try:
            report = compare_everything(run)
        except Interrupted:
            if attempt.applier is not None:
                _ = attempt.applier.applied  # what stopped the applier says more than that rows do not arrive
            raise
        detail["validation"] = report.verdict.value
        detail |= {name: value for name, value in report.summary.items() if name.startswith("rows_")}
    return detail


def _queries_can_run(attempt: Attempt) -> None:
    target = attempt.run.target
    with target.connect("verify") as session:
        for query in attempt.options.verify:
            complaint = target.engine.inspection.explain(session, query.sql)
            if complaint is not None:
                raise PreflightRefused(
                    f"the verification query {query.name!r} cannot run on the target: {complaint.rstrip('.')}.",
                    mend="write it in the target's dialect, under steps.cutover.verify.",
                    subject=attempt.run.migration,
                )


__all__ = ["check_before"]
