"""A project folder with the four-line DAG file, and the databases that its specs speak of."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.airflow_services import AirflowServices
from fixtures.sample_data import load_sample
from fixtures.servers import Database, MariaDBServer, PostgresServer

PROJECT = Path(__file__).resolve().parents[2]
TRAFFIC_TABLE = """
CREATE TABLE traffic_endpoint (
  name varchar(100) PRIMARY KEY, serving varchar(10) NOT NULL DEFAULT 'source',
  writes_held smallint NOT NULL DEFAULT 0, reads_percent_target smallint NOT NULL DEFAULT 0,
  version bigint NOT NULL DEFAULT 0)
"""


class MigrationProject:
    """A project folder with the four-line DAG file, and the databases that its specs speak of."""

    def __init__(self, folder: Path, mariadb: MariaDBServer, postgres: PostgresServer) -> None:
        self.folder = folder
        self.mariadb = mariadb
        self.postgres = postgres
        self.dags = folder / "dags"
        self.specs = folder / "include" / "migrations"
        self.dags.mkdir(parents=True)
        self.specs.mkdir(parents=True)
        shutil.copy(PROJECT / "dags" / "migrations.py", self.dags)
        self.reports = folder / "reports"
        self.connections: dict[str, str] = {}

    def database_pair(self, name: str, sample: Path | None = None) -> None:
        """A MariaDB database with sample data and an empty PostgreSQL one, under connections of this name."""
        source = self.mariadb.create_database(name)
        if sample is not None:
            load_sample(source, sample)
        target = self.postgres.create_database(name)
        target.execute(TRAFFIC_TABLE)
        target.execute("INSERT INTO traffic_endpoint (name) VALUES ('app')")
        self.connections[f"{name}_source"] = connection(source)
        self.connections[f"{name}_target"] = connection(target)

    def source(self, name: str) -> Database:
        """The source of a pair."""
        return self.mariadb.database(name)

    def target(self, name: str) -> Database:
        """The target of a pair."""
        return self.postgres.database(name)

    def spec(self, name: str, **more: Any) -> dict[str, Any]:
        """A spec between the databases of a pair; its target schema has the migration's name."""
        spec: dict[str, Any] = {
            "migration": name,
            "source": {"conn_id": f"{name}_source"},
            "target": {"conn_id": f"{name}_target", "schema": "app"},
            "gates": ["cutover"],
            "reports": str(self.reports),
            "steps": {
                "chunked_copy": {"lanes": 2, "chunk_rows": 1000},
                "replicate": {"stint": "PT20S"},
                "cutover": {
                    "traffic": {
                        "kind": "sql",
                        "conn_id": f"{name}_target",
                        "name": "app",
                        "table": "public.traffic_endpoint",
                    }
                },
            },
        }
        return spec | more

    def write(self, spec: dict[str, Any], filename: str | None = None) -> Path:
        """Put a spec into the folder; written whole, because Airflow may read at any moment."""
        path = self.specs / (filename or f"{spec['migration']}.yaml")
        temporary = path.with_suffix(".tmp")
        temporary.write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")
        temporary.replace(path)
        return path


def connection(database: Database) -> str:
    """A database as an Airflow connection in JSON."""
    return json.dumps(
        {
            "conn_type": database.engine,
            "host": database.host,
            "port": database.port,
            "login": database.user,
            "password": database.password,
            "schema": database.database,
        }
    )


def require_success(airflow: AirflowServices, dag_id: str, run_id: str, state: str) -> None:
    """Fail with the failed tasks' logs."""
    if state == "success":
        return
    logs = [
        f"--- {task['task_id']}\n"
        + airflow.task_log(dag_id, run_id, task["task_id"], try_number=task["try_number"], map_index=task["map_index"])[
            -4000:
        ]
        for task in airflow.task_instances(dag_id, run_id)
        if task["state"] == "failed" and task["task_id"] != "verdict"
    ]
    pytest.fail("\n".join([f"{dag_id} ended as {state}", *logs]))
