"""Each test of this folder runs against MariaDB and against MySQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.protocol import Endpoint
from fixtures.servers import Database


@pytest.fixture(params=["mariadb", "mysql"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database on each flavour."""
    address: Database = request.getfixturevalue(f"{request.param}_database")
    return address


def endpoint_of(database: Database, *, user: str | None = None, password: str | None = None) -> Endpoint:
    """The database as the engine is told of it."""
    return Endpoint(
        engine="mysql",
        host=database.host,
        port=database.port,
        user=user or database.user,
        password=database.password if password is None else password,
        database=database.database,
        schema=database.database,
    )


@pytest.fixture
def endpoint(database: Database) -> Endpoint:
    return endpoint_of(database)


@pytest.fixture
def connect(endpoint: Endpoint) -> Iterator[Callable[[], MySQLSession]]:
    """Opens sessions and closes them at the end."""
    opened: list[MySQLSession] = []

    def one() -> MySQLSession:
        session = MySQLSession(endpoint)
        opened.append(session)
        return session

    yield one
    for session in opened:
        session.close()


@pytest.fixture
def session(connect: Callable[[], MySQLSession]) -> MySQLSession:
    """An open session."""
    return connect()
