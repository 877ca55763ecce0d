"""A cutover under way, and back again with every write that the target took in between.

Trigger it by hand with connections ``example_source`` (mysql) and ``example_target`` (postgres). It can be run again;
the tables stay in the target's schema ``example_cutover``, fenced, until the next run takes them for its own.
"""

from __future__ import annotations

from airflow.sdk import DAG, chain

from database_migration.operators.apply_schema import ApplySchemaOperator
from database_migration.operators.chunked_copy import ChunkedCopyOperator
from database_migration.operators.cutover import CutoverOperator
from database_migration.operators.plan import PlanOperator
from database_migration.operators.preflight import PreflightOperator
from database_migration.operators.replicate import ReplicateOperator, StartCaptureOperator
from database_migration.operators.rollback import RollbackOperator

MIGRATION = {
    "migration": "example_cutover",
    "source_conn_id": "example_source",
    "target_conn_id": "example_target",
    "target_schema": "example_cutover",
}
TRAFFIC = {"traffic": {"kind": "none"}}  # a person leads the application over

with DAG("example_cutover", schedule=None, catchup=False, tags=["example", "database-migration"]) as dag:
    chain(
        PreflightOperator(task_id="preflight", **MIGRATION),
        PlanOperator(task_id="plan", options={"probe_rows": 0}, **MIGRATION),
        ApplySchemaOperator(task_id="tables", stage="tables", **MIGRATION),
        StartCaptureOperator(task_id="start_capture", **MIGRATION),
        ChunkedCopyOperator(task_id="chunked_copy", **MIGRATION),
        ReplicateOperator(task_id="reach_copy_end", until="copy_end", **MIGRATION),
        ApplySchemaOperator(task_id="keys", stage="keys", **MIGRATION),
        ReplicateOperator(task_id="catch_up", until="caught_up", **MIGRATION),
        CutoverOperator(task_id="cutover", options=TRAFFIC, **MIGRATION),
        RollbackOperator(task_id="rollback", cutover=TRAFFIC, reason="an example", **MIGRATION),
    )
