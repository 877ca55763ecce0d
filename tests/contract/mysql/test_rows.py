"""Ranges cover everything, streams arrive exactly or are refused, checksums see every difference."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from contract.mysql.log_reading import formed
from database_migration.engines.mysql.bulk.frame import Frame
from database_migration.engines.mysql.bulk.load import CSV
from database_migration.engines.mysql.catalog import MySQLCatalog
from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.mysql.row_sql.key_conditions import range_condition
from database_migration.engines.mysql.rows import MySQLRows
from database_migration.engines.protocol import Endpoint
from database_migration.errors import ValueRefused
from database_migration.model.column_type import Form
from database_migration.model.key_range import ChunkKey, KeyPart, KeyRange
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn

ROWS = MySQLRows()
ALL = KeyRange.everything()


def table_of(session: MySQLSession, endpoint: Endpoint, name: str = "t") -> Table:
    return MySQLCatalog().read(session, endpoint.schema).table(name)


def load(session: MySQLSession, endpoint: Endpoint, stream: bytes, columns: list[FormedColumn] | None = None) -> int:
    table = table_of(session, endpoint)
    with session.transaction():
        return ROWS.load_bulk(
            session, endpoint.schema, table, columns or formed(session, endpoint.schema, "t")["t"], [stream]
        )


@pytest.fixture(params=["load_data", "inserts"])
def way(request: pytest.FixtureRequest, session: MySQLSession) -> Iterator[None]:
    """Both ways of loading."""
    session.execute(f"SET GLOBAL local_infile = {int(request.param == 'load_data')}")
    yield
    session.execute("SET GLOBAL local_infile = 1")


def count_in(session: MySQLSession, endpoint: Endpoint, table: Table, rows: KeyRange) -> int:
    columns = formed(session, endpoint.schema, "t")["t"]
    return ROWS.checksum(session, endpoint.schema, table, columns, rows).rows


@pytest.mark.parametrize("chunk", [1, 3, 10, 99, 100, 101])
def test_boundaries_over_gaps(session: MySQLSession, endpoint: Endpoint, chunk: int) -> None:
    session.execute("CREATE TABLE t (id bigint unsigned PRIMARY KEY)")
    keys = [n * n * 7 for n in range(99)] + [18446744073709551615]
    session.execute("INSERT INTO t VALUES " + ", ".join(f"({key})" for key in keys))
    table = table_of(session, endpoint)
    ranges = ROWS.boundaries(session, endpoint.schema, table, ChunkKey("id", Form.INTEGER), chunk)
    assert ranges[0].lower is None
    assert ranges[-1].upper is None
    assert [r.upper for r in ranges[:-1]] == [r.lower for r in ranges[1:]]
    counts = [count_in(session, endpoint, table, r) for r in ranges]
    assert sum(counts) == 100
    assert all(count == chunk for count in counts[:-1])


@pytest.mark.parametrize(
    ("spelled", "form"), [("binary(16)", Form.BINARY), ("binary(16)", Form.UUID), ("char(36)", Form.UUID)]
)
def test_boundaries_by_octet(session: MySQLSession, endpoint: Endpoint, spelled: str, form: Form) -> None:
    session.execute(f"CREATE TABLE t (id {spelled} PRIMARY KEY)")
    value = "UNHEX(REPLACE(UUID(), '-', ''))" if spelled.startswith("binary") else "UUID()"
    for _ in range(20):
        session.execute(f"INSERT INTO t VALUES ({value})")
    table = table_of(session, endpoint)
    ranges = ROWS.boundaries(session, endpoint.schema, table, ChunkKey("id", form), 6)
    bounds = [r.upper for r in ranges[:-1]]
    assert bounds == sorted(bounds, key=str)
    assert [count_in(session, endpoint, table, r) for r in ranges] == [6, 6, 6, 2]


def test_boundaries_of_a_repeated_key(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute("CREATE TABLE t (a int, b int, PRIMARY KEY (a, b))")
    session.execute("INSERT INTO t VALUES " + ", ".join(f"({a}, {b})" for a in (1, 2, 3) for b in range(20)))
    table = table_of(session, endpoint)
    ranges = ROWS.boundaries(session, endpoint.schema, table, ChunkKey("a", Form.INTEGER), 5)
    assert [(r.lower, r.upper) for r in ranges] == [(None, "2"), ("2", "3"), ("3", None)]
    assert sum(count_in(session, endpoint, table, r) for r in ranges) == 60


def test_a_shared_leading_value_is_cut_behind_it(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute(
        "CREATE TABLE t (a int, b varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, PRIMARY KEY (a, b))"
    )
    rows = [(1, "x"), *((2, f"{n:03}") for n in range(500)), (3, "y")]
    session.execute("INSERT INTO t VALUES " + ", ".join(f"({a}, '{b}')" for a, b in rows))
    session.execute("ANALYZE TABLE t")
    table = table_of(session, endpoint)
    key = ChunkKey("a", Form.INTEGER, (KeyPart("b", Form.TEXT),))
    ranges = ROWS.boundaries(session, endpoint.schema, table, key, 50)
    assert ranges[1].lower is not None
    assert key.values(ranges[1].lower)[0] == "2"
    counts = [count_in(session, endpoint, table, r) for r in ranges]
    assert sum(counts) == 502
    assert max(counts) <= 50
    plan = session.execute(f"EXPLAIN SELECT COUNT(*) FROM t {range_condition(table, ranges[4])}")
    assert "range" in str(plan)  # the index is read from bound to bound


def test_an_empty_table_is_one_range(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY)")
    key = ChunkKey("id", Form.INTEGER)
    assert ROWS.boundaries(session, endpoint.schema, table_of(session, endpoint), key, 5) == [KeyRange(key)]


REFUSED = {
    "too long": ("varchar(3)", '"abcd"'),
    "blanks too long": ("varchar(3)", '"abc  "'),
    "out of range": ("tinyint", '"128"'),
    "negative": ("int unsigned", '"-1"'),
    "not a number": ("int", '"x"'),
    "rounded time": ("time(2)", '"10:00:00.001000"'),
    "rounded moment": ("datetime(3)", '"2024-01-01 00:00:00.000100"'),
    "rounded timestamp": ("timestamp NULL", '"2024-01-01 00:00:00.500000"'),
    "filled up": ("binary(3)", '"6162"'),
    "no room": ("varbinary(3)", '"61626364"'),
    "rounded": ("decimal(5,2)", '"1.005"'),
    "no such date": ("date", '"2024-02-30"'),
    "zero date": ("date", '"0000-00-00"'),
    "no such label": ("enum('a','b')", '"c"'),
    "no such character": ("varchar(9) character set latin1", '"😀"'),
    "null": ("int NOT NULL", "NULL"),
    "bad document": ("json", '"{"'),
    "beyond": ("timestamp NULL", '"2150-01-01 00:00:00.000000"'),
}


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_what_does_not_fit_is_refused(session: MySQLSession, endpoint: Endpoint, way: None, case: str) -> None:
    spelled, value = REFUSED[case]
    session.execute(f"CREATE TABLE t (id int PRIMARY KEY, c {spelled})")
    with pytest.raises(ValueRefused):
        load(session, endpoint, f'"1",{value}\n'.encode())
    assert session.execute("SELECT COUNT(*) FROM t") == [(0,)]
    assert session.execute("SELECT @@foreign_key_checks") == [(1,)]


def test_a_doubled_row_is_refused(session: MySQLSession, endpoint: Endpoint, way: None) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY)")
    with pytest.raises(ValueRefused, match="1062"):
        load(session, endpoint, b'"1"\n"2"\n"1"\n')
    assert session.execute("SELECT COUNT(*) FROM t") == [(0,)]


def test_foreign_keys_wait(session: MySQLSession, endpoint: Endpoint, way: None) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY, parent int, FOREIGN KEY (parent) REFERENCES t (id))")
    assert load(session, endpoint, b'"0","7"\n"1",NULL\n') == 2
    assert session.execute("SELECT id, parent FROM t ORDER BY id") == [(0, 7), (1, None)]


def test_identity_values_are_kept(session: MySQLSession, endpoint: Endpoint, way: None) -> None:
    session.execute("CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY)")
    table = table_of(session, endpoint)
    column = table.column("id")
    assert ROWS.highest_identity(session, endpoint.schema, table, column) is None
    load(session, endpoint, b'"0"\n"17"\n')
    assert ROWS.highest_identity(session, endpoint.schema, table, column) == 17
    ROWS.set_next_identity(session, endpoint.schema, table, column, 100)
    session.execute("INSERT INTO t VALUES (NULL)")
    assert session.execute("SELECT id FROM t ORDER BY id") == [(0,), (17,), (100,)]
    ROWS.set_next_identity(session, endpoint.schema, table, column, 5)
    session.execute("INSERT INTO t VALUES (NULL)")
    assert ROWS.highest_identity(session, endpoint.schema, table, column) == 101
    ROWS.analyze(session, endpoint.schema, table)


def test_the_readers_error_is_the_one_that_is_told(session: MySQLSession, endpoint: Endpoint, way: None) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY)")

    def breaking() -> Iterator[bytes]:
        yield b'"1"\n'
        raise ValueRefused("the source said no", mend="nothing")

    table, columns = table_of(session, endpoint), formed(session, endpoint.schema, "t")["t"]
    with pytest.raises(ValueRefused, match="the source said no"), session.transaction():
        ROWS.load_bulk(session, endpoint.schema, table, columns, breaking())
    assert session.execute("SELECT COUNT(*) FROM t") == [(0,)]


@pytest.mark.parametrize("date", ["0000-00-00", "2024-00-10", "2024-05-00"])
def test_zero_dates_end_a_stream_and_are_shown_where_rows_are_compared(
    session: MySQLSession, endpoint: Endpoint, date: str
) -> None:
    session.execute("SET SESSION sql_mode = ''")
    session.execute("CREATE TABLE t (id int PRIMARY KEY, d date, dt datetime)")
    session.execute(f"INSERT INTO t VALUES (1, '2024-01-01', NULL), (2, NULL, '{date} 00:00:00')")
    table, columns = table_of(session, endpoint), formed(session, endpoint.schema, "t")["t"]
    with pytest.raises(ValueRefused, match="zero or partial date") as caught:
        list(ROWS.read_bulk(session, endpoint.schema, table, columns, ALL, CSV))
    assert f"{endpoint.schema}.t.dt" in str(caught.value)
    assert ROWS.checksum(session, endpoint.schema, table, columns, ALL).rows == 2
    assert len(list(ROWS.digests(session, endpoint.schema, table, columns, columns[:1], ALL))) == 2
    rows = sorted(ROWS.fetch(session, endpoint.schema, table, columns, ALL))
    assert rows == [("1", "2024-01-01", None), ("2", None, f"{date} 00:00:00.000000")]


def test_a_value_beyond_the_packet_is_refused(
    connect: Callable[[], MySQLSession], session: MySQLSession, endpoint: Endpoint
) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY, b longblob, s longtext)")
    session.execute("INSERT INTO t VALUES (1, REPEAT(x'00', 3000000), NULL), (2, NULL, REPEAT('x', 4194304))")
    before = session.execute("SELECT @@GLOBAL.max_allowed_packet")[0][0]
    session.execute("SET GLOBAL max_allowed_packet = 4194304")
    try:
        small = connect()
        table, columns = table_of(session, endpoint), formed(session, endpoint.schema, "t")["t"]
        text_row = KeyRange(ChunkKey("id", Form.INTEGER), "2", None)
        for read in (
            lambda: list(ROWS.read_bulk(small, endpoint.schema, table, columns, ALL, CSV)),
            lambda: ROWS.checksum(small, endpoint.schema, table, columns, ALL),
            lambda: list(ROWS.read_bulk(small, endpoint.schema, table, columns, text_row, CSV)),
        ):
            with pytest.raises(ValueRefused, match="max_allowed_packet"):
                read()
        assert small.execute("SELECT 1") == [(1,)]
    finally:
        session.execute("SET GLOBAL max_allowed_packet = %s", (before,))  # type: ignore[arg-type]


def test_reading_takes_constant_memory(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, s varchar(500))")
    session.execute("INSERT INTO t (s) VALUES " + ", ".join(["(REPEAT('x', 500))"] * 1000))
    for _ in range(5):
        session.execute("INSERT INTO t (s) SELECT s FROM t")
    table, columns = table_of(session, endpoint), formed(session, endpoint.schema, "t")["t"]
    tracemalloc.start()
    total = sum(map(len, ROWS.read_bulk(session, endpoint.schema, table, columns, ALL, CSV)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total > 16_000_000
    assert peak < 4_000_000


def test_a_stream_that_is_left_leaves_the_session_usable(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, s varchar(500))")
    session.execute("INSERT INTO t (s) VALUES " + ", ".join(["(REPEAT('x', 500))"] * 5000))
    table, columns = table_of(session, endpoint), formed(session, endpoint.schema, "t")["t"]
    stream = ROWS.read_bulk(session, endpoint.schema, table, columns, ALL, CSV)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert session.execute("SELECT COUNT(*) FROM t") == [(5000,)]


def test_checksums_see_every_difference(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY, a varchar(10), b varchar(10))")
    table, columns = table_of(session, endpoint), formed(session, endpoint.schema, "t")["t"]
    seen = set()
    for values in ("('', NULL)", "(NULL, '')", "('a', 'bc')", "('ab', 'c')", "('A', 'bc')", "('a ', 'bc')"):
        session.execute(f"REPLACE INTO t SELECT 1, v.* FROM (SELECT {values[1:-1]}) v")
        seen.add(ROWS.checksum(session, endpoint.schema, table, columns, ALL))
    assert len(seen) == 6
    session.execute("CREATE TABLE u (a int)")
    session.execute("INSERT INTO u VALUES (5), (5)")
    twins = MySQLCatalog().read(session, endpoint.schema).table("u")
    doubled = ROWS.checksum(session, endpoint.schema, twins, formed(session, endpoint.schema, "u")["u"], ALL)
    assert doubled.rows == 2
    assert doubled.digest > 0


def test_fetch_of_wanted_keys(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute("CREATE TABLE t (k varchar(10) COLLATE utf8mb4_general_ci, n bigint, v int, PRIMARY KEY (k, n))")
    session.execute("INSERT INTO t VALUES ('a', 9007199254740993, 1), ('B', 1, 2), ('c''\\\\', 2, NULL)")
    table, columns = table_of(session, endpoint), formed(session, endpoint.schema, "t")["t"]
    wanted = [("a", "9007199254740993"), ("a", "9007199254740992"), ("b", "1"), ("c'\\", "2"), ("x", "3")]
    found = ROWS.fetch(session, endpoint.schema, table, columns, ALL, columns[:2], wanted)
    assert sorted(found) == [("a", "9007199254740993", "1"), ("c'\\", "2", None)]


def test_intervals_as_microseconds(session: MySQLSession, endpoint: Endpoint, way: None) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY, c bigint)")
    times = ["00:00:00.000000", "-00:00:00.000001", "838:59:59.999999", "-10000:00:01.500000"]
    table = table_of(session, endpoint)
    columns = [FormedColumn(table.columns[0], Form.INTEGER), FormedColumn(table.columns[1], Form.TIME)]
    load(session, endpoint, "".join(f'"{n}","{time}"\n' for n, time in enumerate(times)).encode(), columns)
    assert session.execute("SELECT c FROM t ORDER BY id") == [(0,), (-1,), (3020399999999,), (-36000001500000,)]
    assert [row[1] for row in ROWS.fetch(session, endpoint.schema, table, columns, ALL)] == times


@pytest.mark.parametrize("octets", ["fe", "fd", "ff", "61fd62"])
def test_an_invalid_text_is_refused(session: MySQLSession, endpoint: Endpoint, octets: str) -> None:
    # As an old dump leaves it behind: latin1 octets in a column that was told to be utf8mb4.
    session.execute("CREATE TABLE t (id int PRIMARY KEY, s varchar(10) CHARACTER SET latin1, n int)")
    session.execute(f"INSERT INTO t VALUES (1, CONVERT(x'{octets}' USING latin1), NULL)")
    table, columns = table_of(session, endpoint), formed(session, endpoint.schema, "t")["t"]
    assert len(list(ROWS.read_bulk(session, endpoint.schema, table, columns, ALL, CSV))) == 1
    frame = Frame(CSV, 2)
    assert frame.block([b"1\xfe" + bytes.fromhex(octets)], 0) is None
    assert frame.block([b"1\xfe\xfd"], 0) is None
    assert frame.block([b"1\xfe\xfd", b'\xfd\xfea"b'], 2) == b'"1",NULL\nNULL,"a""b"\n'


def test_long_texts_are_read_in_linear_time(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY, s longtext)")
    session.execute("INSERT INTO t VALUES (1, REPEAT(CONCAT(REPEAT('x', 50), '\"\n'), 60000))")
    table, columns = table_of(session, endpoint), formed(session, endpoint.schema, "t")["t"]
    began = time.monotonic()
    (block,) = ROWS.read_bulk(session, endpoint.schema, table, columns, ALL, CSV)
    assert time.monotonic() - began < 5
    assert block.count(b'""\n') == 60000
