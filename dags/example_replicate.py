"""Changes captured and applied until the target has caught up.

Trigger it by hand with connections ``example_source`` (mysql) and ``example_target`` (postgres). The teardown at its
end takes back what it created, so that it can be run again.
"""

from __future__ import annotations

from airflow.sdk import DAG, chain

from database_migration.operators.apply_schema import ApplySchemaOperator
from database_migration.operators.chunked_copy import ChunkedCopyOperator
from database_migration.operators.plan import PlanOperator
from database_migration.operators.preflight import PreflightOperator
from database_migration.operators.replicate import ReplicateOperator, StartCaptureOperator
from database_migration.operators.rollback import RollbackOperator

MIGRATION = {
    "migration": "example_replicate",
    "source_conn_id": "example_source",
    "target_conn_id": "example_target",
    "online": True,
}

with DAG("example_replicate", schedule=None, catchup=False, tags=["example", "database-migration"]) as dag:
    chain(
        PreflightOperator(task_id="preflight", **MIGRATION),
        PlanOperator(task_id="plan", options={"probe_rows": 0}, **MIGRATION),
        ApplySchemaOperator(task_id="tables", stage="tables", **MIGRATION),
        StartCaptureOperator(task_id="start_capture", **MIGRATION),
        ChunkedCopyOperator(task_id="chunked_copy", **MIGRATION),
        ReplicateOperator(task_id="reach_copy_end", until="copy_end", **MIGRATION),
        ReplicateOperator(task_id="catch_up", until="caught_up", options={"max_lag": "PT5S"}, **MIGRATION),
        RollbackOperator(task_id="rollback", **MIGRATION).as_teardown(),
    )
