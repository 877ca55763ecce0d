"""The SQL of this engine and the shared table of nasty values say the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contract.postgres.pairs import SCHEMA
from database_migration.engines.postgres import ENGINE
from database_migration.engines.postgres.connection import PostgresSession
from database_migration.engines.protocol import BulkFormat
from database_migration.model.column_type import Form
from database_migration.model.key_range import KeyRange
from database_migration.model.schema import Table
from database_migration.model.table_selection import FormedColumn

VECTORS = json.loads((Path(__file__).parents[2] / "golden" / "codec_vectors.json").read_text())
ALL = KeyRange.everything()
COPY_TEXT = ENGINE.traits.bulk_format
CSV = BulkFormat(delimiter=",", null="NULL", quote='"', escapes=(), binary_prefix="")
TYPES = sorted({vector["type"] for vector in VECTORS["values"]})


def make_table(session: PostgresSession, types: list[str]) -> Table:
    columns = ", ".join(f"c{number} {spelled}" for number, spelled in enumerate(types))
    session.execute(f"CREATE TABLE v (n int PRIMARY KEY, {columns})")
    return ENGINE.catalog.read(session, SCHEMA).table("v")


def copy_text(rows: list[list[str | None]], forms: list[str]) -> bytes:
    """Rows in the engine's own bulk format, written from its declaration alone."""
    lines = []
    for row in rows:
        fields = []
        for value, form in zip(row, forms, strict=True):
            if value is None:
                fields.append(COPY_TEXT.null)
                continue
            for character, replacement in COPY_TEXT.escapes:
                value = value.replace(character, replacement)
            fields.append(COPY_TEXT.binary_prefix + value if form == "binary" else value)
        lines.append(COPY_TEXT.delimiter.join(fields) + "\n")
    return "".join(lines).encode()


def load(session: PostgresSession, types: list[str], forms: list[str], rows: list[list[str | None]]) -> Table:
    table = make_table(session, types)
    columns = formed(table, forms, key=True)
    stream = copy_text([[str(n), *row] for n, row in enumerate(rows)], ["integer", *forms])
    blocks = [stream[at : at + 1000] for at in range(0, len(stream), 1000)]
    with session.transaction():
        assert ENGINE.rows.load_bulk(session, SCHEMA, table, columns, blocks) == len(rows)
    return table


def formed(table: Table, forms: list[str], *, key: bool = False) -> list[FormedColumn]:
    columns = [FormedColumn(c, Form(f)) for c, f in zip(table.columns[1:], forms, strict=True)]
    return [FormedColumn(table.columns[0], Form.INTEGER), *columns] if key else columns


def csv_fields(stream: bytes) -> list[list[str | None]]:
    """Records of quoted CSV, whose bare NULL is no value."""
    text, rows, row, at = stream.decode(), [], [], 0
    while at < len(text):
        if text[at] == '"':
            value, at = "", at + 1
            while not (text[at] == '"' and text[at : at + 2] != '""'):
                step = 2 if text[at] == '"' else 1
                value, at = value + text[at], at + step
            row.append(value)
            at += 1
        else:
            assert text.startswith("NULL", at)
            row.append(None)
            at += 4
        if text[at] == "\n":
            rows.append(row)
            row = []
        at += 1
    return rows


@pytest.mark.parametrize("name", TYPES)
def test_values_cross_exactly(session: PostgresSession, name: str) -> None:
    vectors: list[dict[str, Any]] = [vector for vector in VECTORS["values"] if vector["type"] == name]
    forms = [vectors[0]["form"]]
    values = [[vector["transfer"]] for vector in vectors]
    table = load(session, [vectors[0]["postgres"]], forms, values)
    columns, key = formed(table, forms), formed(table, forms, key=True)[:1]

    digests = dict(ENGINE.rows.digests(session, SCHEMA, table, columns, key, ALL))
    assert [digests[str(n),] for n in range(len(vectors))] == [vector["digest"] for vector in vectors]
    total = ENGINE.rows.checksum(session, SCHEMA, table, columns, ALL)
    assert (total.rows, total.digest) == (len(vectors), sum(vector["digest"] for vector in vectors))

    both = formed(table, forms, key=True)
    fetched = {row[0]: row[1] for row in ENGINE.rows.fetch(session, SCHEMA, table, both, ALL)}
    stream = b"".join(ENGINE.rows.read_bulk(session, SCHEMA, table, both, ALL, CSV))
    read = {row[0]: row[1] for row in csv_fields(stream)}
    assert read == fetched
    if forms != ["double"]:  # several decimals stand for one double
        assert [fetched[str(n)] for n in range(len(vectors))] == [vector["transfer"] for vector in vectors]


@pytest.mark.parametrize("vector", VECTORS["rows"], ids=range(len(VECTORS["rows"])))
def test_rows_have_the_shared_digest(session: PostgresSession, vector: dict[str, Any]) -> None:
    forms = [column["form"] for column in vector["columns"]]
    table = load(session, [column["postgres"] for column in vector["columns"]], forms, [vector["transfer"]])
    assert ENGINE.rows.checksum(session, SCHEMA, table, formed(table, forms), ALL).digest == vector["digest"]


@pytest.mark.parametrize("form", [COPY_TEXT, CSV], ids=["copy text", "csv"])
def test_what_is_read_can_be_loaded_again(session: PostgresSession, form: BulkFormat) -> None:
    firsts = {name: next(v for v in VECTORS["values"] if v["type"] == name) for name in TYPES}
    types, forms = [v["postgres"] for v in firsts.values()], [v["form"] for v in firsts.values()]
    depth = max(sum(v["type"] == name for v in VECTORS["values"]) for name in TYPES)
    rows = []
    for n in range(depth):
        of = {name: [v["transfer"] for v in VECTORS["values"] if v["type"] == name] for name in TYPES}
        rows.append([of[name][n] if n < len(of[name]) else None for name in TYPES])
    table = load(session, types, forms, rows)
    columns = formed(table, forms, key=True)
    before = ENGINE.rows.checksum(session, SCHEMA, table, columns, ALL)
    blocks = list(ENGINE.rows.read_bulk(session, SCHEMA, table, columns, ALL, form))
    session.execute("TRUNCATE v")
    if form is COPY_TEXT:
        with session.transaction():
            assert ENGINE.rows.load_bulk(session, SCHEMA, table, columns, blocks) == depth
    else:
        fields = csv_fields(b"".join(blocks))
        stream = copy_text(fields, ["integer", *forms])
        with session.transaction():
            ENGINE.rows.load_bulk(session, SCHEMA, table, columns, [stream])
    assert ENGINE.rows.checksum(session, SCHEMA, table, columns, ALL) == before
