"""Types and charsets whose octets in the log the library reads wrongly or not at all."""

from __future__ import annotations

import pytest

from contract.mysql.log_reading import formed, read_all
from database_migration.engines.mysql.catalog import MySQLCatalog
from database_migration.engines.mysql.change_log import MySQLChangeLog
from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.mysql.rows import MySQLRows
from database_migration.engines.protocol import Endpoint
from database_migration.model.column_type import Form
from database_migration.model.key_range import ChunkKey, KeyRange

CASES = {
    "enum": ("enum('a','b''c','é\\\\')", ["'a'", "'b''c'", "'é\\\\'"]),
    "set": ("set('x','y','z')", ["''", "'x'", "'z,x'", "'x,y,z'"]),
    "set64": ("set(" + ",".join(f"'v{n}'" for n in range(64)) + ")", ["'v63'", "'v0,v63'"]),
    "latin2": ("varchar(50) character set latin2", ["'ąęłńóśźż'", "''"]),
    "latin1": ("text character set latin1", ["CONVERT(x'80818d8f909da0ff' USING latin1)"]),
    "cp1251": ("varchar(300) character set cp1251", ["'привет'"]),
    "koi8r": ("char(20) character set koi8r", ["'привет'"]),
    "gbk": ("varchar(20) character set gbk", ["'中文'", "'a'"]),
    "sjis": ("varchar(20) character set sjis", ["'日本ソ'"]),
    "ujis": ("varchar(20) character set ujis", ["'日本'"]),
    "utf16": ("char(10) character set utf16", ["'😀é'", "'a  '", "''"]),
    "utf32": ("varchar(10) character set utf32", ["'😀é'"]),
    "ucs2": ("varchar(10) character set ucs2", ["'é日'"]),
    "utf8mb3": ("varchar(10) character set utf8mb3", ["'é日'"]),
    "char255": ("char(255)", ["'" + "😀" * 255 + "'", "'a   '"]),
    "varchar": ("varchar(8000)", ["REPEAT('é', 8000)", "''", "REPEAT('x', 256)"]),
    "varbinary": ("varbinary(10)", ["x'0000'", "x''", "x'ff00'"]),
    "binary": ("binary(5)", ["x'00'", "x''", "x'6100000000'"]),
    "binary255": ("binary(255)", ["x'61'", "x''"]),
    "tinyblob": ("tinyblob", ["x'00ff'"]),
    "mediumblob": ("mediumblob", ["REPEAT(x'00ff', 100000)"]),
    "unsigned": ("bigint unsigned", ["18446744073709551615", "0"]),
    "medium": ("mediumint", ["-8388608", "8388607", "-1"]),
    "medium_unsigned": ("mediumint unsigned", ["16777215"]),
    "smallint_zerofill": ("smallint(6) zerofill", ["7", "65535"]),
    "decimal_big": ("decimal(65,30)", ["-12345678901234567890.000000000000000000000000000001", "0", "-0.1"]),
    "decimal_nine": ("decimal(18,9)", ["123456789.987654321", "-1", "0.000000001"]),
    "decimal_fraction": ("decimal(5,5)", ["0.00001", "-0.99999"]),
    "time0": ("time", ["'-838:59:59'", "'-00:00:01'", "'00:00:00'"]),
    "time1": ("time(1)", ["'-00:00:00.1'", "'-838:59:59.0'", "'12:00:00.9'"]),
    "time3": ("time(3)", ["'-00:00:01.001'", "'-10:00:00.999'"]),
    "time5": ("time(5)", ["'-00:00:01.00001'", "'100:00:00.99999'"]),
    "datetime2": ("datetime(2)", ["'2024-02-29 12:34:56.78'", "'1000-01-01'"]),
    "datetime3": ("datetime(3)", ["'2024-02-29 12:34:56.789'"]),
    "timestamp1": ("timestamp(1) NULL", ["'2038-01-19 03:14:07.9'", "'1970-01-01 00:00:01'"]),
    "year": ("year", ["0", "1901", "2155"]),
    "bit1": ("bit(1)", ["b'1'", "b'0'"]),
    "bit9": ("bit(9)", ["b'100000001'", "b'1'"]),
    "geometry": ("geometry", ["ST_GeomFromText('POLYGON((0 0,9 0,9 9,0 0))')", "ST_GeomFromText('POINT(1 2)', 4326)"]),
    "point": ("point", ["POINT(1.5, -2.5)"]),
}  # fmt: skip


