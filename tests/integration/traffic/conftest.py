"""Migrations that stand at the gate before their cutover."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from database_migration.model.migration_state import Side
from database_migration.steps.run import MigrationRun
from database_migration.traffic import SqlTraffic
from fixtures.servers import Database, PostgresServer
from integration.conftest import MakeRun
from integration.traffic.application import TABLES, fill, make_ready, sql_traffic

DEFAULT = ("mariadb", "postgres")
_ENGINES = {"mariadb": "mysql", "mysql": "mysql"}


@pytest.fixture(scope="session")
def other_postgres(servers_folder: Path) -> Iterator[PostgresServer]:
    """A PostgreSQL of another identity, to migrate to from ``postgres``."""
    with PostgresServer(servers_folder / "other_postgres", server_id=2) as server:
        yield server


@pytest.fixture(scope="session")
def traffic_server(postgres: PostgresServer) -> PostgresServer:
    """Where the row lives that the application follows."""
    return postgres


@pytest.fixture
def traffic_database(traffic_server: PostgresServer) -> Iterator[Database]:
    """An empty database for the row."""
    yield traffic_server.create_database("traffic_row")
    traffic_server.drop_database("traffic_row")


@pytest.fixture
def traffic(traffic_database: Database) -> SqlTraffic:
    """A row that leads to the source."""
    return sql_traffic(traffic_database)


@pytest.fixture
def ready(request: pytest.FixtureRequest, make_run: MakeRun) -> Iterator[MigrationRun]:
    """A run at the gate before its cutover, between the servers of ``request.param`` (MariaDB to PostgreSQL)."""
    source, target = getattr(request, "param", DEFAULT)
    run = make_run(
        request.getfixturevalue(source), request.getfixturevalue(target), TABLES[_ENGINES.get(source, "postgres")]
    )
    fill(run.source)
    make_ready(run)
    yield run
    for side in Side:  # slots and origins are few, and belong to the whole server
        run.database(side).change_log.stop(run.log_name)
