"""Tables are cut along every kind of key: both sides find the same rows in each range, and no chunk is huge."""

from __future__ import annotations

import random

import pytest

from database_migration.model.key_range import Cut, KeyRange
from database_migration.model.table_selection import TablePair
from database_migration.steps.chunked_copy import ChunkedCopyOptions, cut_chunks
from database_migration.steps.chunked_copy.chunks import rows_of
from database_migration.steps.run import Database, MigrationRun
from database_migration.steps.validate import ValidateOptions, validate
from fixtures.servers import PrivateServer
from integration.conftest import MakeRun
from integration.live import copy_all, create_tables, differences

ROWS, CHUNK = 1500, 100
OPTIONS = ChunkedCopyOptions(lanes=1, chunk_rows=CHUNK)

MYSQL = """
CREATE TABLE skewed (shop int, id int, day date, note varchar(9), PRIMARY KEY (shop, id, day));
CREATE TABLE coded (code varchar(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY, n int);
CREATE TABLE named (name varchar(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, n int, PRIMARY KEY (name, n));
CREATE TABLE tenants (tenant varchar(9) CHARACTER SET ascii COLLATE ascii_bin, id bigint, PRIMARY KEY (tenant, id));
CREATE TABLE daily (day datetime(6), amount decimal(12,3), PRIMARY KEY (amount, day));
CREATE TABLE tokens (id binary(16), part smallint unsigned, PRIMARY KEY (part, id));
CREATE TABLE measured (x double, state enum('b', 'a'), PRIMARY KEY (state, x));
CREATE TABLE keyless (n int, note varchar(20));
"""
POSTGRES = """
CREATE TABLE skewed (shop int, id int, day date, note varchar(9), PRIMARY KEY (shop, id, day));
CREATE TABLE coded (code varchar(30) COLLATE "C" PRIMARY KEY, n int);
CREATE TABLE named (name varchar(60), n int, PRIMARY KEY (name, n));
CREATE TABLE tenants (tenant char(9) COLLATE "C", id bigint, PRIMARY KEY (tenant, id));
CREATE TABLE daily (day timestamp(6), amount numeric(12,3), PRIMARY KEY (amount, day));
CREATE TABLE tokens (id uuid, part int, PRIMARY KEY (part, id));
CREATE TABLE measured (x float8, state varchar(1), PRIMARY KEY (state, x));
CREATE TABLE keyless (n int, note varchar(20));
"""
ANALYZE = "skewed, coded, named, tenants, daily, tokens, measured, keyless"
ENDS = ["", " x", "\tx", "\x01", "é", "😀", "Z", "_"]


