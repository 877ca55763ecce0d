"""Random schemas go to another server and come back: nothing differs but what a finding names.

A minute of them runs in the suite; ``ROUND_TRIPS=500 pytest tests/integration/test_round_trips.py`` runs more.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from database_migration.engines.protocol import Endpoint, Engine, Session
from database_migration.model.report import Finding
from database_migration.model.schema import Schema, Table
from database_migration.reports.archive import ReportArchive
from database_migration.steps.run import Database, MigrationRun
from database_migration.steps.schema_compare import ExpectedSchema, build_expected, compare_schemas
from database_migration.steps.schema_compare.differences.checks import compare_checks
from database_migration.steps.schema_compare.differences.columns import ColumnDifference, compare_columns
from database_migration.steps.schema_compare.differences.difference import Difference, Presence
from database_migration.steps.schema_compare.differences.fits import fits
from database_migration.steps.schema_compare.differences.foreign_keys import compare_foreign_keys
from database_migration.steps.schema_compare.differences.indexes import compare_indexes
from database_migration.steps.schema_compare.differences.tables import compare_table
from fixtures.random_schemas import MYSQL, POSTGRES, schemas
from fixtures.servers import PrivateServer
from integration.conftest import engine_named

_numbers = itertools.count(1)
PROFILE = settings(
    max_examples=int(os.environ.get("ROUND_TRIPS", "8")),
    deadline=None,
    derandomize="ROUND_TRIPS" not in os.environ,
    suppress_health_check=list(HealthCheck),
    database=None,
)


@dataclass
class Place:
    """A server with one open session, where schemas come and go."""

    engine: Engine
    session: Session
    endpoint: Endpoint

    def fresh(self) -> str:
        """An empty schema, and the session in it."""
        name = f"trip_{os.getpid()}_{next(_numbers)}"
        quoted = self.engine.ddl.quote(name)
        self.session.execute(f"CREATE SCHEMA {quoted}")
        if self.engine.traits.engine == "mysql":
            self.session.execute(f"USE {quoted}")
        else:
            self.session.execute(f"SET search_path = {quoted}, public")
        return name

    def drop(self, name: str) -> None:
        cascade = "" if self.engine.traits.engine == "mysql" else " CASCADE"
        self.session.execute(f"DROP SCHEMA {self.engine.ddl.quote(name)}{cascade}")

    def database(self, schema: str) -> Database:
        return Database(self.engine, Endpoint(**{**_fields(self.endpoint), "schema": schema}))

    def read(self, schema: str) -> Schema:
        return self.engine.catalog.read(self.session, schema)


def _fields(endpoint: Endpoint) -> dict[str, Any]:
    return {name: getattr(endpoint, name) for name in endpoint.__slots__}


def place_on(server: PrivateServer) -> Iterator[Place]:
    database = server.create_database(f"trips_{os.getpid()}_{next(_numbers)}")
    engine = engine_named(database.engine)
    endpoint = Endpoint(
        engine=database.engine,
        host=database.host,
        port=database.port,
        user=database.user,
        password=database.password,
        database=database.database,
        schema=database.database if database.engine == "mysql" else "public",
    )
    session = engine.connect(endpoint, purpose="round trips")
    yield Place(engine, session, endpoint)
    session.close()
    server.drop_database(database.database)


@pytest.fixture(scope="module")
def on_mariadb(mariadb: PrivateServer) -> Iterator[Place]:
    yield from place_on(mariadb)


@pytest.fixture(scope="module")
def on_mysql(mysql: PrivateServer) -> Iterator[Place]:
    yield from place_on(mysql)


@pytest.fixture(scope="module")
def on_postgres(postgres: PrivateServer) -> Iterator[Place]:
    yield from place_on(postgres)


def carried(source: Place, source_schema: str, target: Place, target_schema: str) -> tuple[ExpectedSchema, Schema]:
    """The source's schema created on the target, as expected and as read back; nothing may differ."""
    run = MigrationRun(
        "trip", "1", source.database(source_schema), target.database(target_schema), ReportArchive("/nowhere")
    )
    expected = build_expected(
        run,
        source.read(source_schema),
        {},
        target_version=target.engine.inspection.version(target.session),
    )
    statements = expected.statements
    order = (*statements.before_tables, *statements.tables, *statements.keys, *statements.views)
    for statement in order:
        note(statement.sql)
        target.session.execute(statement.sql)
    actual = target.read(target_schema)
    made = {(statement.kind, statement.subject) for statement in order}
    compared = compare_schemas(expected, actual, made=made, dialect=target.engine.traits.engine)
    assert compared.differences == (), [(found.code, found.subject, found.message) for found in compared.differences]
    return expected, actual


