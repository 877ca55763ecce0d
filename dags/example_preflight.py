"""Every reason not to start, found before anything is touched.

Trigger it by hand with connections ``example_source`` (mysql) and ``example_target`` (postgres). The teardown at its
end takes back what it created, so that it can be run again.
"""

from __future__ import annotations

from airflow.sdk import DAG, chain

from database_migration.operators.preflight import PreflightOperator
from database_migration.operators.rollback import RollbackOperator

MIGRATION = {
    "migration": "example_preflight",
    "source_conn_id": "example_source",
    "target_conn_id": "example_target",
    "online": False,
}

with DAG("example_preflight", schedule=None, catchup=False, tags=["example", "database-migration"]) as dag:
    chain(
        PreflightOperator(task_id="preflight", **MIGRATION),
        RollbackOperator(task_id="rollback", **MIGRATION).as_teardown(),
    )
