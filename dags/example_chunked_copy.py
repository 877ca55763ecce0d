"""The copy by two lanes, each a mapped task that claims chunks until none is left.

Trigger it by hand with connections ``example_source`` (mysql) and ``example_target`` (postgres). The teardown at its
end takes back what it created, so that it can be run again.
"""

from __future__ import annotations

from airflow.sdk import DAG, chain

from database_migration.operators.apply_schema import ApplySchemaOperator
from database_migration.operators.chunked_copy import ChunkedCopyOperator
from database_migration.operators.plan import PlanOperator
from database_migration.operators.preflight import PreflightOperator
from database_migration.operators.rollback import RollbackOperator

MIGRATION = {
    "migration": "example_chunked_copy",
    "source_conn_id": "example_source",
    "target_conn_id": "example_target",
    "online": False,
}
OPTIONS = {"lanes": 2, "chunk_rows": 5000}

with DAG("example_chunked_copy", schedule=None, catchup=False, tags=["example", "database-migration"]) as dag:
    cut = ChunkedCopyOperator(task_id="cut", part="cut", options=OPTIONS, **MIGRATION)
    lanes = ChunkedCopyOperator.partial(task_id="lane", part="lane", options=OPTIONS, **MIGRATION).expand(
        lane=cut.output
    )
    chain(
        PreflightOperator(task_id="preflight", **MIGRATION),
        PlanOperator(task_id="plan", options={"probe_rows": 0}, **MIGRATION),
        ApplySchemaOperator(task_id="tables", stage="tables", **MIGRATION),
        cut,
        lanes,
        ChunkedCopyOperator(task_id="finish", part="finish", options=OPTIONS, **MIGRATION),
        RollbackOperator(task_id="rollback", **MIGRATION).as_teardown(),
    )
