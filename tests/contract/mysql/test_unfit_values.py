"""What is read by SQL in the place of a value that does not fit is what is read from the log."""

from __future__ import annotations

import pytest

from contract.mysql.log_reading import formed, read_all
from database_migration.engines.mysql import ENGINE
from database_migration.engines.mysql.change_log import MySQLChangeLog
from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.protocol import Endpoint
from database_migration.model.column_type import Form
from database_migration.model.key_range import KeyRange
from database_migration.model.table_selection import FormedColumn
from database_migration.model.unfit_value import Doubt, Substitute, ValueKind

ALL = KeyRange.everything()
ZERO, NUL = Doubt(ValueKind.ZERO_DATE), Doubt(ValueKind.NUL_CHARACTER)
RANGE = Doubt(ValueKind.OUT_OF_RANGE, "0", "100")
DAY = Doubt(ValueKind.OUT_OF_RANGE, "00:00:00.000000", "24:00:00.000000")
LONG = Doubt(ValueKind.TOO_LONG, length=3)
# type, values as SQL, form, substitute, transfer texts that are expected
CASES = {
    "zero date to null": (
        "date",
        ["'0000-00-00'", "'2024-00-10'", "'2024-01-02'"],
        Form.DATE,
        Substitute(ZERO),
        [None, None, "2024-01-02"],
    ),
    "zero date to a date": (
        "date NOT NULL",
        ["'0000-00-00'", "'2024-01-02'"],
        Form.DATE,
        Substitute(ZERO, "1970-01-01"),
        ["1970-01-01", "2024-01-02"],
    ),
    "zero datetime": (
        "datetime(3)",
        ["'0000-00-00'", "'2024-01-02 03:04:05.678'"],
        Form.DATETIME,
        Substitute(ZERO, "1970-01-01 00:00:00.000000"),
        ["1970-01-01 00:00:00.000000", "2024-01-02 03:04:05.678000"],
    ),
    "zero timestamp": (
        "timestamp NULL",
        ["'0000-00-00'", "'2024-01-02 03:04:05'", "NULL"],
        Form.TIMESTAMP,
        Substitute(ZERO),
        [None, "2024-01-02 03:04:05.000000", None],
    ),
    "NUL stripped": ("varchar(20)", [r"'a\0b\0'", "'é☃'", "''"], Form.TEXT, Substitute(NUL, ""), ["ab", "é☃", ""]),
    "NUL replaced": ("text NOT NULL", [r"'a\0b\0'", "'é'"], Form.TEXT, Substitute(NUL, "�"), ["a�b�", "é"]),
    "NUL to null": ("varchar(20) NOT NULL", [r"'a\0b\0'", "'é'"], Form.TEXT, Substitute(NUL), [None, "é"]),
    "NUL in latin1": (
        "varchar(20) CHARACTER SET latin1",
        [r"'é\0b'", "'é'"],
        Form.TEXT,
        Substitute(NUL, ""),
        ["éb", "é"],
    ),
    "number to null": (
        "bigint unsigned",
        ["101", "100", "18446744073709551615"],
        Form.INTEGER,
        Substitute(RANGE),
        [None, "100", None],
    ),
    "number clamped": (
        "bigint",
        ["-5", "7", "9223372036854775807"],
        Form.INTEGER,
        Substitute(RANGE, trims=True),
        ["0", "7", "100"],
    ),
    "number to another": ("int NOT NULL", ["-5", "7"], Form.INTEGER, Substitute(RANGE, "42"), ["42", "7"]),
    "decimal clamped": (
        "decimal(20,4)",
        ["-0.5", "7.25", "1e15"],
        Form.DECIMAL,
        Substitute(RANGE, trims=True),
        ["0", "7.2500", "100"],
    ),
    "decimal rounded": (
        "decimal(20,4)",
        ["-0.5555", "7.125", "7.1"],
        Form.DECIMAL,
        Substitute(Doubt(ValueKind.TOO_PRECISE, scale=2), trims=True),
        ["-0.56", "7.13", "7.10"],
    ),
    "time clamped": (
        "time(2)",
        ["'-01:00:00'", "'25:00:00.50'", "'23:59:59.25'"],
        Form.TIME,
        Substitute(DAY, trims=True),
        ["00:00:00.000000", "24:00:00.000000", "23:59:59.250000"],
    ),
    "boolean": (
        "tinyint(1)",
        ["2", "1", "0", "-1"],
        Form.BOOLEAN,
        Substitute(Doubt(ValueKind.NOT_BOOLEAN), "1"),
        ["1", "1", "0", "1"],
    ),
    "text cut": ("varchar(20)", ["'éééé'", "'ab'"], Form.TEXT, Substitute(LONG, trims=True), ["ééé", "ab"]),
    "binary cut": (
        "varbinary(20)",
        ["x'00010203ff'", "x'ff'"],
        Form.BINARY,
        Substitute(LONG, trims=True),
        ["000102", "ff"],
    ),
    "text to null": ("varchar(20)", ["'éééé'", "'ab'"], Form.TEXT, Substitute(LONG), [None, "ab"]),
}


