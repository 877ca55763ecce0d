"""A whole offline migration up to the point of no return.

Trigger it by hand with connections ``example_source`` (mysql) and ``example_target`` (postgres). It can be run
once: a finalized migration does not begin anew.
"""

from __future__ import annotations

from airflow.sdk import DAG, chain

from database_migration.operators.apply_schema import ApplySchemaOperator
from database_migration.operators.chunked_copy import ChunkedCopyOperator
from database_migration.operators.cutover import CutoverOperator
from database_migration.operators.finalize import FinalizeOperator
from database_migration.operators.plan import PlanOperator
from database_migration.operators.preflight import PreflightOperator
from database_migration.operators.validate import ValidateOperator

MIGRATION = {
    "migration": "example_finalize",
    "source_conn_id": "example_source",
    "target_conn_id": "example_target",
    "online": False,
}

with DAG("example_finalize", schedule=None, catchup=False, tags=["example", "database-migration"]) as dag:
    chain(
        PreflightOperator(task_id="preflight", **MIGRATION),
        PlanOperator(task_id="plan", options={"probe_rows": 0}, **MIGRATION),
        ApplySchemaOperator(task_id="tables", stage="tables", **MIGRATION),
        ChunkedCopyOperator(task_id="chunked_copy", **MIGRATION),
        ApplySchemaOperator(task_id="keys", stage="keys", **MIGRATION),
        ValidateOperator(task_id="validate", options={"checksum": "full", "sample": 0.99}, **MIGRATION),
        CutoverOperator(task_id="cutover", options={"traffic": {"kind": "none"}}, **MIGRATION),
        FinalizeOperator(task_id="finalize", cutover={"traffic": {"kind": "none"}}, **MIGRATION),
    )
