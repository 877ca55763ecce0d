"""A session on an empty schema, once on the lowest PostgreSQL of the machine and once on 18."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from contract.postgres.pairs import SCHEMA
from database_migration.engines.postgres import ENGINE
from database_migration.engines.postgres.connection import PostgresSession, postgres_session
from database_migration.engines.protocol import Endpoint
from database_migration.model.schema import Table
from fixtures.servers import Database


@pytest.fixture(params=["postgres", "postgres18"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database on either server."""
    return request.getfixturevalue(f"{request.param}_database")


@pytest.fixture
def endpoint(database: Database) -> Endpoint:
    """The database's address with a schema of its own."""
    database.execute(f"CREATE SCHEMA {SCHEMA}")
    return Endpoint(
        "postgres", database.host, database.port, database.user, database.password, database.database, SCHEMA
    )


@pytest.fixture
def session(endpoint: Endpoint) -> Iterator[PostgresSession]:
    """An open session of the engine."""
    opened = ENGINE.connect(endpoint, purpose="contract test")
    yield postgres_session(opened)
    opened.close()


@pytest.fixture
def second_session(endpoint: Endpoint) -> Iterator[PostgresSession]:
    """Another open session of the engine."""
    opened = ENGINE.connect(endpoint, purpose="contract test, second")
    yield postgres_session(opened)
    opened.close()


@pytest.fixture
def table(session: PostgresSession) -> Callable[[str], Table]:
    """Creates a table from DDL and gives what the catalog reports of it."""

    def create(ddl: str) -> Table:
        before = {one.name for one in ENGINE.catalog.read(session, SCHEMA).tables}
        session.execute(ddl)
        return next(one for one in ENGINE.catalog.read(session, SCHEMA).tables if one.name not in before)

    return create
