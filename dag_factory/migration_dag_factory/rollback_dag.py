"""The DAG for going back by hand."""

from __future__ import annotations

from airflow.sdk import DAG, Param, TriggerRule

from database_migration.model.migration_state import RETURNABLE
from database_migration.operators.rehearse import RehearseOperator
from database_migration.operators.rollback import RollbackOperator
from migration_dag_factory.dag_arguments import SUFFIX_ROLLBACK, dag_arguments
from migration_dag_factory.phases import keywords
from migration_dag_factory.spec import MigrationSpec


def build_rollback_dag(spec: MigrationSpec) -> DAG:
    """``<migration>__rollback``: started by a person, who says how far and why."""
    with DAG(
        spec.migration + SUFFIX_ROLLBACK,
        schedule=None,
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        params={
            "checkpoint": Param(
                None,
                type=["null", "string"],
                enum=[None, *(checkpoint.value for checkpoint in RETURNABLE)],
                title="Checkpoint",
                description="How far, while the target has never served: validated (only the cutover's moves are taken"
                " back), copied (keys and indexes too), prepared (rows too); the run lives on. Empty: all the way.",
            ),
            "tables": Param(
                None,
                type=["null", "array"],
                items={"type": "string"},
                title="Tables",
                description="Only these tables of the source, one a line: taken out of the run, or, with a checkpoint,"
                " taken back to it. Before the switch only.",
            ),
            "reason": Param("", type="string", title="Reason", description="Why; it stands in the report."),
        },
        **dag_arguments(spec, "Goes back by hand, also after cutover; nothing written on the target is lost."),
    ) as dag:
        rollback = RollbackOperator(
            task_id="rollback",
            options=spec.steps.rollback,
            cutover=spec.steps.cutover.model_dump(mode="json"),
            checkpoint="{{ params.checkpoint or '' }}",
            only_tables="{{ (params.tables or []) | join(',') }}",
            reason="{{ params.reason }}",
            **keywords(spec),
        )
        if spec.strategy.rehearse:
            # For a run that was deleted while it rehearsed, and with it the task that would have cleared away. Going
            # back does not depend on it, and comes after it because both tidy the same control schema.
            rollback.trigger_rule = TriggerRule.ALL_DONE
            clear = RehearseOperator(
                task_id="clear_rehearsal", clear=True, options=spec.steps.rehearse, retries=0, **keywords(spec)
            )
            clear >> rollback
    return dag


__all__ = ["build_rollback_dag"]
