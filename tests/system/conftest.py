"""One Airflow for all system tests, with small migrations between fresh databases of private servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.airflow_services import AirflowServices
from fixtures.servers import MariaDBServer, PostgresServer
from system.migration_project import MigrationProject, require_success


@pytest.fixture(scope="session")
def project(
    servers_folder: Path, mariadb: MariaDBServer, postgres: PostgresServer, chinook_mysql_sql: Path
) -> MigrationProject:
    """All databases and specs of the system tests; connections have to be there before Airflow starts."""
    project = MigrationProject(servers_folder / "project", mariadb, postgres)
    for name in ("offline", "online", "failing", "rejected", "edited", "by_hand", "example", "staged"):
        project.database_pair(name, chinook_mysql_sql)
    project.database_pair("killed")
    project.database_pair("rehearsed")
    project.database_pair("pausing")
    return project


@pytest.fixture(scope="session")
def airflow(project: MigrationProject, postgres: PostgresServer, servers_folder: Path) -> Iterator[AirflowServices]:
    """Airflow over the project, one for the whole session."""
    with AirflowServices(
        servers_folder / "airflow_of_migrations",
        dags=project.dags,
        metadata=postgres.create_database("airflow_of_migrations"),
        connections=project.connections,
        users={"admin": ("admin", "admin's own"), "dba": ("admin", "dba's own"), "reader": ("viewer", "reader's own")},
    ) as services:
        yield services


@pytest.fixture(scope="session")
def offline_run(airflow: AirflowServices, project: MigrationProject) -> str:
    """The id of a migration's run that went through to the end."""
    project.write(project.spec("offline", strategy="offline", gates=[]))
    airflow.wait_for_dag("offline")
    airflow.unpause("offline")
    run_id = airflow.trigger("offline")
    require_success(airflow, "offline", run_id, airflow.wait_for_run("offline", run_id, 400)["state"])
    return run_id
