"""What PostgreSQL's catalog tells, in neutral words, and that its own tables survive the way back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contract.postgres.pairs import SCHEMA
from database_migration.engines.postgres import ENGINE
from database_migration.engines.postgres.connection import PostgresSession
from database_migration.errors import Refused
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.schema import (
    Check,
    CodeKind,
    Default,
    ForeignKey,
    IndexMethod,
    IndexPart,
    Sequence,
    Table,
)
from fixtures.servers import Database

MakeTable = Callable[[str], Table]

SHOP = """
CREATE TYPE mood AS ENUM ('sad', 'it''s', 'happy');
CREATE DOMAIN email AS varchar(80) NOT NULL CHECK (VALUE LIKE '%@%');
CREATE TABLE customer (
    id int GENERATED ALWAYS AS IDENTITY (START WITH 10) PRIMARY KEY,
    mail email,
    feeling mood DEFAULT 'happy',
    name varchar(50) COLLATE "C" NOT NULL DEFAULT 'none',
    born date CHECK (born > '1900-01-01'),
    score numeric(6,2) DEFAULT 0,
    seen timestamptz DEFAULT now(),
    local timestamp(3) DEFAULT '2020-01-01',
    active boolean NOT NULL DEFAULT true,
    ref uuid DEFAULT gen_random_uuid(),
    meta jsonb DEFAULT '{}',
    tags text[],
    price numeric,
    span interval DEFAULT '1 mon',
    wait interval DEFAULT '01:30',
    total numeric(10,2) GENERATED ALWAYS AS (score * 2) STORED,
    CONSTRAINT named CHECK (char_length(name::text) > 0)
);
CREATE TABLE "Order %" (
    id serial PRIMARY KEY,
    customer int REFERENCES customer ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE,
    "Note" text,
    during tsrange,
    EXCLUDE USING gist (during WITH &&)
);
CREATE UNIQUE INDEX once ON customer (name DESC, born) INCLUDE (score) WHERE score > 0;
CREATE INDEX low ON customer (lower(name));
CREATE INDEX docs ON customer USING gin (meta jsonb_path_ops);
CREATE INDEX words ON "Order %" USING gin (to_tsvector('simple', coalesce("Note", '')));
CREATE INDEX hashed ON customer USING hash (ref);
COMMENT ON TABLE customer IS 'who buys';
COMMENT ON COLUMN customer.mail IS 'how to reach';
COMMENT ON INDEX low IS 'for search';
CREATE VIEW buyers AS SELECT c.id, c.name FROM customer c JOIN "Order %" o ON o.customer = c.id;
CREATE VIEW few AS SELECT id FROM buyers;
CREATE MATERIALIZED VIEW stale AS SELECT count(*) AS n FROM customer;
CREATE SEQUENCE ticket INCREMENT 5 START 100;
SELECT nextval('ticket');
CREATE FUNCTION twice(a int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a * 2';
CREATE PROCEDURE noop() LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched BEFORE UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION touch();
CREATE AGGREGATE summed (int) (sfunc = int4pl, stype = int);
INSERT INTO customer (mail, name) VALUES ('a@b', 'x');
"""


@pytest.fixture
def customer(session: PostgresSession) -> Table:
    session.execute(SHOP)
    return ENGINE.catalog.read(session, SCHEMA).table("customer")


def test_types_and_defaults(customer: Table) -> None:
    found = {column.name: (column.type, column.default) for column in customer.columns}
    assert found == {
        "id": (ColumnType(Kind.INTEGER, bits=32), None),
        "mail": (ColumnType(Kind.VARCHAR, length=80), None),
        "feeling": (ColumnType(Kind.ENUM, values=("sad", "it's", "happy")), Default("happy")),
        "name": (ColumnType(Kind.VARCHAR, length=50), Default("none")),
        "born": (ColumnType(Kind.DATE), None),
        "score": (ColumnType(Kind.DECIMAL, precision=6, scale=2), Default("0.00")),
        "seen": (ColumnType(Kind.TIMESTAMP, fraction=6), Default("CURRENT_TIMESTAMP", is_expression=True)),
        "local": (ColumnType(Kind.DATETIME, fraction=3), Default("2020-01-01 00:00:00.000000")),
        "active": (ColumnType(Kind.BOOLEAN), Default("1")),
        "ref": (ColumnType(Kind.UUID), Default("UUID", is_expression=True)),
        "meta": (ColumnType(Kind.JSON), Default("{}")),
        "tags": (ColumnType(Kind.ARRAY), None),
        "price": (ColumnType(Kind.DECIMAL), None),
        "span": (ColumnType(Kind.INTERVAL, fraction=6), Default("'1 mon'::interval", is_expression=True)),
        "wait": (ColumnType(Kind.INTERVAL, fraction=6), Default("01:30:00.000000")),
        "total": (ColumnType(Kind.DECIMAL, precision=10, scale=2), None),
    }
    assert [column.name for column in customer.columns if not column.nullable] == ["id", "mail", "name", "active"]
    assert customer.column("id").identity
    assert customer.next_identity == 11
    assert customer.column("total").generated is not None
    assert customer.column("name").collation == "C"
    assert (customer.comment, customer.column("mail").comment) == ("who buys", "how to reach")
    assert customer.estimated_bytes > 0
    assert customer.column("tags").type.native == "text[]"


def test_indexes_and_constraints(session: PostgresSession, customer: Table) -> None:
    indexes = {index.name: index for index in customer.indexes}
    assert sorted(indexes) == ["docs", "hashed", "low", "once"]
    once = indexes["once"]
    assert (once.unique, once.include) == (True, ("score",))
    assert once.parts == (IndexPart("name", descending=True), IndexPart("born"))
    assert once.predicate == '"score" > 0'
    assert indexes["low"].parts == (IndexPart(None, 'LOWER("name")'),)
    assert indexes["low"].comment == "for search"
    assert (indexes["docs"].method, indexes["hashed"].method) == (IndexMethod.OTHER, IndexMethod.HASH)
    assert {check.name for check in customer.checks} == {"customer_born_check", "named"}
    assert customer.primary_key_name == "customer_pkey"
    order = ENGINE.catalog.read(session, SCHEMA).table("Order %")
    assert order.column("id").identity
    assert order.foreign_keys == (
        ForeignKey("Order %_customer_fkey", ("customer",), "customer", ("id",), "SET NULL", "CASCADE", True),
    )
    assert order.checks == (Check("Order %_during_excl", "EXCLUDE USING gist (during WITH &&)"),)
    (words,) = order.indexes
    assert (words.method, words.parts) == (IndexMethod.FULLTEXT, (IndexPart("Note"),))


def test_views_code_and_sequences(session: PostgresSession, customer: Table) -> None:
    schema = ENGINE.catalog.read(session, SCHEMA)
    views = {view.name: view for view in schema.views}
    assert views["buyers"].depends_on == ("Order %", "customer")
    assert views["buyers"].columns == ("id", "name")
    assert "shop." not in views["buyers"].definition
    assert views["few"].depends_on == ("buyers",)
    assert views["stale"].materialized
    assert [(code.kind, code.name, code.table) for code in schema.code] == [
        (CodeKind.TRIGGER, "touched", "customer"),
        (CodeKind.PROCEDURE, "noop", None),
        (CodeKind.FUNCTION, "touch", None),
        (CodeKind.FUNCTION, "twice", None),
    ]
    assert schema.code[3].signature == "a integer"
    assert schema.sequences == (Sequence("ticket", 105, 5),)
    assert (schema.engine, schema.server_version.split(".")[0].isdigit()) == ("postgres", True)


def test_own_tables_survive_the_way_to_another_schema(session: PostgresSession, customer: Table) -> None:
    schema = ENGINE.catalog.read(session, SCHEMA)
    session.execute("CREATE SCHEMA copy; SET search_path = copy, public")
    ddl = ENGINE.ddl
    for type_ in schema.types:
        session.execute(ddl.create_type("copy", type_).sql)
    for table in schema.tables:
        held, findings = ddl.hold(table, dialect="postgres")
        assert (held, findings) == (table, [])
        session.execute(ddl.create_table("copy", table).sql)
    for table in schema.tables:
        statements = [ddl.create_index("copy", table, index) for index in table.indexes]
        statements += [ddl.add_foreign_key("copy", table, key) for key in table.foreign_keys]
        statements += ddl.add_checks("copy", table) + ddl.after_copy("copy", table)
        for statement in statements:
            session.execute(statement.sql)
    for view in sorted(schema.views, key=lambda view: view.name):
        session.execute(ddl.create_view("copy", view).sql)
    copied = ENGINE.catalog.read(session, "copy")
    assert copied.tables == schema.tables
    assert copied.views == schema.views
    for view in reversed(schema.views):
        session.execute(ddl.create_view("copy", view).undo.replace(" IF EXISTS", " IF EXISTS") + " CASCADE")
    for table in schema.tables[::-1]:
        for statement in [ddl.add_foreign_key("copy", table, key).undo for key in table.foreign_keys]:
            session.execute(statement)
    for table in schema.tables:
        session.execute(ddl.create_table("copy", table).undo)
    assert ENGINE.catalog.read(session, "copy").tables == ()
    assert session.execute("SELECT to_regtype('copy.mood')") == [(None,)]


def test_what_is_no_base_table_is_not_listed(session: PostgresSession) -> None:
    session.execute(
        "CREATE TABLE p (id int PRIMARY KEY, d date) PARTITION BY RANGE (id);"
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9);"
        "CREATE TEMP TABLE away (id int); CREATE UNLOGGED TABLE fast (id int);"
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;"
        "CREATE FOREIGN TABLE far (id int) SERVER s; CREATE INDEX i ON p (d)"
    )
    schema = ENGINE.catalog.read(session, SCHEMA)
    assert [table.name for table in schema.tables] == ["fast", "p"]
    assert schema.table("p").partitioned_by == "RANGE (id)"
    assert [index.name for index in schema.table("p").indexes] == ["i"]


def test_a_missing_or_closed_schema_is_refused(session: PostgresSession) -> None:
    with pytest.raises(Refused, match="CREATE SCHEMA"):
        ENGINE.catalog.read(session, "nowhere")
    session.execute("CREATE ROLE weak; SET ROLE weak")
    try:
        with pytest.raises(Refused, match="GRANT USAGE"):
            ENGINE.catalog.read(session, SCHEMA)
    finally:
        session.execute("RESET ROLE; DROP ROLE weak")


def test_counts(session: PostgresSession, customer: Table) -> None:
    assert ENGINE.catalog.exact_count(session, customer) == 1
    session.execute("ANALYZE")
    assert ENGINE.catalog.read(session, SCHEMA).table("customer").estimated_rows == 1


def test_chinook_is_read(session: PostgresSession, database: Database, chinook_postgres_sql: Path) -> None:
    script = chinook_postgres_sql.read_text()
    database.execute(script[script.index("\\c chinook;") + len("\\c chinook;") :])
    schema = ENGINE.catalog.read(session, "public")
    assert len(schema.tables) == 11
    assert all(table.primary_key for table in schema.tables)
    assert len(schema.table("track").foreign_keys) == 3