def unexplained(before: Schema, after: Schema, findings: list[Finding], dialect: str) -> list[str]:
    """What differs between two catalogs of one engine and no finding speaks of."""
    named = {finding.subject for finding in findings}
    left = []
    assert [table.name for table in before.tables] == [table.name for table in after.tables]
    for one, other in zip(before.tables, after.tables, strict=True):
        left += [
            f"{difference.code} {difference.subject}: {difference.message}"
            for difference in differences(one, other, dialect)
            if not loses_nothing(difference) and not is_named(difference, named)
        ]
    return left


def differences(one: Table, other: Table, dialect: str) -> Iterator[Difference[Any]]:
    yield from compare_table(one, other)
    yield from compare_columns(one, other, dialect=dialect)
    yield from compare_indexes(one, other, dialect=dialect)
    yield from compare_foreign_keys(one, other, dialect=dialect)
    yield from compare_checks(one, other, dialect=dialect)


def loses_nothing(difference: Difference[Any]) -> bool:
    """A wider type, another name of an index, an index or check more than there was: nothing that was is gone."""
    if isinstance(difference, ColumnDifference) and difference.attribute == "type":
        assert difference.expected is not None
        assert difference.actual is not None
        return fits(difference.expected.type, difference.actual.type)
    return difference.attribute == "name" or difference.presence is Presence.EXTRA


def is_named(difference: Difference[Any], named: set[str]) -> bool:
    """Whether a finding has the object's name, or its table's; the way there may have lengthened an index's name."""
    subject = difference.subject
    table = difference.table or subject
    return subject in named or table in named or any(name.startswith(f"{subject}_") for name in named)


def round_trip(source: Place, target: Place, script: list[str]) -> None:
    """There and back."""
    made: list[tuple[Place, str]] = []
    try:
        for place in (source, target, source):
            made.append((place, ""))
            made[-1] = (place, place.fresh())
            if len(made) == 1:
                for statement in script:
                    note(statement)
                    source.session.execute(statement)
            else:
                (origin, name), (_, here) = made[-2:]
                if len(made) == 2:
                    there, _ = carried(origin, name, place, here)
                else:
                    back, last = carried(origin, name, place, here)
        findings = [*there.findings, *back.findings]
        left = unexplained(source.read(made[0][1]), last, findings, source.engine.traits.engine)
        assert left == [], (left, [f"{finding.code} {finding.subject}" for finding in findings])
    finally:
        for place, name in made:
            if name:
                place.drop(name)


@given(script=schemas(MYSQL))
@PROFILE
def test_mariadb_to_postgres_and_back(on_mariadb: Place, on_postgres: Place, script: list[str]) -> None:
    round_trip(on_mariadb, on_postgres, script)


@given(script=schemas(MYSQL))
@PROFILE
def test_mysql_to_postgres_and_back(on_mysql: Place, on_postgres: Place, script: list[str]) -> None:
    round_trip(on_mysql, on_postgres, script)


@given(script=schemas(POSTGRES))
@PROFILE
def test_postgres_to_mariadb_and_back(on_mariadb: Place, on_postgres: Place, script: list[str]) -> None:
    round_trip(on_postgres, on_mariadb, script)


@given(script=schemas(POSTGRES))
@PROFILE
def test_postgres_to_mysql_and_back(on_mysql: Place, on_postgres: Place, script: list[str]) -> None:
    round_trip(on_postgres, on_mysql, script)


@given(script=schemas(MYSQL), there=st.booleans())
@PROFILE
def test_between_the_flavours(on_mariadb: Place, on_mysql: Place, script: list[str], there: bool) -> None:
    round_trip(*((on_mariadb, on_mysql) if there else (on_mysql, on_mariadb)), script)


@given(script=schemas(POSTGRES))
@PROFILE
def test_between_postgres_servers(on_postgres: Place, script: list[str]) -> None:
    round_trip(on_postgres, on_postgres, script)
