"""The DAG that goes on comparing between copy and cutover."""

from __future__ import annotations

from airflow.sdk import DAG

from database_migration.operators.validate import ValidateOperator
from database_migration.sensors.watch_wanted import WatchWantedSensor
from migration_dag_factory.continuous_dag import continuous_dag
from migration_dag_factory.dag_arguments import SUFFIX_WATCH
from migration_dag_factory.spec import MigrationSpec


def build_watch_dag(spec: MigrationSpec) -> DAG:
    """``<migration>__watch``."""
    return continuous_dag(
        spec,
        SUFFIX_WATCH,
        "Compares both sides round and round between copy and cutover.",
        wanted=WatchWantedSensor,
        seconds_between_looks=10.0,
        stint=ValidateOperator,
        part="watch",
        options=spec.steps.validate_,
    )


__all__ = ["build_watch_dag"]
