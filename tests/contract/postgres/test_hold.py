"""MySQL's tables held by PostgreSQL: nothing lost silently, and the catalog reports what was held."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from contract.postgres.pairs import SCHEMA
from database_migration.engines.postgres import ENGINE
from database_migration.engines.postgres.connection import PostgresSession
from database_migration.model.column_type import ColumnType, Kind
from database_migration.model.hold_policy import HoldPolicy
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import Check, Column, Default, ForeignKey, Index, IndexMethod, IndexPart, Table


def held(table: Table, booleans: frozenset[str] = frozenset()) -> tuple[Table, list[Finding]]:
    return ENGINE.ddl.hold(table, dialect="mysql", policy=HoldPolicy(booleans=booleans))


def create(session: PostgresSession, *tables: Table) -> list[Table]:
    """Everything that belongs to the tables, twice where that must be once, then what the catalog reports."""
    ddl = ENGINE.ddl
    for table in tables:
        session.execute(ddl.create_table(SCHEMA, table).sql)
    for table in tables:
        statements = [ddl.create_index(SCHEMA, table, index) for index in table.indexes]
        statements += [ddl.add_foreign_key(SCHEMA, table, key) for key in table.foreign_keys]
        statements += ddl.add_checks(SCHEMA, table) + ddl.after_copy(SCHEMA, table)
        for statement in statements:
            session.execute(statement.sql)
    read = ENGINE.catalog.read(session, SCHEMA)
    return [read.table(table.name) for table in tables]


def codes(findings: list[Finding]) -> set[str]:
    return {finding.code for finding in findings}


def integer(bits: int, *, unsigned: bool = False) -> ColumnType:
    return ColumnType(Kind.INTEGER, bits=bits, unsigned=unsigned)


CI = "utf8mb4_0900_ai_ci"
ENUM = ColumnType(Kind.ENUM, values=("new", "it's", "back\\slash"))
EVERY = Table(
    name="every",
    columns=(
        Column("id", integer(32, unsigned=True), nullable=False, identity=True),
        Column("ti", integer(8), default=Default("-1")),
        Column("tu", integer(8, unsigned=True)),
        Column("su", integer(16, unsigned=True)),
        Column("me", integer(24)),
        Column("iu", integer(32, unsigned=True), default=Default("4000000000")),
        Column("bu", integer(64, unsigned=True), default=Default("18446744073709551615")),
        Column("flag", integer(8), nullable=False, default=Default("1")),
        Column("odd", integer(8), default=Default("0")),
        Column("de", ColumnType(Kind.DECIMAL, precision=12, scale=2), nullable=False, default=Default("0.00")),
        Column("dw", ColumnType(Kind.DECIMAL, precision=10, scale=0), default=Default("-5")),
        Column("fl", ColumnType(Kind.FLOAT), default=Default("1.5")),
        Column("do", ColumnType(Kind.DOUBLE), default=Default("0")),
        Column("da", ColumnType(Kind.DATE), default=Default("2024-02-29")),
        Column("dd", ColumnType(Kind.DATE), default=Default("CURRENT_DATE", is_expression=True)),
        Column("dt", ColumnType(Kind.DATETIME, fraction=6), default=Default("2024-01-01 00:00:00.000000")),
        Column("d0", ColumnType(Kind.DATETIME, fraction=0), default=Default("0000-00-00 00:00:00.000000")),
        Column("ts", ColumnType(Kind.TIMESTAMP, fraction=0), nullable=False,
               default=Default("CURRENT_TIMESTAMP", is_expression=True), on_update_now=True),
        Column("tf", ColumnType(Kind.TIMESTAMP, fraction=3), default=Default("2038-01-19 03:14:07.000000")),
        Column("tm", ColumnType(Kind.TIME, fraction=2), default=Default("-08:30:00.000000")),
        Column("ye", ColumnType(Kind.YEAR), default=Default("2024")),
        Column("bi", ColumnType(Kind.BIT, bits=5), default=Default("00101")),
        Column("ch", ColumnType(Kind.CHAR, length=3), default=Default("ab"), collation=CI),
        Column("vc", ColumnType(Kind.VARCHAR, length=50), nullable=False, default=Default("it's \\ \"q\" %s"),
               collation="utf8mb4_bin"),
        Column("em", ColumnType(Kind.VARCHAR, length=50), nullable=False, default=Default("")),
        Column("tx", ColumnType(Kind.TEXT, length=65535), collation=CI),
        Column("en", ENUM, nullable=False, default=Default("it's"), collation=CI),
        Column("e1", ColumnType(Kind.ENUM, values=("only",))),
        Column("se", ColumnType(Kind.SET, values=("a", "b")), default=Default("a,b")),
        Column("b1", ColumnType(Kind.BINARY, length=2), default=Default("00ff")),
        Column("b2", ColumnType(Kind.VARBINARY, length=100)),
        Column("b3", ColumnType(Kind.BLOB)),
        Column("js", ColumnType(Kind.JSON), default=Default('{"a":[1,2]}')),
        Column("uu", ColumnType(Kind.UUID), default=Default("UUID", is_expression=True)),
        Column("ge", ColumnType(Kind.SPATIAL)),
        Column("hidden", integer(32), invisible=True, comment="it's hidden"),
        Column("fn", integer(32), default=Default("(rand() * 10)", is_expression=True)),
    ),
    primary_key=("id",),
    primary_key_name="PRIMARY",
    comment="all of it's types",
    next_identity=4711,
    estimated_rows=12,
    storage="InnoDB",
)  # fmt: skip


def test_every_type_is_held_and_reported_as_held(session: PostgresSession) -> None:
    table, findings = held(EVERY, frozenset({"flag"}))
    assert create(session, table) == [table]
    natives = {column.name: column.type.native for column in create_read(session).columns}
    assert {name: natives[name] for name in ("id", "tu", "su", "me", "iu", "bu", "flag", "odd", "ye")} == {
        "id": "bigint", "tu": "smallint", "su": "integer", "me": "integer", "iu": "bigint", "bu": "numeric(20,0)",
        "flag": "boolean", "odd": "smallint", "ye": "smallint",
    }  # fmt: skip
    assert natives["tm"] == "interval(2)"
    assert natives["fl"] == "real"
    assert codes(findings) == {
        "type_widened", "type_changed", "default_dropped", "collation_changed", "invisible_lost", "spatial_as_bytes",
    }  # fmt: skip
    assert {f.subject for f in findings if f.code == "default_dropped"} == {"every.d0", "every.fn"}
    assert session.execute("INSERT INTO every (ch) VALUES ('x') RETURNING id, en, flag, vc, uu IS NOT NULL") == [
        (4711, "it's", True, 'it\'s \\ "q" %s', True)
    ]


def create_read(session: PostgresSession) -> Table:
    return ENGINE.catalog.read(session, SCHEMA).table("every")


def test_holding_again_changes_nothing(session: PostgresSession) -> None:
    (read,) = create(session, held(EVERY, frozenset({"flag"}))[0])
    assert ENGINE.ddl.hold(read, dialect="postgres") == (read, [])


def test_an_enum_takes_its_labels_only(session: PostgresSession) -> None:
    create(session, held(EVERY)[0])
    for statement in ("UPDATE every SET en = 'other'", "UPDATE every SET e1 = 'other'"):
        session.execute("INSERT INTO every (en) VALUES ('back\\slash')")
        with pytest.raises(Exception, match="violates check constraint"):
            session.execute(statement)


def test_on_update_now_stamps_changed_rows_only(session: PostgresSession) -> None:
    create(session, held(EVERY)[0])
    old = "2020-01-01 00:00:00+00"
    session.execute(f"INSERT INTO every (ts) VALUES ('{old}')")

    def stamped(statement: str) -> bool:
        session.execute(statement)
        return session.execute(f"UPDATE every SET ts = '{old}' RETURNING (SELECT ts FROM every) <> '{old}'") == [
            (True,)
        ]

    assert not stamped("UPDATE every SET ti = ti")
    assert stamped("UPDATE every SET ti = 7")
    assert stamped(f"UPDATE every SET ti = 8, ts = '{old}'"), "a stamp set to itself looks like one left alone"
    session.execute("UPDATE every SET ti = 9, ts = '2021-01-01 00:00:00+00'")
    assert session.execute("SELECT ts::text FROM every") == [("2021-01-01 00:00:00+00",)]
    ENGINE.writer.prepare(session, "stamp")
    session.execute("UPDATE every SET ti = 10")
    assert session.execute("SELECT ts::text FROM every") == [("2021-01-01 00:00:00+00",)]


PARENT = Table(
    "parent",
    (Column("id", integer(64, unsigned=True), nullable=False, identity=True), Column("n", integer(32))),
    primary_key=("id",),
    primary_key_name="PRIMARY",
)
CHILD = Table(
    "child",
    (
        Column("id", integer(32), nullable=False),
        Column("parent_id", integer(64, unsigned=True)),
        Column("self", integer(32)),
    ),
    primary_key=("id",),
    primary_key_name="PRIMARY",
    indexes=(Index("parent_id", (IndexPart("parent_id"),)), Index("self", (IndexPart("self"),))),
    foreign_keys=(
        ForeignKey("fk_self", ("self",), "child", ("id",), on_delete="RESTRICT"),
        ForeignKey("fk_parent", ("parent_id",), "parent", ("id",), on_delete="CASCADE", on_update="SET NULL"),
    ),
)


def test_keys_and_their_children_have_one_type(session: PostgresSession) -> None:
    (parent, found), (child, _) = held(PARENT), held(CHILD)
    assert create(session, parent, child) == [parent, child]
    assert parent.column("id").type == child.column("parent_id").type == integer(64)
    assert [f.code for f in found if f.severity is Severity.WARNING] == ["range_narrowed"]
    assert [index.name for index in child.indexes] == ["child_parent_id_idx", "child_self_idx"]
    assert [key.name for key in child.foreign_keys] == ["fk_parent", "fk_self"]


def indexed(*indexes: Index, columns: tuple[Column, ...] = ()) -> Table:
    own = (
        Column("id", integer(32), nullable=False),
        Column("a", ColumnType(Kind.VARCHAR, length=100), nullable=False, collation=CI),
        Column("long", ColumnType(Kind.TEXT), collation="utf8mb4_bin"),
        Column("bin", ColumnType(Kind.BLOB)),
        Column("n", integer(32)),
    )
    return Table("t", own + columns, primary_key=("id",), primary_key_name="PRIMARY", indexes=indexes)


def test_indexes_are_held(session: PostgresSession) -> None:
    table, findings = held(
        indexed(
            Index("plain", (IndexPart("n", descending=True), IndexPart("a")), comment="it's one"),
            Index("t_named", (IndexPart("n"),), unique=True),
            Index("short", (IndexPart("a", prefix=10),)),
            Index("first", (IndexPart("long", prefix=10), IndexPart("n"))),
            Index("once", (IndexPart("a", prefix=10),), unique=True),
            Index("octets", (IndexPart("bin", prefix=10),), unique=True),
            Index("words", (IndexPart("a"), IndexPart("long")), method=IndexMethod.FULLTEXT),
            Index("calc", (IndexPart(None, "lower(`a`)"), IndexPart(None, "(`n` + 1)"))),
            Index("odd", (IndexPart(None, "json_extract(`long`, '$.a')"),)),
            Index("where", (IndexPart("bin"),), method=IndexMethod.SPATIAL),
        )
    )
    (read,) = create(session, table)
    assert list(read.indexes) == list(table.indexes)
    assert read == table
    assert [index.name for index in table.indexes] == [
        "t_calc_idx", "t_first_idx", "t_named_key", "t_octets_key", "t_once_key", "t_plain_idx", "t_short_idx",
        "t_words_idx",
    ]  # fmt: skip
    by_name = {index.name: index for index in table.indexes}
    assert by_name["t_short_idx"].parts == (IndexPart("a"),)
    assert by_name["t_once_key"].parts == (IndexPart(None, 'LEFT("a", 10)'),)
    assert by_name["t_words_idx"].method is IndexMethod.FULLTEXT
    dropped = {f.subject for f in findings if f.code == "index_dropped"}
    assert dropped == {"t.odd", "t.where"}
    session.execute("INSERT INTO t VALUES (1, 'ab', 'needle in hay', NULL, 1)")
    found = "SELECT id FROM t WHERE to_tsvector('simple', coalesce(a, '') || ' ' || coalesce(long, '')) @@ 'needle'"
    assert session.execute(found) == [(1,)]
    assert "t_words_idx" in str(session.execute(f"SET enable_seqscan = off; EXPLAIN {found}"))


CHECKS = [
    "(`n` > 0)",
    "`n` between 1 and 10",
    "((`n` >= 1) and (`price` <= 9.99) or (`n` is null))",
    "`state` in ('a','b''c')",
    "(`state` = _utf8mb4'x')",
    "(`state` <> 'x')",
    "`state` not in ('a', 'b')",
    "char_length(`state`) > 3",
    "(`d` >= '2020-01-01')",
    "(`at` < '2030-01-01 10:00:00')",
    "`n` + 1 < `m` * 2",
    "(`n` - (`m` - 1)) > -5",
    "not (`n` = 3)",
    "coalesce(`n`,0) > 1",
    "(case when (`n` > 1) then `m` else 0 end) < 5",
    "`price` > 0 and `price` < `total`",
    "`price` * `n` <= 100",
    "lower(`state`) = 'x'",
    "`state` is not null",
    "`n` > 0 or `m` > 0 and `n` < 9",
    "`name` in ('x', 'y')",
    "`code` = 'abc'",
    "substr(`state`, 1, 2) = 'ab'",
]
CHECKED = (
    Column("id", integer(32), nullable=False),
    Column("n", integer(32)),
    Column("m", integer(64)),
    Column("flag", integer(8)),
    Column("price", ColumnType(Kind.DECIMAL, precision=10, scale=2)),
    Column("total", ColumnType(Kind.DECIMAL, precision=12, scale=2)),
    Column("state", ColumnType(Kind.TEXT)),
    Column("name", ColumnType(Kind.VARCHAR, length=20)),
    Column("code", ColumnType(Kind.CHAR, length=3)),
    Column("d", ColumnType(Kind.DATE)),
    Column("at", ColumnType(Kind.DATETIME, fraction=0)),
    Column("doc", ColumnType(Kind.JSON)),
)


@pytest.mark.parametrize("expression", CHECKS)
def test_checks_are_held_and_reported_as_held(session: PostgresSession, expression: str) -> None:
    table, findings = held(Table("c", CHECKED, primary_key=("id",), checks=(Check("k", expression),)))
    assert "check_dropped" not in codes(findings)
    (read,) = create(session, table)
    assert read.checks == table.checks
    assert read == table


@pytest.mark.parametrize(
    "expression",
    [
        "`state` regexp '^a'", "json_extract(`doc`,'$.a') > 1", "length(`state`) > 3", "`flag` in (0,1)", "`n` and 1",
        "`n` / 2 > 1", "greatest(`n`, `m`) > 1", "this is not sql(", "`unknown` > 1", "`n` like '1%'", "`n` % 2 = 0",
        "left(`state`, -1) = 'x'", "substring(`state`, 0, 2) = 'x'",
    ],
)  # fmt: skip
def test_checks_of_uncertain_meaning_are_dropped_with_a_finding(expression: str) -> None:
    given = Table("c", CHECKED, primary_key=("id",), checks=(Check("k", expression),))
    table, findings = held(given, frozenset({"flag"}))
    assert table.checks == ()
    assert codes(findings) >= {"check_dropped"}


def test_a_json_validity_check_is_what_jsonb_does() -> None:
    table, findings = held(Table("c", CHECKED, primary_key=("id",), checks=(Check("doc", "json_valid(`doc`)"),)))
    assert table.checks == ()
    assert findings == []


GENERATED = [
    ("`n` * `m`", integer(64)),
    ("(`price` * `n`)", ColumnType(Kind.DECIMAL, precision=12, scale=2)),
    ("round((`price` * `n`),2)", ColumnType(Kind.DECIMAL, precision=12, scale=2)),
    ("concat(`name`,' ',`state`)", ColumnType(Kind.TEXT)),
    ("concat(`name`,'-',`n`)", ColumnType(Kind.VARCHAR, length=50)),
    ("if((`n` > 3),'big','small')", ColumnType(Kind.VARCHAR, length=5)),
    ("ifnull(`n`,0)", integer(32)),
    ("upper(`name`)", ColumnType(Kind.VARCHAR, length=20)),
    ("(`price` + (`price` * 0.2))", ColumnType(Kind.DECIMAL, precision=12, scale=4)),
    ("`price` - `total`", ColumnType(Kind.DECIMAL, precision=12, scale=2)),
    ("left(`name`,3)", ColumnType(Kind.VARCHAR, length=3)),
]


@pytest.mark.parametrize(("expression", "type_"), GENERATED)
def test_generated_columns_are_held(session: PostgresSession, expression: str, type_: ColumnType) -> None:
    generated = Column("g", type_, generated=expression, generated_stored=False)
    table, findings = held(Table("c", (*CHECKED, generated), primary_key=("id",)))
    assert codes(findings) <= {"generated_stored"}
    assert create(session, table) == [table]


def test_a_generated_column_of_uncertain_meaning_blocks() -> None:
    generated = Column("g", integer(32), generated="crc32(`name`)")
    _, findings = held(Table("c", (*CHECKED, generated), primary_key=("id",)))
    assert [f.severity for f in findings] == [Severity.BLOCKER]


@pytest.mark.parametrize("with_key", [True, False])
def test_a_table_without_primary_key_can_be_followed(session: PostgresSession, with_key: bool) -> None:
    keys = (Index("k", (IndexPart("n"), IndexPart("a")), unique=True),) if with_key else ()
    given = indexed(*keys)
    given = replace(
        given, primary_key=(), columns=tuple(replace(c, nullable=c.name != "n" and c.nullable) for c in given.columns)
    )
    table, _ = held(given)
    session.execute(ENGINE.ddl.create_table(SCHEMA, table).sql)
    session.execute("CREATE PUBLICATION p FOR TABLE t; INSERT INTO t VALUES (1, 'a', 'b', NULL, 1)")
    assert session.execute_count("UPDATE t SET n = 2") == 1
    assert create_rest(session, table) == table


def create_rest(session: PostgresSession, table: Table) -> Table:
    for index in table.indexes:
        session.execute(ENGINE.ddl.create_index(SCHEMA, table, index).sql)
    return ENGINE.catalog.read(session, SCHEMA).table("t")


def test_names_fit_and_are_told(session: PostgresSession) -> None:
    long = "ä" * 40
    given = Table(
        "t", (Column("id", integer(32), nullable=False), Column(long, ENUM)), primary_key=("id",),
        indexes=(Index("i" * 64, (IndexPart("id"),)), Index("i" * 63 + "x", (IndexPart(long),))),
    )  # fmt: skip
    table, findings = held(given)
    assert create(session, table) == [table]
    assert all(len(one.name.encode()) <= 63 for one in (*table.columns, *table.indexes, *table.checks))
    (blocker,) = [f for f in findings if f.severity is Severity.BLOCKER]
    assert blocker.code == "name_too_long"
    assert re.search("rename", blocker.mend)


def test_undo_takes_everything_back_and_may_be_repeated(session: PostgresSession) -> None:
    table, _ = held(replace(EVERY, indexes=(Index("i", (IndexPart("ti"),)),)))
    ddl = ENGINE.ddl
    statements = [ddl.create_table(SCHEMA, table), *(ddl.create_index(SCHEMA, table, i) for i in table.indexes)]
    statements += [*ddl.add_checks(SCHEMA, table), *ddl.after_copy(SCHEMA, table)]
    for statement in statements:
        session.execute(statement.sql)
    for statement in reversed(statements):
        session.execute(statement.undo)
        session.execute(statement.undo)
    read = ENGINE.catalog.read(session, SCHEMA)
    assert (read.tables, read.code, read.sequences) == ((), (), ())


def test_a_partitioned_table_becomes_plain_with_a_finding() -> None:
    table, findings = held(replace(PARENT, partitioned_by="hash (`id`) partitions 4"))
    assert table.partitioned_by == ""
    assert "partitioning_dropped" in codes(findings)
