"""What the catalog reads, DDL writes, and the catalog reads again as the same."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from database_migration.engines.mysql.catalog import MySQLCatalog
from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.mysql.ddl import MySQLDdl
from database_migration.engines.protocol import Endpoint, Statement
from database_migration.errors import Refused
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.schema import (
    Check,
    CodeKind,
    Column,
    Default,
    ForeignKey,
    Index,
    IndexMethod,
    IndexPart,
    Schema,
    Table,
)
from fixtures.servers import Database

CATALOG = MySQLCatalog()
DDL = MySQLDdl()

EVERYTHING = """
CREATE TABLE parent (id int unsigned AUTO_INCREMENT PRIMARY KEY, code varchar(10) NOT NULL UNIQUE)
  COMMENT='it''s a table';
CREATE TABLE everything (
  a int unsigned NOT NULL, b mediumint NOT NULL, auto bigint AUTO_INCREMENT,
  s varchar(20) DEFAULT 'it''s \\\\ x' COMMENT 'say "x"',
  e enum('a','b''c','d\\\\e') DEFAULT 'a', st set('x','y') DEFAULT 'x,y',
  n decimal(10,2) unsigned DEFAULT 1.5, f float DEFAULT 0.1, dm double(10,2), d double DEFAULT 1e10,
  dt datetime(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), ts timestamp(3) NULL,
  day date DEFAULT '2020-01-01',
  today date DEFAULT (CURDATE()), t time(2) DEFAULT '-01:02:03', y year DEFAULT 2020, bits bit(4) DEFAULT b'101',
  bi binary(3) DEFAULT 'ab', vb varbinary(9) DEFAULT 'xy', tx text DEFAULT ('abc'), bl mediumblob,
  j json, flag tinyint(1) NOT NULL DEFAULT 0,
  latin varchar(9) CHARACTER SET latin1 COLLATE latin1_swedish_ci, g int AS (b * 2) STORED,
  v varchar(30) AS (concat(s, 'x''y')) VIRTUAL,
  hidden int INVISIBLE DEFAULT 7, u varchar(36) DEFAULT (UUID()), p point, k int DEFAULT (1 + 2), parent int unsigned,
  PRIMARY KEY (a, b), UNIQUE KEY auto (auto), KEY k1 (s DESC, b),
  KEY k2 (tx(10)), FULLTEXT KEY ft (tx), KEY parent (parent),
  CONSTRAINT positive CHECK (a > 0 AND n < 100), CONSTRAINT odd CHECK (s <> 'a''b' OR s IS NOT NULL),
  CONSTRAINT fk FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE SET NULL ON UPDATE CASCADE
);
CREATE TABLE nokey (x int);
CREATE VIEW v AS SELECT e.s, parent.code FROM everything AS e JOIN parent ON parent.id = e.parent;
CREATE TRIGGER tr BEFORE INSERT ON parent FOR EACH ROW SET NEW.code = UPPER(NEW.code);
CREATE FUNCTION twice(x int) RETURNS int DETERMINISTIC RETURN x * 2;
CREATE PROCEDURE nothing(IN a int, OUT b varchar(10)) SET b = a;
CREATE EVENT later ON SCHEDULE EVERY 1 DAY DO DELETE FROM nokey
"""


def run(session: MySQLSession, script: str) -> None:
    for sql in script.split(";\n"):
        if sql.strip():
            session.execute(sql)


def statements(schema: str, tables: Iterable[Table]) -> list[Statement]:
    """All DDL of tables in an order that works."""
    tables = list(tables)
    made = [DDL.create_table(schema, table) for table in tables]
    made += [DDL.create_index(schema, table, index) for table in tables for index in table.indexes]
    made += [DDL.add_foreign_key(schema, table, key) for table in tables for key in table.foreign_keys]
    made += [statement for table in tables for statement in DDL.add_checks(schema, table)]
    return made + [statement for table in tables for statement in DDL.after_copy(schema, table)]


def round_trip(session: MySQLSession, tables: Iterable[Table], schema: str) -> Schema:
    """Creates tables in a schema of their own, reads them, undoes them twice."""
    made = statements(schema, tables)
    session.execute(f"CREATE DATABASE {DDL.quote(schema)}")
    try:
        for statement in made:
            session.execute(statement.sql)
        found = CATALOG.read(session, schema)
        session.execute("SET SESSION foreign_key_checks = 0")
        for _ in range(2):
            for statement in reversed(made):
                session.execute(statement.undo)
        assert CATALOG.read(session, schema).tables == ()
    finally:
        session.execute(f"DROP DATABASE {DDL.quote(schema)}")
    return found


def test_everything_comes_back(session: MySQLSession, endpoint: Endpoint) -> None:
    run(session, EVERYTHING)
    schema = CATALOG.read(session, endpoint.schema)
    held = [DDL.hold(table, dialect="mysql") for table in schema.tables]
    assert held == [(table, []) for table in schema.tables]
    again = round_trip(session, schema.tables, f"{endpoint.schema}_b")
    for table in schema.tables:
        assert again.table(table.name) == table


def test_what_the_catalog_says(session: MySQLSession, endpoint: Endpoint) -> None:
    run(session, EVERYTHING)
    schema = CATALOG.read(session, endpoint.schema)
    table = schema.table("everything")
    assert table.column("flag").type == ColumnType(Kind.INTEGER, bits=8, length=1)
    assert table.column("j").type == ColumnType(Kind.JSON)
    assert table.column("e").type.values == ("a", "b'c", "d\\e")
    assert table.column("s").default == Default("it's \\ x")
    assert table.column("dt").default == Default("CURRENT_TIMESTAMP", is_expression=True)
    assert table.column("t").default == Default("-01:02:03.000000")
    assert table.column("bits").default == Default("0101")
    assert table.column("bi").default == Default("616200")
    assert table.column("auto").identity
    assert table.column("hidden").invisible
    assert table.column("v").generated == "CONCAT(`s`, 'x''y')"
    assert not table.column("v").generated_stored
    assert table.checks == (
        Check("odd", "`s` <> 'a''b' OR NOT `s` IS NULL"),
        Check("positive", "`a` > 0 AND `n` < 100"),
    )
    assert table.foreign_keys == (ForeignKey("fk", ("parent",), "parent", ("id",), "SET NULL", "CASCADE"),)
    assert {index.name: index.method for index in table.indexes}["ft"] is IndexMethod.FULLTEXT
    assert schema.table("nokey").row_key == ()
    (view,) = schema.views
    assert view.depends_on == ("everything", "parent")
    assert view.columns == ("s", "code")
    assert endpoint.schema not in view.definition
    assert {(code.kind, code.name) for code in schema.code} == {
        (CodeKind.TRIGGER, "tr"),
        (CodeKind.FUNCTION, "twice"),
        (CodeKind.PROCEDURE, "nothing"),
        (CodeKind.EVENT, "later"),
    }
    signatures = {code.name: code.signature for code in schema.code}
    assert signatures["nothing"] == "nothing(IN a int, OUT b varchar(10))".replace(
        "int", "int(11)" if session.is_mariadb else "int"
    )
    assert CATALOG.exact_count(session, table) == 0


def test_a_schema_that_is_not_there(session: MySQLSession) -> None:
    with pytest.raises(Refused, match="does not exist"):
        CATALOG.read(session, "nowhere")


@pytest.mark.parametrize("name", ["chinook", "sakila"])
def test_real_schemas(
    request: pytest.FixtureRequest, session: MySQLSession, database: Database, endpoint: Endpoint, name: str
) -> None:
    scripts: Path | tuple[Path, ...] = request.getfixturevalue(
        "chinook_mysql_sql" if name == "chinook" else "sakila_sql"
    )
    script = scripts if isinstance(scripts, Path) else scripts[0]
    session.execute(f"DROP DATABASE IF EXISTS {name}")
    try:
        database.load(script)
        schemas = [str(row[0]) for row in session.execute("SELECT schema_name FROM information_schema.schemata")]
        schema = next(found for found in schemas if found.lower() == name)
        read = CATALOG.read(session, schema)
        again = round_trip(session, read.tables, f"{endpoint.schema}_b")
        assert [again.table(table.name) for table in read.tables] == list(read.tables)
        assert len(read.tables) == {"chinook": 11, "sakila": 16}[name]
    finally:
        session.execute(f"DROP DATABASE IF EXISTS {name}")


def postgres_table() -> Table:
    """A table as PostgreSQL's catalog reports it, with what MySQL has no exact word for."""
    kinds = {
        "id": ColumnType(Kind.INTEGER, bits=64),
        "flag": ColumnType(Kind.BOOLEAN),
        "small": ColumnType(Kind.INTEGER, bits=16),
        "n": ColumnType(Kind.DECIMAL, native="numeric"),
        "n2": ColumnType(Kind.DECIMAL, precision=10, scale=2),
        "wide": ColumnType(Kind.DECIMAL, precision=70, scale=40, native="numeric(70,40)"),
        "r": ColumnType(Kind.FLOAT),
        "d": ColumnType(Kind.DOUBLE),
        "t": ColumnType(Kind.TEXT),
        "key": ColumnType(Kind.TEXT),
        "v": ColumnType(Kind.VARCHAR, length=50),
        "vl": ColumnType(Kind.VARCHAR, length=20000),
        "v1": ColumnType(Kind.VARCHAR, length=9000),
        "v2": ColumnType(Kind.VARCHAR, length=8000),
        "c": ColumnType(Kind.CHAR, length=5),
        "by": ColumnType(Kind.BLOB, native="bytea"),
        "day": ColumnType(Kind.DATE),
        "ts": ColumnType(Kind.DATETIME, fraction=6),
        "tz": ColumnType(Kind.TIMESTAMP, fraction=6, native="timestamp with time zone"),
        "ti": ColumnType(Kind.TIME, fraction=6),
        "iv": ColumnType(Kind.INTERVAL, fraction=6, native="interval"),
        "u": ColumnType(Kind.UUID),
        "j": ColumnType(Kind.JSON, native="jsonb"),
        "mood": ColumnType(Kind.ENUM, values=("sad", "it's ok")),
        "a": ColumnType(Kind.OTHER, native="integer[]"),
        "bi": ColumnType(Kind.BIT, bits=8),
        "long_bits": ColumnType(Kind.BIT, bits=100, native="bit(100)"),
        "twice": ColumnType(Kind.INTEGER, bits=32),
        "hashed": ColumnType(Kind.TEXT),
    }
    defaults = {
        "flag": Default("1"),
        "n2": Default("1.50"),
        "t": Default("x'y"),
        "by": Default("00ff"),
        "ts": Default("CURRENT_TIMESTAMP", is_expression=True),
        "tz": Default("CURRENT_TIMESTAMP", is_expression=True),
        "u": Default("UUID", is_expression=True),
        "day": Default("CURRENT_DATE", is_expression=True),
        "mood": Default("it's ok"),
        "v": Default("nextval('x'::regclass)", is_expression=True),
    }
    generated = {"twice": "(small * 2)", "hashed": "md5(v)"}
    columns = tuple(
        Column(
            name,
            kind,
            nullable=name not in ("id", "key"),
            default=defaults.get(name),
            identity=name == "id",
            generated=generated.get(name),
        )
        for name, kind in kinds.items()
    )
    indexes = (
        Index("by_text", (IndexPart("t"),)),
        Index("by_document", (IndexPart("j"),), method=IndexMethod.OTHER),
        Index("of_some", (IndexPart("small"),), unique=True, predicate="flag"),
        Index("over", (IndexPart(None, expression="lower(v)"),)),
        Index("unique_key", (IndexPart("key"), IndexPart("small", descending=True)), unique=True, include=("v",)),
    )
    return Table(
        "everything",
        columns,
        primary_key=("key",),
        indexes=indexes,
        foreign_keys=(ForeignKey("to_self", ("v",), "everything", ("key",), "RESTRICT", "SET DEFAULT"),),
        checks=(
            Check("everything_small", "((small > 0) AND (small < 100))"),
            Check("states", "((v)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))"),
            Check("matches", "(v ~ '^[a-z]*$'::text)"),
        ),
        comment="it's",
        partitioned_by="LIST (small)",
    )


