"""Ranges, bulk streams, checksums and identities."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contract.postgres.pairs import SCHEMA, formed
from database_migration.engines.postgres import ENGINE
from database_migration.engines.postgres.connection import PostgresSession
from database_migration.errors import NotPossible, ValueRefused
from database_migration.model.column_type import Form
from database_migration.model.key_range import ChunkKey, KeyRange
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn

ALL = KeyRange.everything()
MakeTable = Callable[[str], Table]
ROWS = ENGINE.rows


def counted(session: PostgresSession, table: Table, ranges: list[KeyRange]) -> list[int]:
    return [ROWS.checksum(session, SCHEMA, table, formed(table), one).rows for one in ranges]


def assert_covering(ranges: list[KeyRange]) -> None:
    assert ranges[0].lower is None
    assert ranges[-1].upper is None
    assert [one.upper for one in ranges[:-1]] == [one.lower for one in ranges[1:]]


def test_boundaries_skip_gaps(session: PostgresSession, table: MakeTable) -> None:
    t = table("CREATE TABLE t (id bigint PRIMARY KEY, a text)")
    session.execute("INSERT INTO t SELECT g, 'x' FROM generate_series(-5, 100) g; INSERT INTO t VALUES (1000000000000)")
    ranges = ROWS.boundaries(session, SCHEMA, t, ChunkKey("id", Form.INTEGER), 25)
    assert_covering(ranges)
    assert counted(session, t, ranges) == [25, 25, 25, 25, 7]


def test_an_empty_table_is_one_range(session: PostgresSession, table: MakeTable) -> None:
    t = table("CREATE TABLE t (id bigint PRIMARY KEY)")
    assert ROWS.boundaries(session, SCHEMA, t, ChunkKey("id", Form.INTEGER), 25) == [
        KeyRange(ChunkKey("id", Form.INTEGER))
    ]


def test_boundaries_of_a_leading_key_with_many_rows_each(session: PostgresSession, table: MakeTable) -> None:
    t = table("CREATE TABLE t (a int, b int, PRIMARY KEY (a, b))")
    session.execute("INSERT INTO t SELECT a, b FROM generate_series(1, 4) a, generate_series(1, 30) b")
    session.execute("INSERT INTO t SELECT 3, b FROM generate_series(31, 100) b")
    ranges = ROWS.boundaries(session, SCHEMA, t, ChunkKey("a", Form.INTEGER), 10)
    assert_covering(ranges)
    assert counted(session, t, ranges) == [30, 30, 100, 30]


@pytest.mark.parametrize(
    ("type_", "value", "form"),
    [
        ("bytea", "decode(lpad(to_hex(g), 4, '0'), 'hex')", Form.BINARY),
        ("bytea", "decode(md5(g::text), 'hex')", Form.UUID),
        ("uuid", "md5(g::text)::uuid", Form.UUID),
        ("numeric(20,0)", "g::numeric + 9223372036854775800", Form.INTEGER),
    ],
)
def test_boundaries_by_other_keys(
    session: PostgresSession, table: MakeTable, type_: str, value: str, form: Form
) -> None:
    t = table(f"CREATE TABLE t (id {type_} PRIMARY KEY)")
    session.execute(f"INSERT INTO t SELECT {value} FROM generate_series(1, 100) g")
    ranges = ROWS.boundaries(session, SCHEMA, t, ChunkKey("id", form), 30)
    assert_covering(ranges)
    assert counted(session, t, ranges) == [30, 30, 30, 10]


def test_children_by_inheritance_are_not_counted_twice(session: PostgresSession, table: MakeTable) -> None:
    parent = table("CREATE TABLE parent (id int PRIMARY KEY)")
    session.execute(
        "CREATE TABLE child () INHERITS (parent); INSERT INTO child VALUES (1); INSERT INTO parent VALUES (2)"
    )
    assert counted(session, parent, [ALL]) == [1]
    assert list(ROWS.fetch(session, SCHEMA, parent, formed(parent), ALL)) == [("2",)]


def test_a_partitioned_table_is_one_table(session: PostgresSession, table: MakeTable) -> None:
    t = table(
        "CREATE TABLE t (id int PRIMARY KEY) PARTITION BY RANGE (id);"
        "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10);"
        "CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20);"
        "INSERT INTO t SELECT generate_series(0, 19)"
    )
    assert [one.name for one in ENGINE.catalog.read(session, SCHEMA).tables] == ["t"]
    assert counted(session, t, [ALL]) == [20]
    assert ENGINE.catalog.exact_count(session, t) == 20


def test_blocks_are_large_and_bounded(session: PostgresSession, table: MakeTable) -> None:
    t = table("CREATE TABLE t (id int PRIMARY KEY, a text)")
    session.execute("INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(1, 3000) g")
    blocks = list(ROWS.read_bulk(session, SCHEMA, t, formed(t), ALL, ENGINE.traits.bulk_format))
    assert 10 <= len(blocks) <= 13
    assert max(map(len, blocks)) < 300_000
    reader = ROWS.read_bulk(session, SCHEMA, t, formed(t), ALL, ENGINE.traits.bulk_format)
    next(reader)
    reader.close()
    assert session.execute("SELECT 1") == [(1,)]


def test_a_range_is_read_alone(session: PostgresSession, table: MakeTable) -> None:
    t = table("CREATE TABLE t (id int PRIMARY KEY)")
    session.execute("INSERT INTO t SELECT generate_series(1, 10)")
    some = KeyRange(ChunkKey("id", Form.INTEGER), "3", "5")
    stream = b"".join(ROWS.read_bulk(session, SCHEMA, t, formed(t), some, ENGINE.traits.bulk_format))
    assert stream == b"3\n4\n"


def test_loading_fires_no_trigger_and_checks_no_foreign_key(session: PostgresSession, table: MakeTable) -> None:
    table("CREATE TABLE parent (id int PRIMARY KEY)")
    t = table("CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent)")
    session.execute(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;"
        "CREATE TRIGGER no BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION no()"
    )
    with session.transaction():
        assert ROWS.load_bulk(session, SCHEMA, t, formed(t), [b"1\t", b"7\n2\t\\N\n"]) == 2
    assert session.execute("SHOW session_replication_role") == [("origin",)]
    assert session.execute("SELECT * FROM child ORDER BY id") == [(1, 7), (2, None)]


def test_a_role_without_the_right_to_suppress_triggers_still_loads(session: PostgresSession, table: MakeTable) -> None:
    t = table("CREATE TABLE t (id int PRIMARY KEY)")
    session.execute("CREATE ROLE weak; GRANT USAGE ON SCHEMA shop TO weak; GRANT INSERT ON t TO weak; SET ROLE weak")
    try:
        with session.transaction():
            assert ROWS.load_bulk(session, SCHEMA, t, formed(t), [b"1\n"]) == 1
    finally:
        session.execute("RESET ROLE; DROP OWNED BY weak; DROP ROLE weak")


def test_loading_outside_a_transaction_is_refused(session: PostgresSession, table: MakeTable) -> None:
    t = table("CREATE TABLE t (id int PRIMARY KEY)")
    with pytest.raises(NotPossible):
        ROWS.load_bulk(session, SCHEMA, t, formed(t), [b"1\n"])


def test_a_value_that_does_not_fit_is_refused_with_its_place(session: PostgresSession, table: MakeTable) -> None:
    t = table("CREATE TABLE t (id int PRIMARY KEY, secret text, n smallint)")
    with pytest.raises(ValueRefused) as caught, session.transaction():
        ROWS.load_bulk(session, SCHEMA, t, formed(t), [b"1\ta\t1\n2\ts3cret\t70000\n"])
    assert "line 2" in str(caught.value)
    assert "column n" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert session.execute("SELECT count(*) FROM t") == [(0,)]


def test_hex_is_not_loaded_into_text(session: PostgresSession, table: MakeTable) -> None:
    t = table("CREATE TABLE t (a text)")
    with pytest.raises(NotPossible), session.transaction():
        ROWS.load_bulk(session, SCHEMA, t, [FormedColumn(t.columns[0], Form.BINARY)], [b"\\\\x61\n"])


def test_checksums_see_what_differs(session: PostgresSession, table: MakeTable) -> None:
    t = table("CREATE TABLE t (id int PRIMARY KEY, a text, b text, j jsonb)")

    def digest(rows: str) -> int:
        session.execute(f"TRUNCATE t; INSERT INTO t VALUES {rows}")
        return ROWS.checksum(session, SCHEMA, t, formed(t), ALL).digest

    one = digest("(1, 'ab', 'c', '1'), (2, 'x', 'y', null)")
    assert digest("(2, 'x', 'y', '{}'), (1, 'ab', 'c', '2')") == one
    assert digest("(1, 'a', 'bc', '1'), (2, 'x', 'y', null)") != one
    assert digest("(1, 'ab', null, '1'), (2, 'x', 'y', null)") != digest("(1, 'ab', '', '1'), (2, 'x', 'y', null)")
    assert digest("(1, 'AB', 'c', '1'), (2, 'x', 'y', null)") != one


def test_rows_are_fetched_by_their_keys(session: PostgresSession, table: MakeTable) -> None:
    t = table("CREATE TABLE t (a int, b bytea, c text, PRIMARY KEY (a, b))")
    session.execute(
        "INSERT INTO t SELECT g, decode(lpad(to_hex(g), 4, '0'), 'hex'), 'c' || g FROM generate_series(0, 2000) g"
    )
    columns = formed(t)
    wanted = [(str(n), f"{n:04x}") for n in range(0, 2000, 2)] + [("5", "ffff"), ("5000", "00")]
    found = list(ROWS.fetch(session, SCHEMA, t, columns, ALL, columns[:2], wanted))
    assert sorted(found) == sorted((str(n), f"{n:04x}", f"c{n}") for n in range(0, 2000, 2))
    assert list(ROWS.fetch(session, SCHEMA, t, columns, ALL, columns[:2], [])) == []


def test_identities_only_move_on(session: PostgresSession, table: MakeTable) -> None:
    t = table('CREATE TABLE "T %s" (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, a int)')
    id_ = t.column("id")
    assert ROWS.highest_identity(session, SCHEMA, t, id_) is None
    ROWS.set_next_identity(session, SCHEMA, t, id_, 500)
    ROWS.set_next_identity(session, SCHEMA, t, id_, 20)
    assert session.execute('INSERT INTO "T %s" (a) VALUES (1) RETURNING id') == [(500,)]
    assert ROWS.highest_identity(session, SCHEMA, t, id_) == 500
    assert session.execute('INSERT INTO "T %s" (a) VALUES (1) RETURNING id') == [(501,)]
    ROWS.analyze(session, SCHEMA, t)


def test_special_dates_and_numbers_are_shown_as_they_are(session: PostgresSession, table: MakeTable) -> None:
    t = table("CREATE TABLE t (a timestamp, b timestamptz, c date, d float8, e numeric)")
    session.execute(
        "INSERT INTO t VALUES ('infinity', '-infinity', '0044-03-15 BC', 'NaN', 'NaN'),"
        " ('0044-03-15 BC', '10000-01-01 00:00+00', 'infinity', '-Infinity', null)"
    )
    assert list(ROWS.fetch(session, SCHEMA, t, formed(t), ALL)) == [
        ("infinity", "-infinity", "0044-03-15 BC", "NaN", "NaN"),
        ("0044-03-15 00:00:00 BC", "10000-01-01 00:00:00.000000", "infinity", "-Infinity", None),
    ]
