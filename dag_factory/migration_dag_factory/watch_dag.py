"""The DAG that goes on comparing between copy and cutover."""

from __future__ import annotations

from airflow.sdk import DAG

from database_migration.operators.validate import ValidateOperator
from database_migration.sensors.watch_wanted import WatchWantedSensor
from migration_dag_factory.dag_arguments import BEGINNING_OF_TIME, SUFFIX_WATCH, dag_arguments
from migration_dag_factory.phases import keywords
from migration_dag_factory.spec import MigrationSpec

_SECONDS_BETWEEN_LOOKS = 10.0
_TRIES = 20


def build_watch_dag(spec: MigrationSpec) -> DAG:
    """``<migration>__watch``: one run after the other, each waiting until it is needed and then one stint."""
    with DAG(
        spec.migration + SUFFIX_WATCH,
        schedule="@continuous",
        start_date=BEGINNING_OF_TIME,
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        **dag_arguments(spec, "Compares both sides round and round between copy and cutover."),
    ) as dag:
        wanted = WatchWantedSensor(
            task_id="wanted",
            poll_interval=_SECONDS_BETWEEN_LOOKS,
            timeout=365 * 24 * 3600,
            retries=_TRIES,
            **keywords(spec),
        )
        stint = ValidateOperator(
            task_id="stint", part="watch", options=spec.steps.validate_, retries=_TRIES, **keywords(spec)
        )
        wanted >> stint
    return dag


__all__ = ["build_watch_dag"]
