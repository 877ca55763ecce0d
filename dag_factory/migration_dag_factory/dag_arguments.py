"""What the DAGs of a migration have in common."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from migration_dag_factory.spec import MigrationSpec

SUFFIX_REPLICATION = "__replication"
SUFFIX_ROLLBACK = "__rollback"
SUFFIX_WATCH = "__watch"
#: By this tag the plugin's page finds migrations.
TAG = "database-migration"
#: @continuous needs a start; nothing is ever caught up on.
BEGINNING_OF_TIME = datetime(2024, 1, 1, tzinfo=UTC)


def dag_arguments(spec: MigrationSpec, description: str) -> dict[str, Any]:
    """Arguments of ``DAG``. No dagrun_timeout: it would skip the rollback."""
    return {
        "description": description,
        "doc_md": _doc(spec, description),
        "tags": [TAG, spec.migration, *spec.tags],
        "default_args": {
            "owner": spec.owner,
            "retries": 3,
            "retry_delay": timedelta(seconds=5),
            "retry_exponential_backoff": 2.0,
            "max_retry_delay": timedelta(minutes=5),
        },
    }


def _doc(spec: MigrationSpec, description: str) -> str:
    resolved = yaml.safe_dump(spec.resolved(), sort_keys=False, allow_unicode=True)
    return (
        f"**{spec.migration}**: {spec.source.conn_id} → {spec.target.conn_id}. {description}\n\n"
        f"The spec with all its defaults (hash `{spec.hash[:12]}`):\n\n```yaml\n{resolved}```\n"
    )


__all__ = ["BEGINNING_OF_TIME", "SUFFIX_REPLICATION", "SUFFIX_ROLLBACK", "SUFFIX_WATCH", "TAG", "dag_arguments"]
