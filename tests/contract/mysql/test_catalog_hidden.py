"""An account that may not see everything is told what it misses, and DDL during a reading does no harm."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from contract.mysql.conftest import endpoint_of
from database_migration.engines.mysql.catalog import MySQLCatalog
from database_migration.engines.mysql.connection import MySQLSession
from database_migration.model.schema import Schema
from fixtures.servers import Database

CATALOG = MySQLCatalog()
OBJECTS = (
    "CREATE TABLE t (id int PRIMARY KEY, secret int)",
    "CREATE TABLE other (id int PRIMARY KEY)",
    "CREATE VIEW v AS SELECT id FROM t",
    "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.secret = 1",
    "CREATE PROCEDURE p() SELECT 1",
)


@pytest.fixture
def weak(session: MySQLSession, database: Database) -> Iterator[str]:
    """An account without any privilege."""
    for sql in OBJECTS:
        session.execute(sql)
    session.execute("DROP USER IF EXISTS weak")
    session.execute("CREATE USER weak IDENTIFIED BY 'Weak-1-pass'")
    yield "weak"
    session.execute("DROP USER weak")


def seen_by(database: Database, user: str) -> Schema:
    other = MySQLSession(endpoint_of(database, user=user, password="Weak-1-pass"))
    try:
        return CATALOG.read(other, database.database)
    finally:
        other.close()


def grants(schema: Schema) -> dict[str, str]:
    return {part.name.split(" of ")[0]: part.grant for part in schema.hidden}


def test_what_an_account_does_not_see(session: MySQLSession, database: Database, weak: str) -> None:
    session.execute(f"GRANT SELECT ON `{database.database}`.t TO weak")
    little = seen_by(database, weak)
    assert [table.name for table in little.tables] == ["t"]
    found = grants(little)
    assert set(found) >= {"tables and columns", "triggers", "events", "routines"}
    assert found["triggers"] == f"GRANT TRIGGER ON `{database.database}`.* TO 'weak'@'%';"


def test_every_grant_shows_what_it_says(session: MySQLSession, database: Database, weak: str) -> None:
    session.execute(f"GRANT SELECT ON `{database.database}`.t TO weak")
    for _ in range(3):  # what a grant uncovers may have hidden parts of its own
        for grant in grants(seen_by(database, weak)).values():
            session.execute(grant)
    everything = seen_by(database, weak)
    assert everything.hidden == ()
    full = CATALOG.read(session, database.database)
    assert full.hidden == ()
    assert everything.tables == full.tables
    assert everything.code == full.code
    assert everything.views == full.views


def test_ddl_while_the_catalog_is_read(session: MySQLSession, database: Database, endpoint: object) -> None:
    session.execute("CREATE TABLE stays (id int PRIMARY KEY, v int, KEY by_v (v))")
    ended = threading.Event()
    rounds: list[int] = []

    def come_and_go() -> None:
        other = MySQLSession(endpoint_of(database))
        try:
            while not ended.is_set():
                other.execute("CREATE TABLE comes (id int PRIMARY KEY, v int, FULLTEXT KEY f (w), w text, KEY k (v))")
                other.execute("CREATE VIEW sees AS SELECT id FROM comes")
                other.execute("CREATE PROCEDURE does() SELECT 1")
                other.execute("ALTER TABLE comes DROP COLUMN v")
                other.execute("DROP PROCEDURE does")
                other.execute("DROP VIEW sees")
                other.execute("DROP TABLE comes")
                rounds.append(1)
        finally:
            other.close()

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        for _ in range(15):
            found = CATALOG.read(session, database.database)
            stays = found.table("stays")
            assert [index.name for index in stays.indexes] == ["by_v"]
            assert all(table.row_key == ("id",) for table in found.tables)
    finally:
        ended.set()
        thread.join()
    assert rounds
