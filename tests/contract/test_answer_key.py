"""Chinook's authors wrote its schema for MySQL and for PostgreSQL: our translation means what theirs does."""

from __future__ import annotations

from pathlib import Path

import pytest

from database_migration.engines.mysql import ENGINE as MYSQL
from database_migration.engines.postgres import ENGINE as POSTGRES
from database_migration.engines.protocol import Endpoint, Engine
from database_migration.model.column_type import Kind
from database_migration.model.schema import Column, Schema, Table
from fixtures.sample_data import load_sample
from fixtures.servers import Database


def read(engine: Engine, database: Database, schema: str, script: Path) -> Schema:
    load_sample(database, script)
    endpoint = Endpoint(
        engine.traits.engine,
        database.host,
        database.port,
        database.user,
        database.password,
        database.database,
        schema,
    )
    session = engine.connect(endpoint, purpose="answer key")
    try:
        return engine.catalog.read(session, schema)
    finally:
        session.close()


@pytest.fixture
def theirs(
    mariadb_database: Database, postgres_database: Database, chinook_mysql_sql: Path, chinook_postgres_sql: Path
) -> dict[str, Schema]:
    return {
        "mysql": read(MYSQL, mariadb_database, mariadb_database.database, chinook_mysql_sql),
        "postgres": read(POSTGRES, postgres_database, "public", chinook_postgres_sql),
    }


def plain(name: str) -> str:
    """``AlbumId`` and ``album_id`` are one name."""
    return name.replace("_", "").lower()


def meaning(column: Column) -> tuple[object, ...]:
    """What a column may hold, in words that both engines share.

    Left out are, with reason: charset and collation, which MySQL says with each column and PostgreSQL with the
    database; and the digits of a moment's fraction, as MySQL's authors keep whole seconds (DATETIME) where
    PostgreSQL's keep microseconds (TIMESTAMP), each its engine's default: ours carries the source's.
    """
    type_ = column.type
    size = (type_.bits, type_.length, type_.precision, type_.scale)
    fraction = None if type_.kind is Kind.DATETIME else type_.fraction
    return (plain(column.name), type_.kind, *size, fraction, column.nullable, column.default)


def keys(table: Table) -> tuple[object, ...]:
    """Keys and what is indexed, without the names that each engine's authors gave to indexes."""
    return (
        tuple(plain(name) for name in table.primary_key),
        {
            (
                tuple(map(plain, key.columns)),
                plain(key.parent_table),
                tuple(map(plain, key.parent_columns)),
                key.on_delete,
                key.on_update,
            )
            for key in table.foreign_keys
        },
        {tuple(map(plain, index.columns)) for index in table.indexes},
    )


@pytest.mark.parametrize(("origin", "to"), [("mysql", "postgres"), ("postgres", "mysql")])
def test_our_translation_of_one_is_the_other(theirs: dict[str, Schema], origin: str, to: str) -> None:
    engine: Engine = {"mysql": MYSQL, "postgres": POSTGRES}[to]
    answers = {plain(table.name): table for table in theirs[to].tables}
    assert len(answers) == 11
    ours = {plain(table.name): engine.ddl.hold(table, dialect=origin)[0] for table in theirs[origin].tables}
    assert ours.keys() == answers.keys()
    unlike = []
    for name, table in ours.items():
        answer = answers[name]
        pairs = zip(table.columns, answer.columns, strict=True)
        unlike += [(name, one, other) for mine, right in pairs if (one := meaning(mine)) != (other := meaning(right))]
        if keys(table) != keys(answer):
            unlike.append((name, keys(table), keys(answer)))
    assert unlike == []
