"""Two servers that may be crashed, proxies before them, and a third that tells the application where to write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from database_migration.model.migration_state import Side
from database_migration.steps.run import Database, MigrationRun
from database_migration.traffic import SqlTraffic
from fixtures.servers import MariaDBServer, PostgresServer, PrivateServer
from integration.conftest import MakeRun
from integration.faults.proxy import FaultyProxy
from integration.traffic.application import TABLES, fill, sql_traffic


@dataclass
class Stage:
    """A migration between servers of its own."""

    run: MigrationRun
    """Its connections lead through the proxies."""
    direct: MigrationRun
    """The same run for the application and for checks, past the proxies."""
    traffic: SqlTraffic
    servers: dict[str, PrivateServer]
    proxies: dict[str, FaultyProxy]


@pytest.fixture(scope="session")
def fragile_mariadb(servers_folder: Path) -> Iterator[MariaDBServer]:
    """A MariaDB that nobody else uses."""
    with MariaDBServer(servers_folder / "fragile_mariadb", server_id=31) as server:
        yield server


@pytest.fixture(scope="session")
def fragile_postgres(servers_folder: Path) -> Iterator[PostgresServer]:
    """A PostgreSQL that nobody else uses."""
    with PostgresServer(servers_folder / "fragile_postgres", server_id=3) as server:
        yield server


@pytest.fixture
def stage(
    request: pytest.FixtureRequest,
    make_run: MakeRun,
    fragile_mariadb: MariaDBServer,
    fragile_postgres: PostgresServer,
    postgres: PostgresServer,
) -> Iterator[Stage]:
    """MariaDB to PostgreSQL, or the other way where ``request.param`` is "back"."""
    source, target = fragile_mariadb, fragile_postgres
    if request.param == "back":
        source, target = target, source  # type: ignore[assignment]
    run = make_run(source, target, TABLES[source.engine])
    fill(run.source)
    row = postgres.create_database("fault_row")
    with ExitStack() as stack:
        proxies = {
            "source": stack.enter_context(FaultyProxy(source.port)),
            "target": stack.enter_context(FaultyProxy(target.port)),
        }
        through = replace(
            run, source=_through(run.source, proxies["source"]), target=_through(run.target, proxies["target"])
        )
        yield Stage(through, run, sql_traffic(row), {"source": source, "target": target}, proxies)
    for side in Side:
        run.database(side).change_log.stop(run.log_name)
    postgres.drop_database("fault_row")


def _through(database: Database, proxy: FaultyProxy) -> Database:
    return replace(database, endpoint=replace(database.endpoint, port=proxy.port))
