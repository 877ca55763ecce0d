"""A DAG beside the migration that works in stints for as long as the ledger wants it."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, BaseOperator

from database_migration.sensors._asking import AskingSensor
from migration_dag_factory.dag_arguments import BEGINNING_OF_TIME, dag_arguments
from migration_dag_factory.phases import keywords
from migration_dag_factory.spec import MigrationSpec

_TRIES = 20
_A_YEAR = 365 * 24 * 3600


def continuous_dag(
    spec: MigrationSpec,
    suffix: str,
    description: str,
    *,
    wanted: type[AskingSensor],
    seconds_between_looks: float,
    stint: type[BaseOperator],
    **of_stint: Any,
) -> DAG:
    """One run after the other, each waiting until ``wanted`` says that it is needed and then one ``stint``.

    Not paused when new: waiting costs nothing, and what the migration needs must not depend on somebody's click.
    """
    with DAG(
        spec.migration + suffix,
        schedule="@continuous",
        start_date=BEGINNING_OF_TIME,
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        **dag_arguments(spec, description),
    ) as dag:
        waits: BaseOperator = wanted(
            task_id="wanted",
            poll_interval=seconds_between_looks,
            timeout=_A_YEAR,
            retries=_TRIES,
            **keywords(spec),
        )
        waits >> stint(task_id="stint", retries=_TRIES, **of_stint, **keywords(spec))
    return dag


__all__ = ["continuous_dag"]
