"""Binary streams carry the golden values exactly, and refuse what the wire cannot say, naming the column."""

from __future__ import annotations

import itertools

import pytest

from contract import wires
from contract.mysql.test_codec_vectors import ALL, TYPES, VECTORS, load, make_table, of_type, same
from database_migration.engines.mysql.catalog import MySQLCatalog
from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.mysql.rows import MySQLRows
from database_migration.engines.protocol import Endpoint
from database_migration.errors import ValueRefused
from database_migration.model.bulk_format import BinaryField, BinaryFormat, Wire
from database_migration.model.column_type import Form
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn
from database_migration.model.unfit_value import Doubt, Substitute, ValueKind

ROWS = MySQLRows()


def format_of(*given: Wire) -> BinaryFormat:
    return BinaryFormat(b"head", b"tail", tuple(BinaryField(wire, "") for wire in given))


def read(
    session: MySQLSession, endpoint: Endpoint, table: Table, columns: list[FormedColumn], given: list[Wire]
) -> list[list[str | None]]:
    """The rows of a table's binary stream, read back by hand."""
    form = format_of(*given)
    assert ROWS.binary_pays_from(table, columns, form) is not None
    stream = b"".join(ROWS.read_bulk(session, endpoint.schema, table, columns, ALL, form))
    assert stream.startswith(b"head")
    assert stream.endswith(b"tail")
    return list(wires.records(given, stream[4:-4]))


@pytest.mark.parametrize("name", TYPES)
def test_values(session: MySQLSession, endpoint: Endpoint, name: str) -> None:
    vectors = of_type(name)
    form, wire = vectors[0]["form"], wires.WIRES[name]
    table = make_table(session, endpoint, [vectors[0]["mysql"]])
    columns = load(session, endpoint, table, [form], [[v["transfer"]] for v in vectors])
    number = FormedColumn(table.columns[0], Form.INTEGER)
    found = read(session, endpoint, table, [number, *columns], [Wire.INT4, wire])
    assert [row[0] for row in found] == [str(n) for n in range(len(vectors))]
    wrong = [(v["transfer"], row[1]) for v, row in zip(vectors, found, strict=True) if not same_value(form, v, row[1])]
    assert wrong == []


def same_value(form: str, vector: dict[str, str | None], found: str | None) -> bool:
    return same("double" if form == "float" else form, vector["transfer"], found)


def test_all_types_in_one_row_and_many_batches(session: MySQLSession, endpoint: Endpoint) -> None:
    order = sorted(TYPES, key=lambda name: not wires.WIRES[name].is_fixed)
    lists = [[v["transfer"] for v in of_type(name) if len(v["transfer"] or "") < 1000] for name in order]
    rows = [list(row) for row in itertools.islice(zip(*map(itertools.cycle, lists), strict=True), 5000)]
    firsts = [of_type(name)[0] for name in order]
    table = make_table(session, endpoint, [first["mysql"] for first in firsts])
    columns = load(session, endpoint, table, [first["form"] for first in firsts], rows)
    number = FormedColumn(table.columns[0], Form.INTEGER)
    found = read(session, endpoint, table, [number, *columns], [Wire.INT4, *(wires.WIRES[name] for name in order)])
    assert len(found) == len(rows)
    forms = [first["form"] for first in firsts]
    for n, (row, expected) in enumerate(zip(found, rows, strict=True)):
        assert row[0] == str(n)
        for form, one, other in zip(forms, row[1:], expected, strict=True):
            assert same(form, one, other)


@pytest.mark.parametrize("columns", [["a"], ["b"], ["c"]])
def test_one_column_of_nulls(session: MySQLSession, endpoint: Endpoint, columns: list[str]) -> None:
    session.execute("CREATE TABLE t (a int, b varchar(9), c decimal(30,4))")
    session.execute("INSERT INTO t VALUES (NULL, NULL, NULL), (7, '', -1.5), (NULL, NULL, NULL)")
    table = MySQLCatalog().read(session, endpoint.schema).table("t")
    forms = {"a": (Form.INTEGER, Wire.INT4), "b": (Form.TEXT, Wire.TEXT), "c": (Form.DECIMAL, Wire.NUMERIC)}
    formed = [FormedColumn(table.column(name), forms[name][0]) for name in columns]
    found = read(session, endpoint, table, formed, [forms[name][1] for name in columns])
    assert found == [[None], [{"a": "7", "b": "", "c": "-1.5000"}[columns[0]]], [None]]


