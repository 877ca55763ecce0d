"""The DAG beside the migration: applies changes for as long as the ledger wants it."""

from __future__ import annotations

from airflow.sdk import DAG

from database_migration.operators.replicate import ReplicateOperator
from database_migration.sensors.replication_wanted import ReplicationWantedSensor
from migration_dag_factory.continuous_dag import continuous_dag
from migration_dag_factory.dag_arguments import SUFFIX_REPLICATION
from migration_dag_factory.spec import MigrationSpec


def build_replication_dag(spec: MigrationSpec) -> DAG:
    """``<migration>__replication``, which a cutover's way back depends on."""
    return continuous_dag(
        spec,
        SUFFIX_REPLICATION,
        "Applies changes while the migration wants it: forward before cutover, reverse after.",
        wanted=ReplicationWantedSensor,
        seconds_between_looks=2.0,
        stint=ReplicateOperator,
        until="stint",
        options=spec.steps.replicate,
    )


__all__ = ["build_replication_dag"]