def test_uuids_of_mariadb(session: MySQLSession, endpoint: Endpoint) -> None:
    if not session.is_mariadb:
        pytest.skip("MySQL has no uuid type.")
    session.execute("CREATE TABLE u (id uuid PRIMARY KEY)")
    start = MySQLChangeLog(endpoint).start("m", endpoint.schema, ["u"])
    uuids = ["00112233-4455-1677-8899-aabbccddee00", "00000000-0000-0000-0000-000000000000"]
    session.execute("INSERT INTO u VALUES (%s), (%s)", uuids)
    columns = formed(session, endpoint.schema)["u"]
    table = MySQLCatalog().read(session, endpoint.schema).table("u")
    (transaction,) = [t for t in read_all(endpoint, start, {"u": columns}) if t.changes]
    assert [change.after and change.after["id"] for change in transaction.changes] == uuids
    found = MySQLRows().fetch(session, endpoint.schema, table, columns, KeyRange.everything())
    assert sorted(row[0] or "" for row in found) == sorted(uuids)
    ranges = MySQLRows().boundaries(session, endpoint.schema, table, ChunkKey("id", Form.UUID), 1)
    assert [part.upper for part in ranges] == [max(uuids), None]


@pytest.mark.parametrize("case", sorted(CASES))
def test_the_log_says_what_the_table_says(session: MySQLSession, endpoint: Endpoint, case: str) -> None:
    spelled, values = CASES[case]
    session.execute("SET SESSION sql_mode = 'STRICT_ALL_TABLES'")
    session.execute(f"CREATE TABLE v (n int PRIMARY KEY, skipped {spelled}, c {spelled}, g int AS (n + 1) VIRTUAL)")
    start = MySQLChangeLog(endpoint).start("m", endpoint.schema, ["v"])
    with session.transaction():
        for number, value in enumerate(values):
            session.execute(f"INSERT INTO v (n, skipped, c) VALUES ({number}, {value}, {value})")
        session.execute("UPDATE v SET skipped = NULL")
    table = MySQLCatalog().read(session, endpoint.schema).table("v")
    columns = [column for column in formed(session, endpoint.schema)["v"] if column.name != "skipped"]
    (transaction,) = [t for t in read_all(endpoint, start, {"v": columns}) if t.changes]
    fetched = list(MySQLRows().fetch(session, endpoint.schema, table, columns, KeyRange.everything()))
    expected = [dict(zip(("n", "c"), row, strict=True)) for row in fetched]
    inserted, updated = transaction.changes[: len(values)], transaction.changes[len(values) :]
    assert [change.after for change in inserted] == expected
    assert [(change.before, change.after) for change in updated] == [(row, row) for row in expected]


DOCUMENTS = [
    "null", "true", "[]", "{}", '"text é 😀 \\u0001 \\" \\\\ / \\n"', "0", "-1", "65535", "65536", "-2147483649",
    "9223372036854775807", "18446744073709551615", "1.5", "1.0", "1e300", "-0.1", "3.141592653589793", "1e-7",
    "[1e14, 1e15, 1e16, 123456789012345680.0, 1e-13, 1e-14, 1e-15, 1.5e-14, 0.0, -0.0, 5e-324, 1.25e100, 100000.0]",
    '{"a": 1, "bb": [1, 2.5, null, {"c": "d"}], "": false}', '{"é": "ü"}',
    '["' + "x" * 200 + '", "' + "y" * 70000 + '"]', "[" + ", ".join(str(n * 1000) for n in range(5000)) + "]",
    '{"big": ' + "[" * 20 + "]" * 20 + "}",
]  # fmt: skip


def test_json(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute("CREATE TABLE j (n int PRIMARY KEY, c json)")
    start = MySQLChangeLog(endpoint).start("m", endpoint.schema, ["j"])
    with session.transaction():
        for number, document in enumerate(DOCUMENTS):
            session.execute("INSERT INTO j VALUES (%s, %s)", (number, document))
        if not session.is_mariadb:
            session.execute(
                "INSERT INTO j VALUES (100, JSON_ARRAY(CAST(1.50 AS DECIMAL(5,2)), CAST('2024-02-29' AS DATE), "
                "CAST('2024-02-29 01:02:03.000004' AS DATETIME(6)), CAST('-01:02:03.5' AS TIME(6)), x'00ff'))"
            )
    table = MySQLCatalog().read(session, endpoint.schema).table("j")
    columns = formed(session, endpoint.schema)["j"]
    (transaction,) = [t for t in read_all(endpoint, start, {"j": columns}) if t.changes]
    fetched = list(MySQLRows().fetch(session, endpoint.schema, table, columns, KeyRange.everything()))
    assert [c.after and c.after["c"] for c in transaction.changes] == [row[1] for row in fetched]
