"""COPY's binary format: golden values arrive exactly, pass from server to server, or are refused by column."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contract import wires
from contract.postgres.pairs import SCHEMA, formed
from contract.postgres.test_codec_vectors import ALL, TYPES, VECTORS, make_table
from contract.postgres.test_codec_vectors import formed as formed_as
from database_migration.engines.postgres import ENGINE
from database_migration.engines.postgres.connection import PostgresSession
from database_migration.errors import ValueRefused
from database_migration.model.bulk_format import BinaryFormat, Wire
from database_migration.model.column_type import Form
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn

MakeTable = Callable[[str], Table]
ROWS = ENGINE.rows


def load(session: PostgresSession, table: Table, columns: list[FormedColumn], rows: list[list[str | None]]) -> int:
    """Rows written by hand in the format that the engine declares."""
    form = ROWS.binary_format(table, columns)
    assert form is not None
    given = [field.wire for field in form.fields]
    stream = form.header + b"".join(wires.record(given, row) for row in rows) + form.trailer
    blocks = [stream[at : at + 1000] for at in range(0, len(stream), 1000)]
    with session.transaction():
        return ROWS.load_bulk(session, SCHEMA, table, columns, blocks, form)


@pytest.mark.parametrize("name", TYPES)
def test_values_cross_exactly(session: PostgresSession, name: str) -> None:
    vectors = [vector for vector in VECTORS["values"] if vector["type"] == name]
    forms = [vectors[0]["form"]]
    table = make_table(session, [vectors[0]["postgres"]])
    columns, both = formed_as(table, forms), formed_as(table, forms, key=True)
    form = ROWS.binary_format(table, both)
    assert form is not None
    assert form.fields[1].wire is wires.WIRES[name]
    assert load(session, table, both, [[str(n), vector["transfer"]] for n, vector in enumerate(vectors)]) == len(
        vectors
    )
    digests = dict(ROWS.digests(session, SCHEMA, table, columns, both[:1], ALL))
    assert [digests[str(n),] for n in range(len(vectors))] == [vector["digest"] for vector in vectors]
    assert passed_through(session, table, both, form) == len(vectors)
    assert dict(ROWS.digests(session, SCHEMA, table, columns, both[:1], ALL)) == digests


def passed_through(session: PostgresSession, table: Table, columns: list[FormedColumn], form: BinaryFormat) -> int:
    """The table's rows, read in binary, deleted and loaded again."""
    assert ROWS.binary_pays_from(table, columns, form) == 0
    blocks = list(ROWS.read_bulk(session, SCHEMA, table, columns, ALL, form))
    session.execute(f"TRUNCATE {table.name}")
    with session.transaction():
        return ROWS.load_bulk(session, SCHEMA, table, columns, blocks, form)


def test_types_of_postgres_alone_pass_through(session: PostgresSession, table: MakeTable) -> None:
    session.execute("CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE DOMAIN small AS int CHECK (value < 9)")
    t = table(
        "CREATE TABLE t (id int PRIMARY KEY, a inet, b int[], c text[], d interval, e timetz, f int4range, g tsvector,"
        " h mood, i small, j char(5), k json, l jsonb, m varbit, n timestamptz, o date, p numeric, q float8, r name)"
    )
    session.execute(
        "INSERT INTO t VALUES (1, '10.0.0.1/8', '{1,NULL,3}', '{a,NULL,\"b,c\"}', '1 year 2 days', '10:00+02',"
        " '[1,5)', 'a fat cat', 'glad', 8, 'x', '{\"a\":  1}', '{\"b\": 2}', B'101', 'infinity', '0044-03-15 BC',"
        " 'NaN', '-Infinity', 'n')"
    )
    session.execute("INSERT INTO t (id) VALUES (2)")
    before = session.execute("SELECT t::text FROM t ORDER BY id")
    columns = formed(t)
    form = ROWS.binary_format(t, columns)
    assert form is not None
    assert passed_through(session, t, columns, form) == 2
    assert session.execute("SELECT t::text FROM t ORDER BY id") == before


def test_what_is_not_the_same_type_goes_by_text(session: PostgresSession, table: MakeTable) -> None:
    session.execute("CREATE TYPE point3 AS (x int, y int, z int)")
    one = table("CREATE TABLE one (a int, b char(5), c json, d numeric, e point3, f point3[], g text)")
    other = table("CREATE TABLE other (a bigint, b varchar(5), c jsonb, d float8, e point3, f point3[], g varchar(9))")
    for number, same in enumerate((False, False, False, False, False, False, True)):
        source, target = formed(one)[number], formed(other)[number]
        form = ROWS.binary_format(other, [target])
        assert form is not None
        assert (ROWS.binary_pays_from(one, [source], form) is not None) is same


REFUSED = {
    "too long": ("varchar(3)", Form.TEXT, "abcd"),
    "nul character": ("text", Form.TEXT, "a\0b"),
    "no document": ("jsonb", Form.JSON, "{"),
    "out of scale": ("numeric(4,2)", Form.DECIMAL, "123.45"),
    "no such label": ("mood", Form.TEXT, "mad"),
    "null": ("int NOT NULL", Form.INTEGER, None),
    "other bits": ("bit(3)", Form.BIT, "1010"),
    "domain": ("small", Form.INTEGER, "10"),
}


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_what_does_not_fit_is_refused(session: PostgresSession, table: MakeTable, case: str) -> None:
    spelled, form, value = REFUSED[case]
    session.execute("CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE DOMAIN small AS int CHECK (value < 9)")
    t = table(f"CREATE TABLE t (id int PRIMARY KEY, bad {spelled})")
    columns = [FormedColumn(t.columns[0], Form.INTEGER), FormedColumn(t.columns[1], form)]
    with pytest.raises(ValueRefused) as caught:
        load(session, t, columns, [["1", value]])
    assert "column bad" in str(caught.value).replace('"', "")
    assert session.execute("SELECT count(*) FROM t") == [(0,)]


def test_invalid_octets_are_refused(session: PostgresSession, table: MakeTable) -> None:
    t = table("CREATE TABLE t (s text, u uuid)")
    for wire, value in ((Wire.TEXT, b"\xc3\x28"), (Wire.UUID, b"short")):
        column = formed(t)[wire is Wire.UUID]
        form = ROWS.binary_format(t, [column])
        assert form is not None
        row = b"\0\x01" + len(value).to_bytes(4, "big") + value
        with pytest.raises(ValueRefused, match=f"column {column.name}"), session.transaction():
            ROWS.load_bulk(session, SCHEMA, t, [column], [form.header + row + form.trailer], form)


def test_a_stream_that_is_left_leaves_the_session_usable(session: PostgresSession, table: MakeTable) -> None:
    t = table("CREATE TABLE t (id int PRIMARY KEY, a text)")
    session.execute("INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(1, 3000) g")
    columns = formed(t)
    form = ROWS.binary_format(t, columns)
    assert form is not None
    reader = ROWS.read_bulk(session, SCHEMA, t, columns, ALL, form)
    assert len(next(reader)) >= 256 * 1024
    reader.close()  # type: ignore[attr-defined]
    assert session.execute("SELECT 1") == [(1,)]
    session.execute("SET statement_timeout = 1")
    with pytest.raises(Exception, match="timeout"):
        list(ROWS.read_bulk(session, SCHEMA, t, columns, ALL, form))
    session.execute("SET statement_timeout = 0")
