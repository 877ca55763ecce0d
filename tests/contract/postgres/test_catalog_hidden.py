"""A role that may not read a sequence is told so, and DDL during a reading does no harm."""

from __future__ import annotations

import threading

from contract.postgres.pairs import SCHEMA
from database_migration.engines.postgres import ENGINE
from database_migration.engines.postgres.connection import PostgresSession


def test_a_sequence_that_may_not_be_read(session: PostgresSession) -> None:
    session.execute(
        "CREATE SEQUENCE ticket; SELECT nextval('ticket'); CREATE ROLE weak; GRANT USAGE ON SCHEMA shop TO weak"
    )
    try:
        session.execute("SET ROLE weak")
        (hidden,) = ENGINE.catalog.read(session, SCHEMA).hidden
        session.execute("RESET ROLE")
        assert hidden.name == "sequence ticket"
        assert hidden.grant == 'GRANT SELECT ON SEQUENCE "shop"."ticket" TO "weak";'
        session.execute(hidden.grant)
        session.execute("SET ROLE weak")
        schema = ENGINE.catalog.read(session, SCHEMA)
        assert schema.hidden == ()
        assert schema.sequences[0].next_value == 2
    finally:
        session.execute("RESET ROLE; DROP OWNED BY weak; DROP ROLE weak")


def test_what_is_listed_and_not_carried(session: PostgresSession) -> None:
    session.execute(
        "CREATE TABLE t (id int PRIMARY KEY, who text); ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY own ON t USING (who = current_user); CREATE TABLE child () INHERITS (t);"
        "CREATE UNLOGGED TABLE fast (id int); CREATE TYPE pair AS (a int, b int);"
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;"
        "CREATE FOREIGN TABLE far (id int) SERVER s;"
        "CREATE AGGREGATE summed (int) (sfunc = int4pl, stype = int);"
        "CREATE ROLE reader; GRANT SELECT ON t TO reader"
    )
    try:
        schema = ENGINE.catalog.read(session, SCHEMA)
        listed = {(thing.kind, thing.name) for thing in schema.others}
        assert listed >= {
            ("row security policy", "t.own"),
            ("composite type", "pair"),
            ("foreign table", "far"),
            ("aggregate", "summed(integer)"),
            ("grant", "reader"),
        }
        remarks = {(table.name, remark.code) for table in schema.tables for remark in table.remarks}
        assert remarks == {("t", "row_security_lost"), ("child", "inheritance_lost"), ("fast", "unlogged_table")}
    finally:
        session.execute("DROP OWNED BY reader; DROP ROLE reader; DROP FOREIGN DATA WRAPPER w CASCADE")


def test_ddl_while_the_catalog_is_read(session: PostgresSession, second_session: PostgresSession) -> None:
    session.execute("CREATE TABLE stays (id int PRIMARY KEY, v int CHECK (v > 0)); CREATE INDEX by_v ON stays (v)")
    ended = threading.Event()
    rounds: list[int] = []

    def come_and_go() -> None:
        while not ended.is_set():
            second_session.execute(
                "CREATE TABLE comes (id serial PRIMARY KEY, v int DEFAULT 3, w int DEFAULT 4);"
                "CREATE INDEX k ON comes ((v + 1)); CREATE SEQUENCE draws; CREATE TYPE mood AS ENUM ('a')"
            )
            second_session.execute(
                "CREATE VIEW sees AS SELECT id FROM comes;CREATE FUNCTION does() RETURNS int LANGUAGE sql AS 'SELECT 1'"
            )
            second_session.execute("ALTER TABLE comes DROP COLUMN v")
            second_session.execute("DROP FUNCTION does(); DROP VIEW sees; DROP TABLE comes")
            second_session.execute("DROP SEQUENCE draws; DROP TYPE mood")
            rounds.append(1)

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        for _ in range(25):
            stays = ENGINE.catalog.read(session, SCHEMA).table("stays")
            assert [index.name for index in stays.indexes] == ["by_v"]
            assert len(stays.checks) == 1
    finally:
        ended.set()
        thread.join()
    assert rounds
