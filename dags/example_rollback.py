"""Going back before the cutover: nothing of the migration is left on either side.

Trigger it by hand with connections ``example_source`` (mysql) and ``example_target`` (postgres).
"""

from __future__ import annotations

from airflow.sdk import DAG, chain

from database_migration.operators.apply_schema import ApplySchemaOperator
from database_migration.operators.chunked_copy import ChunkedCopyOperator
from database_migration.operators.plan import PlanOperator
from database_migration.operators.preflight import PreflightOperator
from database_migration.operators.replicate import StartCaptureOperator
from database_migration.operators.rollback import RollbackOperator

MIGRATION = {
    "migration": "example_rollback",
    "source_conn_id": "example_source",
    "target_conn_id": "example_target",
    "online": True,
}

with DAG("example_rollback", schedule=None, catchup=False, tags=["example", "database-migration"]) as dag:
    chain(
        PreflightOperator(task_id="preflight", **MIGRATION),
        PlanOperator(task_id="plan", options={"probe_rows": 0}, **MIGRATION),
        ApplySchemaOperator(task_id="tables", stage="tables", **MIGRATION),
        StartCaptureOperator(task_id="start_capture", **MIGRATION),
        ChunkedCopyOperator(task_id="chunked_copy", **MIGRATION),
        RollbackOperator(task_id="rollback", cutover={"traffic": {"kind": "none"}}, reason="an example", **MIGRATION),
    )