@pytest.mark.parametrize("name", CASES)
def test_sql_and_log_agree(session: MySQLSession, endpoint: Endpoint, name: str) -> None:
    spelled, values, form, substitute, expected = CASES[name]
    session.execute("SET SESSION sql_mode = ''")
    session.execute(f"CREATE TABLE t (id int PRIMARY KEY, v {spelled}) DEFAULT CHARACTER SET utf8mb4")
    start = MySQLChangeLog(endpoint).start("m", endpoint.schema, ["t"])
    for number, value in enumerate(values):
        session.execute(f"INSERT INTO t VALUES ({number}, {value})")
    key, column = formed(session, endpoint.schema, "t")["t"]
    treated = FormedColumn(column.column, form, (substitute,))
    table = ENGINE.catalog.read(session, endpoint.schema).table("t")
    fetched = sorted(ENGINE.rows.fetch(session, endpoint.schema, table, [key, treated], ALL))
    assert _plain(form, [row[1] for row in fetched]) == _plain(form, expected)
    logged = [
        change.after["v"]
        for transaction in read_all(endpoint, start, {"t": [key, treated]})
        for change in transaction.changes
        if change.after is not None
    ]
    assert _plain(form, logged) == _plain(form, expected)
    blocks = b"".join(
        ENGINE.rows.read_bulk(session, endpoint.schema, table, [key, treated], ALL, ENGINE.traits.bulk_format)
    )
    lines = [line.split(",")[1].strip('"') for line in sorted(blocks.decode().splitlines())]
    shown = ["NULL" if text is None else text for text in expected]
    assert _plain(form, lines) == _plain(form, shown)
    # The checksum is that of a table which holds the replacements.
    session.execute("CREATE TABLE u LIKE t")
    session.execute("ALTER TABLE u MODIFY v " + spelled.replace(" NOT NULL", ""))
    for number, text in enumerate(expected):
        session.execute(
            "INSERT INTO u VALUES (%s, %s)", (number, bytes.fromhex(text) if text and form is Form.BINARY else text)
        )
    twin = ENGINE.catalog.read(session, endpoint.schema).table("u")
    plain = FormedColumn(twin.column("v"), form)
    assert ENGINE.rows.checksum(session, endpoint.schema, table, [key, treated], ALL) == ENGINE.rows.checksum(
        session, endpoint.schema, twin, [key, plain], ALL
    )


def _plain(form: Form, texts: list[object]) -> list[object]:
    """Without the zeros behind a decimal's point, which no comparison sees."""
    if form is not Form.DECIMAL:
        return texts
    return [text.rstrip("0").rstrip(".") if isinstance(text, str) and "." in text else text for text in texts]


def test_documents(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY, v json)")
    texts = [r'["a\u0000b", 1]', r'["a\\u0000"]', r'["a\\\u0000"]', "[]"]
    start = MySQLChangeLog(endpoint).start("m", endpoint.schema, ["t"])
    for number, text in enumerate(texts):
        session.execute("INSERT INTO t VALUES (%s, %s)", (number, text))
    key, column = formed(session, endpoint.schema, "t")["t"]
    table = ENGINE.catalog.read(session, endpoint.schema).table("t")
    (counted,) = ENGINE.inspection.count_values(session, endpoint.schema, table, [(column, NUL)], [key])
    assert (counted.rows, counted.example) == (2, "0")
    expected = ['["ab", 1]', r'["a\\u0000"]', r'["a\\"]', "[]"]
    treated = FormedColumn(column.column, Form.JSON, (Substitute(NUL, ""),))
    fetched = sorted(ENGINE.rows.fetch(session, endpoint.schema, table, [key, treated], ALL))
    assert [row[1] for row in fetched] == expected
    found = read_all(endpoint, start, {"t": [key, treated]})
    assert [change.after["v"] for one in found for change in one.changes if change.after] == expected


def test_octets_that_are_no_characters(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY, v varchar(20) CHARACTER SET utf8mb4)")
    session.execute("INSERT INTO t VALUES (1, 'é☃𝄞'), (2, NULL)")
    key, column = formed(session, endpoint.schema, "t")["t"]
    table = ENGINE.catalog.read(session, endpoint.schema).table("t")
    doubt = Doubt(ValueKind.INVALID_TEXT)
    (counted,) = ENGINE.inspection.count_values(session, endpoint.schema, table, [(column, doubt)], [key])
    assert counted.rows == 0
    assert session.execute(f"SELECT {counted.condition} FROM (SELECT _utf8mb4 x'61' AS v) AS t") == [(0,)]
    assert session.execute(f"SELECT {counted.condition} FROM (SELECT CAST(x'61ff' AS BINARY) AS v) AS t") == [(1,)]