def fill(database: Database) -> None:
    """Rows with a value that most of them share, and texts that collations sort in other ways than octets."""
    chance = random.Random(7)
    mysql = database.engine.traits.engine == "mysql"
    texts = sorted({f"{chance.choice('aAbBzéß')}{chance.randint(0, 4000)}{chance.choice(ENDS)}" for _ in range(ROWS)})
    key = (lambda n: n.to_bytes(16, "big")) if mysql else (lambda n: f"{n:032x}")
    rows: dict[str, list[tuple[object, ...]]] = {
        "skewed": [(1 if n % 10 else n, n // 3, f"2024-01-{n % 3 + 1:02}", "x") for n in range(ROWS)],
        "coded": [(text, n) for n, text in enumerate(texts)],
        "named": [(chance.choice(["Most", "rare", "Zoë"]), n) for n in range(ROWS)],
        "tenants": [("acme" if n % 20 else f"t{n}", n) for n in range(ROWS)],
        "daily": [(f"2024-01-01 00:{n // 60 % 60:02}:{n % 60:02}.{n:06}", f"{n % 3 - 1}.125") for n in range(ROWS)],
        "tokens": [(key(chance.getrandbits(128)), n % 2) for n in range(ROWS)],
        "measured": [(chance.uniform(-1e9, 1e9), chance.choice("ab")) for _ in range(ROWS)],
        "keyless": [(n % 5, "same" if n % 2 else "other words") for n in range(ROWS)],
    }
    with database.connect("fill") as session:
        for table, values in rows.items():
            one = f"({', '.join(['%s'] * len(values[0]))})"
            flat = [value for row in values for value in row]
            session.execute(f"INSERT INTO {table} VALUES {', '.join([one] * len(values))}", flat)  # type: ignore[arg-type]
        session.execute(f"ANALYZE {'TABLE ' if mysql else ''}{ANALYZE}")


@pytest.fixture(params=[("mariadb", "postgres"), ("mysql", "postgres"), ("postgres", "mariadb"), ("postgres", "mysql")])
def run(request: pytest.FixtureRequest, make_run: MakeRun) -> MigrationRun:
    """A run whose source has the tables above."""
    source, target = (request.getfixturevalue(name) for name in request.param)
    assert isinstance(source, PrivateServer)
    run = make_run(source, target, MYSQL if source.engine == "mysql" else POSTGRES, online=False)
    fill(run.source)
    create_tables(run)
    return run


def counts(run: MigrationRun, pair: TablePair) -> tuple[list[int], list[int]]:
    """Rows of each planned range, on the source and on the target."""
    with run.ledger() as ledger:
        ranges = [rows_of(pair, line) for line in ledger.chunks.lines(pair.source.name)]
    with run.source.connect("count") as source, run.target.connect("count") as target:
        there = [
            run.source.engine.rows.checksum(source, run.source.schema, pair.source, pair.source_columns, one).rows
            for one in ranges
        ]
        if pair.source_key is None:
            return there, []
        ours = [KeyRange(pair.target_key, one.lower, one.upper) for one in ranges]
        here = [
            run.target.engine.rows.checksum(target, run.target.schema, pair.target, pair.target_columns, one).rows
            for one in ours
        ]
    return there, here


def test_every_key_is_cut_alike_on_both_sides(run: MigrationRun) -> None:
    cut_chunks(run, OPTIONS)
    copy_all(run, OPTIONS)
    from_postgres = run.source.engine.traits.engine == "postgres"
    for pair in run.pairs():
        name = pair.source.name
        source, target = counts(run, pair)
        with run.source.connect("count") as session:
            assert sum(source) == run.source.engine.catalog.exact_count(session, pair.source), name
        if name == "keyless":
            assert (len(source) > 5) is from_postgres
            continue
        assert source == target, name
        assert len(source) > 8, name
        key = pair.source_key
        assert key is not None
        hashed = name == "measured" or name == "named"
        assert key.cut is (Cut.HASH if hashed else Cut.ORDER), name
        # A hash spreads by chance; elsewhere only rows that share the whole key may make a chunk longer.
        assert max(source) <= (2 * CHUNK if hashed else CHUNK + 5), (name, source)
    compared, differing, _ = differences(run, chunk_rows=200)
    assert (compared > 8 * ROWS * 0.9, differing) == (True, 0)


def test_a_difference_is_found_in_a_chunk_of_any_key(run: MigrationRun) -> None:
    copy_all(run, OPTIONS)
    with run.target.connect("test") as session:
        session.execute("UPDATE skewed SET note = 'y' WHERE shop = 1 AND id = 100")
        session.execute("UPDATE coded SET n = n + 1 WHERE n IN (3, 700)")
        session.execute("DELETE FROM measured WHERE x > 9e8")
    with run.source.connect("test") as session:
        ((missing,),) = session.execute("SELECT count(*) FROM measured WHERE x > 9e8")
        ((changed,),) = session.execute("SELECT count(*) FROM skewed WHERE shop = 1 AND id = 100")
        ((named,),) = session.execute("SELECT count(*) FROM named WHERE n = 12")
    with run.target.connect("test") as session:
        session.execute("UPDATE named SET n = -1 WHERE n = 12")
    for chunk_rows in (200, 100_000):  # digests at once, and parts of a table by the hash of its keys
        report = validate(run, ValidateOptions(chunk_rows=chunk_rows, figures=False))
        expected = int(str(missing)) + int(str(changed)) + 2 + 2 * int(str(named))
        assert report.summary["rows_differing"] == expected, chunk_rows
