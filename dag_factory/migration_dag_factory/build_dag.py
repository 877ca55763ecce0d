"""From a spec to its three DAGs.

    begin ─ plan ─ [gate] ─ prepare ─ execute ─ [gate] ─ cutover ─ [gate] ─ soak ─ rollback ─ verdict

``begin`` is a setup that does nothing, ``rollback`` and ``verdict`` are its teardowns. Of the shapes that were
tried this is the one that is right in every case: rollback runs once anything failed (or was rejected, or a
person marked the run failed), does nothing when all went well, and never makes the run green; a failing setup
would keep its teardowns from running, so it does nothing; with ``dagrun_timeout`` teardowns are skipped, so
there is none.
"""

from __future__ import annotations

from pathlib import Path

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, chain

from database_migration.operators.rollback import RollbackOperator
from database_migration.operators.verdict import VerdictOperator
from migration_dag_factory.dag_arguments import dag_arguments
from migration_dag_factory.gates import gate
from migration_dag_factory.phases import (
    cutover_phase,
    execute_phase,
    keywords,
    plan_phase,
    prepare_phase,
    soak_phase,
)
from migration_dag_factory.project_paths import from_project
from migration_dag_factory.replication_dag import build_replication_dag
from migration_dag_factory.rollback_dag import build_rollback_dag
from migration_dag_factory.spec import MigrationSpec
from migration_dag_factory.watch_dag import build_watch_dag

_TASKS_BESIDE_THE_LANES = 4


def build_dags(spec: MigrationSpec, project: Path | None = None) -> tuple[DAG, ...]:
    """The migration's DAG, the one that replicates (online), the one that goes back, and the watch, where it is wanted.

    ``project`` is the folder that paths in the spec are relative to; None: the worker's.
    """
    if spec.online:
        watch = (build_watch_dag(spec),) if spec.steps.validate_.watch else ()
        return build_dag(spec, project), build_replication_dag(spec), build_rollback_dag(spec), *watch
    return build_dag(spec, project), build_rollback_dag(spec)


def build_dag(spec: MigrationSpec, project: Path | None = None) -> DAG:
    """The migration's own DAG: at most one run at a time, each from the plan to the end or back."""
    steps = from_project(spec.steps, project or Path())
    description = spec.description or f"Migrates {spec.source.conn_id} to {spec.target.conn_id}."
    with DAG(
        spec.migration,
        schedule=spec.schedule,
        catchup=False,
        max_active_runs=1,
        max_active_tasks=_lanes(spec) + _TASKS_BESIDE_THE_LANES,
        **dag_arguments(spec, description),
    ) as dag:
        begin = EmptyOperator(task_id="begin").as_setup()
        links = [
            plan_phase(spec, steps, begin),
            gate(spec, "plan"),
            prepare_phase(spec, steps),
            execute_phase(spec, steps),
            gate(spec, "cutover"),
            cutover_phase(spec),
            gate(spec, "finalize"),
            soak_phase(spec),
        ]
        rollback = RollbackOperator(
            task_id="rollback",
            options=spec.steps.rollback,
            cutover=spec.steps.cutover.model_dump(mode="json"),
            only_after_failure=True,
            **keywords(spec),
        ).as_teardown(setups=begin)
        verdict = VerdictOperator(task_id="verdict", retries=0).as_teardown(setups=begin, on_failure_fail_dagrun=True)
        work = [link for link in links if link is not None]
        chain(begin, *work, rollback, verdict)
        work[-1] >> verdict
    return dag


def _lanes(spec: MigrationSpec) -> int:
    """Tasks that copy side by side."""
    copy = spec.steps.chunked_copy
    return copy.lanes if copy.staging is None else 2 * copy.lanes


__all__ = ["build_dag", "build_dags"]
