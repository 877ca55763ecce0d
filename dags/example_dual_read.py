"""The translated queries on both sides, results and latencies side by side.

Trigger it by hand with connections ``example_source`` (mysql) and ``example_target`` (postgres). The teardown at its
end takes back what it created, so that it can be run again.
"""

from __future__ import annotations

from airflow.sdk import DAG, chain

from database_migration.operators.apply_schema import ApplySchemaOperator
from database_migration.operators.chunked_copy import ChunkedCopyOperator
from database_migration.operators.dual_read import DualReadOperator
from database_migration.operators.plan import PlanOperator
from database_migration.operators.preflight import PreflightOperator
from database_migration.operators.rollback import RollbackOperator
from database_migration.operators.translate_queries import TranslateQueriesOperator

MIGRATION = {
    "migration": "example_dual_read",
    "source_conn_id": "example_source",
    "target_conn_id": "example_target",
    "online": False,
}

with DAG("example_dual_read", schedule=None, catchup=False, tags=["example", "database-migration"]) as dag:
    chain(
        PreflightOperator(task_id="preflight", **MIGRATION),
        PlanOperator(task_id="plan", options={"probe_rows": 0}, **MIGRATION),
        ApplySchemaOperator(task_id="tables", stage="tables", **MIGRATION),
        ChunkedCopyOperator(task_id="chunked_copy", **MIGRATION),
        ApplySchemaOperator(task_id="keys", stage="keys", **MIGRATION),
        TranslateQueriesOperator(task_id="translate_queries", options={"max_rows": 1000}, **MIGRATION),
        DualReadOperator(task_id="dual_read", options={"repeat": 3}, **MIGRATION),
        RollbackOperator(task_id="rollback", **MIGRATION).as_teardown(),
    )
