"""A whole online migration in Python: what ``migration_dag_factory`` builds of this spec.

    migration: example_full_migration
    source: {conn_id: example_source}
    target: {conn_id: example_target}
    gates: [cutover]
    windows: {cutover: {cron: "0 2 * * SUN", duration: PT2H, timezone: Europe/Paris}}
    steps:
      chunked_copy: {lanes: 2}

Beside it, ``example_full_migration__replication`` applies changes for as long as the ledger wants it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, TaskGroup, chain

from database_migration.operators.apply_schema import ApplySchemaOperator
from database_migration.operators.checkpoint import CheckpointOperator
from database_migration.operators.chunked_copy import ChunkedCopyOperator
from database_migration.operators.cutover import CutoverOperator
from database_migration.operators.dual_read import DualReadOperator
from database_migration.operators.finalize import FinalizeOperator
from database_migration.operators.plan import PlanOperator
from database_migration.operators.preflight import PreflightOperator
from database_migration.operators.replicate import ReplicateOperator, StartCaptureOperator
from database_migration.operators.rollback import RollbackOperator
from database_migration.operators.schema_compare import SchemaCompareOperator
from database_migration.operators.translate_queries import TranslateQueriesOperator
from database_migration.operators.validate import ValidateOperator
from database_migration.operators.verdict import VerdictOperator
from database_migration.sensors.cutover_window import CutoverWindowSensor
from database_migration.sensors.replication_wanted import ReplicationWantedSensor

MIGRATION = {
    "migration": "example_full_migration",
    "source_conn_id": "example_source",
    "target_conn_id": "example_target",
}
LANES = {"lanes": 2}
TRAFFIC = {"traffic": {"kind": "none"}}  # a person leads the application over
RETRIES = {"retries": 3, "retry_delay": timedelta(seconds=5)}
TAGS = ["example", "database-migration"]

with DAG(
    "example_full_migration", schedule=None, catchup=False, max_active_runs=1, default_args=RETRIES, tags=TAGS
) as dag:
    # A setup that does nothing: were it to fail, its teardowns would not run. No dagrun_timeout either.
    begin = EmptyOperator(task_id="begin").as_setup()

    with TaskGroup("plan") as plan:
        chain(
            PreflightOperator(task_id="preflight", **MIGRATION),
            SchemaCompareOperator(task_id="schema_compare", **MIGRATION),
            TranslateQueriesOperator(task_id="translate_queries", **MIGRATION),
            PlanOperator(task_id="plan", **MIGRATION),
        )

    with TaskGroup("prepare") as prepare:
        chain(
            ApplySchemaOperator(task_id="apply_schema", stage="tables", **MIGRATION),
            StartCaptureOperator(task_id="start_capture", **MIGRATION),
            CheckpointOperator(task_id="checkpoint", name="prepared", **MIGRATION),
        )

    with TaskGroup("execute") as execute:
        cut = ChunkedCopyOperator(task_id="cut_chunks", part="cut", options=LANES, **MIGRATION)
        chain(
            ChunkedCopyOperator.partial(task_id="chunked_copy", part="lane", options=LANES, **MIGRATION).expand(
                lane=cut.output
            ),
            ChunkedCopyOperator(task_id="finish_copy", part="finish", options=LANES, **MIGRATION),
            ReplicateOperator(task_id="reach_copy_end", until="copy_end", **MIGRATION),
            ApplySchemaOperator(task_id="apply_schema", stage="keys", **MIGRATION),
            ReplicateOperator(task_id="catch_up", until="caught_up", **MIGRATION),
            ValidateOperator(task_id="validate", **MIGRATION),
            DualReadOperator(task_id="dual_read", **MIGRATION),
            CheckpointOperator(task_id="checkpoint", name="validated", **MIGRATION),
        )

    gate = ApprovalOperator(
        task_id="gate_cutover", subject="Lead the application over to the target?", fail_on_reject=True, retries=0
    )

    with TaskGroup("cutover") as cutover:
        chain(
            CutoverWindowSensor(
                task_id="window", cron="0 2 * * SUN", duration=timedelta(hours=2), timezone="Europe/Paris"
            ),
            CutoverOperator(task_id="cutover", options=TRAFFIC, gate_task_id="gate_cutover", **MIGRATION),
        )

    with TaskGroup("soak") as soak:
        finalize = FinalizeOperator(task_id="finalize", cutover=TRAFFIC, **MIGRATION)

    rollback = RollbackOperator(task_id="rollback", cutover=TRAFFIC, only_after_failure=True, **MIGRATION)
    verdict = VerdictOperator(task_id="verdict", retries=0)
    rollback.as_teardown(setups=begin)
    verdict.as_teardown(setups=begin, on_failure_fail_dagrun=True)
    chain(begin, plan, prepare, execute, gate, cutover, soak, rollback, verdict)
    soak >> verdict

with DAG(
    "example_full_migration__replication",
    schedule=None,  # "@continuous" in earnest: one run after the other
    start_date=datetime(2024, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args=RETRIES,
    tags=TAGS,
) as replication:
    chain(
        ReplicationWantedSensor(task_id="wanted", **MIGRATION),
        ReplicateOperator(task_id="stint", until="stint", **MIGRATION),
    )
