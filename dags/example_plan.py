"""The execution plan, with throughput measured by a probe.

Trigger it by hand with connections ``example_source`` (mysql) and ``example_target`` (postgres). The teardown at its
end takes back what it created, so that it can be run again.
"""

from __future__ import annotations

from airflow.sdk import DAG, chain

from database_migration.operators.plan import PlanOperator
from database_migration.operators.preflight import PreflightOperator
from database_migration.operators.rollback import RollbackOperator
from database_migration.operators.schema_compare import SchemaCompareOperator

MIGRATION = {
    "migration": "example_plan",
    "source_conn_id": "example_source",
    "target_conn_id": "example_target",
    "online": False,
}

with DAG("example_plan", schedule=None, catchup=False, tags=["example", "database-migration"]) as dag:
    chain(
        PreflightOperator(task_id="preflight", **MIGRATION),
        SchemaCompareOperator(task_id="schema_compare", **MIGRATION),
        PlanOperator(task_id="plan", options={"probe_rows": 5000}, **MIGRATION),
        RollbackOperator(task_id="rollback", **MIGRATION).as_teardown(),
    )
