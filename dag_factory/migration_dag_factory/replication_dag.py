"""The DAG beside the migration: applies changes for as long as the ledger wants it."""

from __future__ import annotations

from airflow.sdk import DAG

from database_migration.operators.replicate import ReplicateOperator
from database_migration.sensors.replication_wanted import ReplicationWantedSensor
from migration_dag_factory.dag_arguments import BEGINNING_OF_TIME, SUFFIX_REPLICATION, dag_arguments
from migration_dag_factory.phases import keywords
from migration_dag_factory.spec import MigrationSpec

_SECONDS_BETWEEN_LOOKS = 2.0
_TRIES = 20


def build_replication_dag(spec: MigrationSpec) -> DAG:
    """``<migration>__replication``: one run after the other, each waiting until it is needed and then one stint.

    Not paused when new: waiting costs nothing, and a cutover's way back depends on it.
    """
    with DAG(
        spec.migration + SUFFIX_REPLICATION,
        schedule="@continuous",
        start_date=BEGINNING_OF_TIME,
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        **dag_arguments(spec, "Applies changes while the migration wants it: forward before cutover, reverse after."),
    ) as dag:
        wanted = ReplicationWantedSensor(
            task_id="wanted",
            poll_interval=_SECONDS_BETWEEN_LOOKS,
            timeout=365 * 24 * 3600,
            retries=_TRIES,
            **keywords(spec),
        )
        stint = ReplicateOperator(
            task_id="stint", until="stint", options=spec.steps.replicate, retries=_TRIES, **keywords(spec)
        )
        wanted >> stint
    return dag


__all__ = ["build_replication_dag"]