def test_a_postgres_table_is_held(session: MySQLSession, endpoint: Endpoint) -> None:
    held, findings = DDL.hold(postgres_table(), dialect="postgres")
    again = round_trip(session, [held], f"{endpoint.schema}_b").table("everything")
    assert again == held
    codes = {(finding.code, finding.subject.removeprefix("everything.")) for finding in findings}
    assert codes >= {
        ("decimal_bounded", "n"),
        ("decimal_bounded", "wide"),
        ("key_length", "key"),
        ("timestamp_as_datetime", "tz"),
        ("interval_as_text", "iv"),
        ("type_as_text", "a"),
        ("type_as_text", "long_bits"),
        ("type_widened", "v1"),
        ("default_dropped", "v"),
        ("generated_dropped", "hashed"),
        ("unique_dropped", "of_some"),
        ("index_dropped", "by_document"),
        ("index_dropped", "over"),
        ("include_dropped", "unique_key"),
        ("action_changed", "to_self"),
        ("check_dropped", "matches"),
        ("partitions_dropped", "everything"),
        ("collation_changed", "everything"),
    }
    kinds = {column.name: column.type for column in held.columns}
    assert kinds["flag"] == ColumnType(Kind.INTEGER, bits=8, length=1)
    assert kinds["n"] == ColumnType(Kind.DECIMAL, precision=65, scale=30)
    assert kinds["t"] == ColumnType(Kind.TEXT)
    assert kinds["key"] == ColumnType(Kind.VARCHAR, length=255)
    assert kinds["u"] == ColumnType(Kind.CHAR, length=36)
    assert held.column("twice").generated == "`small` * 2"
    assert held.column("id").identity
    assert [check.name for check in held.checks] == ["everything_small", "everything_states"]


def test_long_names_stay_apart(session: MySQLSession, endpoint: Endpoint) -> None:
    long = "n" * 80
    columns = tuple(Column(f"{long}{number}", ColumnType(Kind.INTEGER, bits=32)) for number in range(3))
    table = Table("t" * 70, columns, indexes=(Index("i" * 70, (IndexPart(columns[0].name),)),))
    held, _ = DDL.hold(table, dialect="postgres")
    assert len({column.name for column in held.columns}) == 3
    again = round_trip(session, [held], f"{endpoint.schema}_b")
    assert again.tables == (held,)
