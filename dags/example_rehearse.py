"""A migration rehearsed twice, as a gate before the real one: nothing of it is left on either side.

Trigger it by hand with connections ``example_source`` (mysql) and ``example_target`` (postgres).
"""

from __future__ import annotations

from airflow.sdk import DAG, chain

from database_migration.operators.preflight import PreflightOperator
from database_migration.operators.rehearse import RehearseOperator

MIGRATION = {
    "migration": "example_rehearse",
    "source_conn_id": "example_source",
    "target_conn_id": "example_target",
    "online": True,
}
STEPS = {"chunked_copy": {"lanes": 2}, "validate": {"orphans": False}}

with DAG("example_rehearse", schedule=None, catchup=False, tags=["example", "database-migration"]) as dag:
    preflight = PreflightOperator(task_id="preflight", **MIGRATION)
    chain(
        preflight,
        RehearseOperator(task_id="once", attempt=1, steps=STEPS, **MIGRATION),
        RehearseOperator(task_id="twice", attempt=2, steps=STEPS, **MIGRATION),
        RehearseOperator(task_id="clear", clear=True, **MIGRATION),
    )
