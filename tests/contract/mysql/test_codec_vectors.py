"""The SQL of this engine and the shared table of nasty values say the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from database_migration.engines.mysql.bulk.load import CSV
from database_migration.engines.mysql.catalog import MySQLCatalog
from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.mysql.rows import MySQLRows
from database_migration.engines.protocol import BulkFormat, Endpoint
from database_migration.model.column_type import Form
from database_migration.model.key_range import KeyRange
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn

VECTORS = json.loads((Path(__file__).parents[2] / "golden" / "codec_vectors.json").read_text())
ALL = KeyRange.everything()
ROWS = MySQLRows()
COPY_TEXT = BulkFormat(
    delimiter="\t",
    null="\\N",
    quote=None,
    escapes=(("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")),
    binary_prefix="\\\\x",
)
TYPES = sorted({vector["type"] for vector in VECTORS["values"]})


def of_type(name: str) -> list[dict[str, Any]]:
    return [vector for vector in VECTORS["values"] if vector["type"] == name]


def csv(rows: list[list[str | None]]) -> bytes:
    """Rows in the engine's own bulk format, written without the engine."""
    fields = [["NULL" if v is None else '"' + v.replace('"', '""') + '"' for v in row] for row in rows]
    return "".join(",".join(row) + "\n" for row in fields).encode()


def make_table(session: MySQLSession, endpoint: Endpoint, types: list[str]) -> Table:
    columns = ", ".join(f"c{number} {spelled}" for number, spelled in enumerate(types))
    session.execute(f"CREATE TABLE v (n int PRIMARY KEY, {columns})")
    return MySQLCatalog().read(session, endpoint.schema).table("v")


def load(
    session: MySQLSession, endpoint: Endpoint, table: Table, forms: list[str], rows: list[list[str | None]]
) -> list[FormedColumn]:
    columns = [FormedColumn(table.columns[0], Form.INTEGER)]
    columns += [FormedColumn(c, Form(f)) for c, f in zip(table.columns[1:], forms, strict=True)]
    stream = csv([[str(n), *row] for n, row in enumerate(rows)])
    blocks = [stream[at : at + 1000] for at in range(0, len(stream), 1000)]
    with session.transaction():
        assert ROWS.load_bulk(session, endpoint.schema, table, columns, blocks) == len(rows)
    return columns[1:]


def same(form: str, one: str | None, other: str | None) -> bool:
    """Equal transfer texts; numbers may be spelled in several ways."""
    if form == "double" and one is not None and other is not None:
        return float(one) == float(other)
    return one == other


@pytest.mark.parametrize("local_infile", [1, 0])
@pytest.mark.parametrize("name", TYPES)
def test_values(session: MySQLSession, endpoint: Endpoint, name: str, local_infile: int) -> None:
    vectors = of_type(name)
    session.execute(f"SET GLOBAL local_infile = {local_infile}")
    table = make_table(session, endpoint, [vectors[0]["mysql"]])
    try:
        columns = load(session, endpoint, table, [vectors[0]["form"]], [[v["transfer"]] for v in vectors])
    finally:
        session.execute("SET GLOBAL local_infile = 1")

    form = vectors[0]["form"]
    found = [row[0] for row in ROWS.fetch(session, endpoint.schema, table, columns, ALL)]
    assert [v["transfer"] for v, f in zip(vectors, found, strict=True) if not same(form, v["transfer"], f)] == []

    key = [FormedColumn(table.columns[0], Form.INTEGER)]
    digests = sorted(ROWS.digests(session, endpoint.schema, table, columns, key, ALL), key=lambda d: int(d[0][0]))
    wrong = [v["transfer"] for v, (_, digest) in zip(vectors, digests, strict=True) if v["digest"] != digest]
    assert wrong == []
    checksum = ROWS.checksum(session, endpoint.schema, table, columns, ALL)
    assert (checksum.rows, checksum.digest) == (len(vectors), sum(v["digest"] for v in vectors))


@pytest.mark.parametrize("name", TYPES)
def test_bulk_text(session: MySQLSession, endpoint: Endpoint, name: str) -> None:
    vectors = of_type(name)
    form = vectors[0]["form"]
    table = make_table(session, endpoint, [vectors[0]["mysql"]])
    columns = load(session, endpoint, table, [form], [[v["transfer"]] for v in vectors])
    number = FormedColumn(table.columns[0], Form.INTEGER)

    own = b"".join(ROWS.read_bulk(session, endpoint.schema, table, [number, *columns], ALL, CSV))
    transfers = [row[0] for row in ROWS.fetch(session, endpoint.schema, table, columns, ALL)]
    assert own == csv([[str(n), value] for n, value in enumerate(transfers)])

    escaped = b"".join(ROWS.read_bulk(session, endpoint.schema, table, [number, *columns], ALL, COPY_TEXT)).decode()
    expected = []
    for n, value in enumerate(transfers):
        if value is None:
            expected.append(f"{n}\t\\N\n")
            continue
        for character, replacement in COPY_TEXT.escapes:
            value = value.replace(character, replacement)
        prefix = COPY_TEXT.binary_prefix if form == "binary" else ""
        expected.append(f"{n}\t{prefix}{value}\n")
    assert escaped == "".join(expected)


@pytest.mark.parametrize("number", range(len(VECTORS["rows"])))
def test_rows(session: MySQLSession, endpoint: Endpoint, number: int) -> None:
    vector = VECTORS["rows"][number]
    table = make_table(session, endpoint, [column["mysql"] for column in vector["columns"]])
    columns = load(session, endpoint, table, [c["form"] for c in vector["columns"]], [vector["transfer"]])
    checksum = ROWS.checksum(session, endpoint.schema, table, columns, ALL)
    assert (checksum.rows, checksum.digest) == (1, vector["digest"])
