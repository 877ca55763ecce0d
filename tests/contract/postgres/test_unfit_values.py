"""What is read by SQL in the place of a value that does not fit is what is read from the log."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pytest

from contract.postgres.pairs import SCHEMA, formed
from database_migration.engines.postgres import ENGINE
from database_migration.engines.postgres.change_log import PostgresChangeLog
from database_migration.engines.postgres.connection import PostgresSession
from database_migration.engines.protocol import Endpoint
from database_migration.model.column_type import Form
from database_migration.model.key_range import KeyRange
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn
from database_migration.model.unfit_value import Doubt, Substitute, ValueKind

ALL = KeyRange.everything()
NUMBER, DATE, MONTHS = (Doubt(ValueKind.SPECIAL_NUMBER), Doubt(ValueKind.SPECIAL_DATE), Doubt(ValueKind.MONTHS))
SPAN = Doubt(ValueKind.OUT_OF_RANGE, "-838:59:59.000000", "838:59:59.000000")
RANGE = Doubt(ValueKind.OUT_OF_RANGE, "-99.9", "99.9")
LATIN = Doubt(ValueKind.BEYOND_CHARSET, charset="latin1")
LONG = Doubt(ValueKind.TOO_LONG, length=3)
MOMENT = "1970-01-01 00:00:00.000000"
# type, values as SQL, form, substitute, transfer texts that are expected
CASES = {
    "double": ("float8", ["'NaN'", "'-Infinity'", "0.1"], Form.DOUBLE, Substitute(NUMBER), [None, None, "0.1"]),
    "real": ("real NOT NULL", ["'NaN'", "0.5"], Form.DOUBLE, Substitute(NUMBER, "0"), ["0", "0.5"]),
    "numeric": ("numeric", ["'NaN'", "'Infinity'", "1.50"], Form.DECIMAL, Substitute(NUMBER, "7"), ["7", "7", "1.50"]),
    "numeric clamped": (
        "numeric",
        ["-1e40", "100", "1.5"],
        Form.DECIMAL,
        Substitute(RANGE, trims=True),
        ["-99.9", "99.9", "1.5"],
    ),
    "rounded": (
        "numeric",
        ["1.255", "-1.255", "1"],
        Form.DECIMAL,
        Substitute(Doubt(ValueKind.TOO_PRECISE, scale=2), trims=True),
        ["1.26", "-1.26", "1"],
    ),
    "date": (
        "date",
        ["'infinity'", "'0044-03-15 BC'", "'10000-01-01'", "'2024-01-02'"],
        Form.DATE,
        Substitute(DATE),
        [None, None, None, "2024-01-02"],
    ),
    "timestamp": (
        "timestamp",
        ["'-infinity'", "'2024-01-02 03:04:05'"],
        Form.DATETIME,
        Substitute(DATE, MOMENT),
        [MOMENT, "2024-01-02 03:04:05.000000"],
    ),
    "timestamptz": (
        "timestamptz",
        ["'infinity'", "'2024-01-02 03:04:05+00'"],
        Form.TIMESTAMP,
        Substitute(DATE, MOMENT),
        [MOMENT, "2024-01-02 03:04:05.000000"],
    ),
    "months": (
        "interval",
        ["'1 mon'", "'2 years 1 day'", "'3 days'"],
        Form.TIME,
        Substitute(MONTHS),
        [None, None, "72:00:00.000000"],
    ),
    "months to hours": (
        "interval",
        ["'1 mon'"],
        Form.TIME,
        Substitute(MONTHS, "720:00:00.000000"),
        ["720:00:00.000000"],
    ),
    "interval clamped": (
        "interval",
        ["'1000 hours'", "'-1000 hours'", "'1 hour'"],
        Form.TIME,
        Substitute(SPAN, trims=True),
        ["838:59:59.000000", "-838:59:59.000000", "01:00:00.000000"],
    ),
    "integer": (
        "bigint",
        ["100000", "-1", "7"],
        Form.INTEGER,
        Substitute(Doubt(ValueKind.OUT_OF_RANGE, "0", "9")),
        [None, None, "7"],
    ),
    "charset": ("text", ["'aé☃€'", "'é'"], Form.TEXT, Substitute(LATIN, "?"), ["aé?€", "é"]),
    "charset to null": ("text", ["'aé☃€'", "'é'"], Form.TEXT, Substitute(LATIN), [None, "é"]),
    "cut": ("varchar(9)", ["'ééé☃é'", "'é'"], Form.TEXT, Substitute(LONG, trims=True), ["ééé", "é"]),
    "binary cut": (
        "bytea",
        [r"'\x0001020304'", r"'\xff'"],
        Form.BINARY,
        Substitute(LONG, trims=True),
        ["000102", "ff"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_sql_and_log_agree(
    session: PostgresSession, endpoint: Endpoint, table: Callable[[str], Table], name: str
) -> None:
    spelled, values, form, substitute, expected = CASES[name]
    source = table(f"CREATE TABLE t (id int PRIMARY KEY, v {spelled})")
    log = PostgresChangeLog(endpoint)
    start = log.start("shop", SCHEMA, ["t"])
    session.execute("INSERT INTO t VALUES " + ", ".join(f"({number}, {value})" for number, value in enumerate(values)))
    key, column = formed(source)
    treated = FormedColumn(column.column, form, (substitute,))
    fetched = sorted(ENGINE.rows.fetch(session, SCHEMA, source, [key, treated], ALL))
    assert [row[1] for row in fetched] == expected
    with closing(log.read("shop", {"t": [key, treated]}, SCHEMA, start, idle_seconds=1)) as found:  # type: ignore[type-var]
        changes = next(one for one in found if one.changes).changes
    assert [change.after["v"] for change in changes if change.after is not None] == expected
    log.stop("shop")
    # The checksum is that of a table which holds the replacements.
    twin = table(f"CREATE TABLE u (id int PRIMARY KEY, v {spelled.replace(' NOT NULL', '')})")
    for number, text in enumerate(expected):
        value = f"\\x{text}" if text and form is Form.BINARY else text
        session.execute("INSERT INTO u VALUES (%s, %s)", [number, value])
    plain = FormedColumn(twin.column("v"), form)
    assert ENGINE.rows.checksum(session, SCHEMA, source, [key, treated], ALL) == ENGINE.rows.checksum(
        session, SCHEMA, twin, [key, plain], ALL
    )


def test_values_that_only_postgresql_holds_are_counted(session: PostgresSession, table: Callable[[str], Table]) -> None:
    source = table("CREATE TABLE t (id int PRIMARY KEY, f float8, n numeric, m numeric(5,2), d date, tz timestamptz,"
                   " iv interval)")  # fmt: skip
    session.execute(
        "INSERT INTO t VALUES (1, 'NaN', 'NaN', 'NaN', 'infinity', '10000-01-01', '1 mon'),"
        " (2, 'NaN', 1, 1, '9999-12-31', '9999-12-31 23:59:59+00', '838:59:59'),"
        " (3, 0, 1e40, 0, null, null, '839:00:00')"
    )
    key, f, n, m, d, tz, iv = formed(source)
    span = FormedColumn(iv.column, Form.TIME)
    asked = [(f, NUMBER), (n, NUMBER), (n, RANGE), (m, NUMBER), (d, DATE), (tz, DATE), (span, MONTHS), (span, SPAN)]
    found = ENGINE.inspection.count_values(session, SCHEMA, source, asked, [key])
    assert [(one.rows, one.example) for one in found] == [
        (2, "1"), (1, "1"), (1, "3"), (1, "1"), (1, "1"), (1, "1"), (1, "1"), (1, "3"),
    ]  # fmt: skip
    for one in found:
        assert session.execute(f"SELECT count(*) FROM t WHERE {one.condition}") == [(one.rows,)]
