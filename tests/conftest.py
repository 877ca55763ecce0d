"""Servers, empty databases and sample data for every test.

Each worker of pytest-xdist has servers of its own, started when first asked for. A server that cannot be
had on this machine makes its tests skip, and the end of the run says so by name; with
``DATABASE_MIGRATION_REQUIRE_SERVERS=1`` it makes them fail.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from fixtures import sample_data
from fixtures.servers import (
    Database,
    MariaDBServer,
    MySQLServer,
    PostgresServer,
    PrivateServer,
    ServerUnavailable,
)

UNAVAILABLE = "SERVER UNAVAILABLE"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    """A folder that the servers' users may enter (pytest's own is closed to them); removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="dm-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def mariadb(servers_folder: Path) -> Iterator[MariaDBServer]:
    """MariaDB, server id 11."""
    with MariaDBServer(servers_folder / "mariadb", server_id=11) as server:
        yield server


@pytest.fixture(scope="session")
def mysql(servers_folder: Path) -> Iterator[MySQLServer]:
    """Oracle's MySQL 9, server id 12; skips loudly where it cannot be had."""
    server = MySQLServer(servers_folder / "mysql", server_id=12)
    _start_or_skip("MySQL 9", server)
    with server:
        yield server


@pytest.fixture(scope="session")
def postgres(servers_folder: Path) -> Iterator[PostgresServer]:
    """The lowest PostgreSQL that the machine has."""
    with PostgresServer(servers_folder / "postgres") as server:
        yield server


@pytest.fixture(scope="session")
def postgres18(servers_folder: Path) -> Iterator[PostgresServer]:
    """PostgreSQL 18, of another identity than ``postgres``; skips loudly where it cannot be had."""
    try:
        server = PostgresServer(servers_folder / "postgres18", version=18, server_id=2)
    except ServerUnavailable as error:
        _skip("PostgreSQL 18", error)
    with server:
        yield server


def _start_or_skip(name: str, server: PrivateServer) -> None:
    try:
        server.start()
    except ServerUnavailable as error:
        _skip(name, error)


def _skip(name: str, error: ServerUnavailable) -> NoReturn:
    if os.environ.get("DATABASE_MIGRATION_REQUIRE_SERVERS") == "1":
        raise error
    pytest.skip(f"{UNAVAILABLE}: {name}: {error}")


def _fresh(server: PrivateServer) -> Iterator[Database]:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    yield server.create_database(name)
    server.drop_database(name)


@pytest.fixture
def mariadb_database(mariadb: MariaDBServer) -> Iterator[Database]:
    """An empty database of MariaDB, dropped afterwards."""
    yield from _fresh(mariadb)


@pytest.fixture
def mysql_database(mysql: MySQLServer) -> Iterator[Database]:
    """An empty database of MySQL, dropped afterwards."""
    yield from _fresh(mysql)


@pytest.fixture
def postgres_database(postgres: PostgresServer) -> Iterator[Database]:
    """An empty database of PostgreSQL, dropped afterwards with its replication slots."""
    yield from _fresh(postgres)


@pytest.fixture
def postgres18_database(postgres18: PostgresServer) -> Iterator[Database]:
    """An empty database of PostgreSQL 18, dropped afterwards with its replication slots."""
    yield from _fresh(postgres18)


@pytest.fixture(params=["mariadb", "mysql"])
def any_mysql_database(request: pytest.FixtureRequest) -> Database:
    """An empty database, once of MariaDB and once of MySQL."""
    return request.getfixturevalue(f"{request.param}_database")


def _sample(*parts: str) -> Path:
    path = sample_data.FOLDER.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"The sample data {path} are not here: put them there to run this test.")
    return path


@pytest.fixture(scope="session")
def chinook_mysql_sql() -> Path:
    """Chinook for MySQL, one script with schema and 15,600 rows."""
    return _sample("chinook", "mysql.sql")


@pytest.fixture(scope="session")
def chinook_postgres_sql() -> Path:
    """Chinook for PostgreSQL: the same rows."""
    return _sample("chinook", "postgres.sql")


@pytest.fixture(scope="session")
def sakila_sql() -> tuple[Path, Path]:
    """Sakila for MySQL: the schema's script, then the data's."""
    return _sample("sakila", "mysql-schema.sql"), _sample("sakila", "mysql-data.sql")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says loudly which servers were missing, and how many tests did not run for it."""
    missing: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if UNAVAILABLE in reason:
            text = reason.split(f"{UNAVAILABLE}: ", 1)[1]
            missing[text] = missing.get(text, 0) + 1
    if missing:
        terminalreporter.section("SERVERS THAT COULD NOT BE HAD", sep="!", red=True, bold=True)
        for text, count in missing.items():
            terminalreporter.write_line(f"{count} tests did not run. {text}", red=True, bold=True)
