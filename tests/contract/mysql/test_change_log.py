"""The binary log gives every committed change once, exactly, or says why it cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contract.mysql.log_reading import formed, read_all
from database_migration.engines.mysql.catalog import MySQLCatalog
from database_migration.engines.mysql.change_log import MySQLChangeLog
from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.mysql.rows import MySQLRows
from database_migration.engines.protocol import Endpoint
from database_migration.model.change import Operation
from database_migration.model.column_type import Form
from database_migration.model.key_range import KeyRange
from database_migration.model.table_selection import FormedColumn

VECTORS = json.loads((Path(__file__).parents[2] / "golden" / "codec_vectors.json").read_text())["values"]


def test_operations_and_transactions(session: MySQLSession, endpoint: Endpoint) -> None:
    session.execute("CREATE TABLE t (id int PRIMARY KEY, name varchar(20))")
    session.execute("CREATE TABLE other (id int PRIMARY KEY)")
    log = MySQLChangeLog(endpoint)
    start = log.start("m", endpoint.schema, ["t"])
    with session.transaction():
        session.execute("INSERT INTO t VALUES (1, 'a'), (2, 'b')")
        session.execute("INSERT INTO other VALUES (1)")
        session.execute("UPDATE t SET name = 'c' WHERE id = 1")
    session.execute("UPDATE t SET id = 3 WHERE id = 2")
    session.execute("DELETE FROM t WHERE id = 1")
    session.execute("INSERT INTO other VALUES (2)")
    session.execute("TRUNCATE TABLE t")
    found = [t for t in read_all(endpoint, start, formed(session, endpoint.schema, "t")) if t.changes]
    assert [[(c.operation, c.before, c.after) for c in t.changes] for t in found] == [
        [
            (Operation.INSERT, None, {"id": "1", "name": "a"}),
            (Operation.INSERT, None, {"id": "2", "name": "b"}),
            (Operation.UPDATE, {"id": "1", "name": "a"}, {"id": "1", "name": "c"}),
        ],
        [(Operation.UPDATE, {"id": "2", "name": "b"}, {"id": "3", "name": "b"})],
        [(Operation.DELETE, {"id": "1", "name": "c"}, None)],
        [(Operation.TRUNCATE, None, None)],
    ]
    for number, transaction in enumerate(found):
        rest = [t for t in read_all(endpoint, transaction.position, formed(session, endpoint.schema, "t")) if t.changes]
        assert rest == found[number + 1 :]


@pytest.mark.parametrize("name", sorted({vector["type"] for vector in VECTORS}))
def test_values(session: MySQLSession, endpoint: Endpoint, name: str) -> None:
    vectors: list[dict[str, Any]] = [vector for vector in VECTORS if vector["type"] == name]
    session.execute(f"CREATE TABLE v (n int PRIMARY KEY, c {vectors[0]['mysql']})")
    log = MySQLChangeLog(endpoint)
    start = log.start("m", endpoint.schema, ["v"])
    table = MySQLCatalog().read(session, endpoint.schema).table("v")
    columns = [FormedColumn(table.columns[0], Form.INTEGER), FormedColumn(table.columns[1], Form(vectors[0]["form"]))]
    stream = "".join(
        f'"{n}",' + ("NULL" if v["transfer"] is None else '"' + v["transfer"].replace('"', '""') + '"') + "\n"
        for n, v in enumerate(vectors)
    )
    MySQLRows().load_bulk(session, endpoint.schema, table, columns, [stream.encode()])
    (transaction,) = [t for t in read_all(endpoint, start, {"v": columns}) if t.changes]
    logged = [c.after["c"] for c in transaction.changes if c.after is not None]
    fetched = [row[1] for row in MySQLRows().fetch(session, endpoint.schema, table, columns, KeyRange.everything())]
    if vectors[0]["form"] == "double":
        assert [None if v is None else float(v) for v in logged] == [None if v is None else float(v) for v in fetched]
    else:
        assert logged == fetched