def test_documents_clocks_and_sets(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute(
        "CREATE TABLE t (c time(6), z int(9) unsigned zerofill, d json, e enum('é','b'), s set('x','y'), p point)"
    )
    session.execute(
        """INSERT INTO t VALUES ('23:59:59.5', 42, '{"a": "é"}', 'é', 'x,y', ST_GeomFromText('POINT(1 2)'))"""
    )
    table = MySQLCatalog().read(session, endpoint.schema).table("t")
    forms = (Form.TIME, Form.INTEGER, Form.JSON, Form.TEXT, Form.TEXT, Form.BINARY)
    columns = [FormedColumn(column, form) for column, form in zip(table.columns, forms, strict=True)]
    given = [Wire.SPAN, Wire.INT8, Wire.JSON, Wire.TEXT, Wire.TEXT, Wire.OCTETS]
    point = session.execute("SELECT LOWER(HEX(p)) FROM t")[0][0]
    found = read(session, endpoint, table, columns, given)
    assert found == [["23:59:59.500000", "42", '{"a": "é"}', "é", "x,y", point]]


REFUSED = {
    "small number": ("int", "70000", Form.INTEGER, Wire.INT2),
    "number": ("bigint", "2147483648", Form.INTEGER, Wire.INT4),
    "unsigned": ("bigint unsigned", "9223372036854775808", Form.INTEGER, Wire.INT8),
    "boolean": ("tinyint(1)", "2", Form.BOOLEAN, Wire.BOOLEAN),
    "negative boolean": ("tinyint(1)", "-1", Form.BOOLEAN, Wire.BOOLEAN),
    "clock": ("time", "'25:00:00'", Form.TIME, Wire.CLOCK),
    "negative clock": ("time", "'-00:00:01'", Form.TIME, Wire.CLOCK),
    "year 0": ("date", "'0000-03-01'", Form.DATE, Wire.DATE),
    "moment of year 0": ("datetime", "'0000-03-01 00:00:00'", Form.DATETIME, Wire.MOMENT),
}


@pytest.mark.parametrize("case", sorted(REFUSED))
@pytest.mark.parametrize("nullable", ["NULL", "NOT NULL"])
def test_what_the_wire_cannot_say_is_refused(
    session: MySQLSession, endpoint: Endpoint, case: str, nullable: str
) -> None:
    spelled, value, form, wire = REFUSED[case]
    session.execute(f"CREATE TABLE t (id int PRIMARY KEY, bad {spelled} {nullable}, s varchar(9))")
    session.execute(f"INSERT INTO t VALUES (1, {value}, 'x')")
    table = MySQLCatalog().read(session, endpoint.schema).table("t")
    columns = [
        FormedColumn(column, one) for column, one in zip(table.columns, (Form.INTEGER, form, Form.TEXT), strict=True)
    ]
    with pytest.raises(ValueRefused) as caught:
        read(session, endpoint, table, columns, [Wire.INT4, wire, Wire.TEXT])
    assert f"{endpoint.schema}.t.bad" in str(caught.value)
    assert session.execute("SELECT 1") == [(1,)]


@pytest.mark.parametrize("date", ["0000-00-00", "2024-00-10", "2024-05-00"])
def test_zero_dates_are_refused(session: MySQLSession, endpoint: Endpoint, date: str) -> None:
    session.execute("SET SESSION sql_mode = ''")
    session.execute("CREATE TABLE t (id int PRIMARY KEY, d date, dt datetime NOT NULL)")
    session.execute(f"INSERT INTO t VALUES (1, '2024-01-01', '2024-01-01'), (2, NULL, '{date} 00:00:00')")
    table = MySQLCatalog().read(session, endpoint.schema).table("t")
    forms = (Form.INTEGER, Form.DATE, Form.DATETIME)
    columns = [FormedColumn(column, form) for column, form in zip(table.columns, forms, strict=True)]
    with pytest.raises(ValueRefused, match="zero or partial date") as caught:
        read(session, endpoint, table, columns, [Wire.INT4, Wire.DATE, Wire.MOMENT])
    assert f"{endpoint.schema}.t.dt" in str(caught.value)


def test_a_value_beyond_the_packet_is_refused(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY, s longtext, b longblob)")
    session.execute("INSERT INTO t VALUES (1, REPEAT('x', 3000000), REPEAT('y', 3000000))")
    before = session.execute("SELECT @@GLOBAL.max_allowed_packet")[0][0]
    session.execute("SET GLOBAL max_allowed_packet = 4194304")
    try:
        small = MySQLSession(endpoint)
        table = MySQLCatalog().read(session, endpoint.schema).table("t")
        forms = (Form.INTEGER, Form.TEXT, Form.BINARY)
        columns = [FormedColumn(column, form) for column, form in zip(table.columns, forms, strict=True)]
        with pytest.raises(ValueRefused, match="max_allowed_packet"):
            read(small, endpoint, table, columns, [Wire.INT4, Wire.TEXT, Wire.OCTETS])
        small.close()
    finally:
        session.execute("SET GLOBAL max_allowed_packet = %s", (before,))  # type: ignore[arg-type]


def test_other_wires_are_declined(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute("CREATE TABLE t (a int, b double, c varchar(9), d datetime)")
    table = MySQLCatalog().read(session, endpoint.schema).table("t")
    by_name = {column.name: column for column in table.columns}
    for name, form, wire in (
        ("a", Form.TEXT, Wire.NATIVE),
        ("b", Form.DOUBLE, Wire.FLOAT4),  # would be rounded
        ("c", Form.TEXT, Wire.INT4),
        ("d", Form.DATETIME, Wire.DATE),  # would be cut
    ):
        assert ROWS.binary_pays_from(table, [FormedColumn(by_name[name], form)], format_of(wire)) is None
    text_first = [FormedColumn(by_name["c"], Form.TEXT), FormedColumn(by_name["a"], Form.INTEGER)]
    assert ROWS.binary_pays_from(table, text_first, format_of(Wire.TEXT, Wire.INT4)) is None
    assert ROWS.binary_format(table, text_first) is None


def test_every_type_has_a_wire() -> None:
    assert {vector["type"] for vector in VECTORS["values"]} == set(wires.WIRES)


def test_substitutes_stand_where_values_do_not_fit(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute("SET SESSION sql_mode = ''")
    session.execute(
        "CREATE TABLE t (id int PRIMARY KEY, d date NOT NULL, m datetime(6), n bigint unsigned NOT NULL,"
        " p decimal(9,4), b tinyint(1) NOT NULL, s varchar(9), j longtext NOT NULL)"
    )
    session.execute(
        "INSERT INTO t VALUES"
        " (1, '0000-00-00', '2024-00-10 01:02:03.5', 70000, 5.1256, 7, CONCAT('a', x'00', 'b'), 'long'),"
        " (2, '2024-02-29', '2024-02-29 01:02:03.5', 7, 99999.9999, 1, NULL, 'x'),"
        " (3, '2024-02-29', NULL, 0, NULL, 0, '', '')"
    )
    table = MySQLCatalog().read(session, endpoint.schema).table("t")
    zero, moment = Substitute(Doubt(ValueKind.ZERO_DATE)), "2000-01-31 00:00:00.000000"
    given: dict[str, tuple[Form, Wire, tuple[Substitute, ...]]] = {
        "id": (Form.INTEGER, Wire.INT4, ()),
        "d": (Form.DATE, Wire.DATE, (zero,)),
        "m": (Form.DATETIME, Wire.MOMENT, (Substitute(Doubt(ValueKind.ZERO_DATE), moment),)),
        "n": (Form.INTEGER, Wire.INT2, (Substitute(Doubt(ValueKind.OUT_OF_RANGE, "0", "32767"), trims=True),)),
        "p": (Form.DECIMAL, Wire.NUMERIC, (Substitute(Doubt(ValueKind.TOO_PRECISE, scale=2), trims=True),)),
        "b": (Form.BOOLEAN, Wire.BOOLEAN, (Substitute(Doubt(ValueKind.NOT_BOOLEAN)),)),
        "s": (Form.TEXT, Wire.TEXT, (Substitute(Doubt(ValueKind.NUL_CHARACTER), "?"),)),
        "j": (Form.TEXT, Wire.TEXT, (Substitute(Doubt(ValueKind.TOO_LONG, length=2), trims=True),)),
    }
    columns = [FormedColumn(table.column(name), form, instead) for name, (form, _, instead) in given.items()]
    found = read(session, endpoint, table, columns, [wire for _, wire, _ in given.values()])
    assert found == [
        ["1", None, moment, "32767", "5.1300", None, "a?b", "lo"],
        ["2", "2024-02-29", "2024-02-29 01:02:03.500000", "7", "100000.0000", "1", None, "x"],
        ["3", "2024-02-29", None, "0", None, "0", "", ""],
    ]
