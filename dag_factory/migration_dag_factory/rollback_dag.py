"""The DAG for going back by hand."""

from __future__ import annotations

from airflow.sdk import DAG, Param

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
                title="Checkpoint",
                description="validated: only the cutover's moves are taken back, the run lives on; empty: all the way.",
            ),
            "reason": Param("", type="string", title="Reason", description="Why; it stands in the report."),
        },
        **dag_arguments(spec, "Goes back by hand, also after cutover; nothing written on the target is lost."),
    ) as dag:
        RollbackOperator(
            task_id="rollback",
            options=spec.steps.rollback,
            cutover=spec.steps.cutover.model_dump(mode="json"),
            checkpoint="{{ params.checkpoint or '' }}",
            reason="{{ params.reason }}",
            **keywords(spec),
        )
    return dag


__all__ = ["build_rollback_dag"]
