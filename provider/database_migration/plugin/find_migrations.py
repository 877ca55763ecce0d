"""Which DAGs are migrations, and between which connections: read from what the scheduler knows of them.

Operators carry these names as template fields, which are part of a serialised DAG; so hand-written DAGs are
found as well as built ones, and nothing has to be registered anywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from airflow.models.dag import DagModel
from airflow.models.serialized_dag import SerializedDagModel
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from sqlalchemy import select

from database_migration.hooks import MigrationHook

_FIELDS = ("migration", "source_conn_id", "source_schema", "target_conn_id", "target_schema", "spec_hash", "reports")
_SETTLED = ("success", "skipped", "removed")


@dataclass(frozen=True, slots=True)
class MigrationDag:
    """A DAG that works on a migration."""

    dag_id: str
    keywords: Mapping[str, Any]

    @property
    def migration(self) -> str:
        """The migration's name in the ledger."""
        return str(self.keywords["migration"])

    @property
    def is_own(self) -> bool:
        """Whether this is the migration's main DAG and not one beside it."""
        return self.dag_id == self.migration

    @property
    def hook(self) -> MigrationHook:
        """Opens its ledger and archive."""
        return MigrationHook(**self.keywords)


@dataclass(frozen=True, slots=True)
class TaskAtWork:
    """Task instances of a run that are not through, by task and state."""

    task_id: str
    state: str
    count: int


def migration_of(dag_id: str) -> MigrationDag | None:
    """What migration a DAG works on; None when it is not one, or is gone."""
    dag = SerializedDagModel.get_dag(dag_id)
    for task in dag.task_dict.values() if dag is not None else ():
        keywords = {name: _field(task, name) for name in _FIELDS}
        if keywords["migration"] and keywords["target_conn_id"] and not _is_template(keywords):
            return MigrationDag(dag_id, {**keywords, "spec_hash": keywords["spec_hash"] or ""})
    return None


def migrations_among(dag_ids: Collection[str]) -> list[MigrationDag]:
    """One DAG per migration, its own where there is one, among DAGs that somebody may read."""
    with create_session() as session:
        present = session.scalars(
            select(DagModel.dag_id).where(DagModel.dag_id.in_(dag_ids), DagModel.is_stale.is_(False))
        ).all()
    found: dict[str, MigrationDag] = {}
    for dag_id in sorted(present):
        dag = migration_of(dag_id)
        if dag is not None and (dag.migration not in found or dag.is_own):
            found[dag.migration] = dag
    return [found[name] for name in sorted(found)]


def tasks_at_work(dag_id: str, run_id: str) -> list[TaskAtWork]:
    """The run's tasks that are under way, wait for somebody, or failed."""
    with create_session() as session:
        rows = session.execute(
            select(TaskInstance.task_id, TaskInstance.state).where(
                TaskInstance.dag_id == dag_id,
                TaskInstance.run_id == run_id,
                TaskInstance.state.is_not(None),
                TaskInstance.state.not_in((*_SETTLED, "upstream_failed")),
            )
        ).all()
    counts: dict[tuple[str, str], int] = {}
    for task_id, state in rows:
        key = (str(task_id), str(getattr(state, "value", state)))
        counts[key] = counts.get(key, 0) + 1
    return [TaskAtWork(task, state, count) for (task, state), count in sorted(counts.items())]


def _field(task: Any, name: str) -> Any:
    partial = getattr(task, "partial_kwargs", None)  # a mapped task keeps its arguments there
    value = partial.get(name) if isinstance(partial, Mapping) else None
    return getattr(task, name, None) if value is None else value


def _is_template(keywords: Mapping[str, Any]) -> bool:
    return any("{{" in str(value) for value in keywords.values() if value)


__all__ = ["MigrationDag", "TaskAtWork", "migration_of", "migrations_among", "tasks_at_work"]
