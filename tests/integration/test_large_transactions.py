"""A source transaction that is larger than the memory it is given: applied whole, at once, in constant memory."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from database_migration.errors import ValueRefused
from database_migration.model.migration_state import Direction
from database_migration.steps.replicate import (
    Applier,
    BackgroundApplier,
    ReplicateOptions,
    Until,
    replicate,
    start_capture,
)
from database_migration.steps.run import MigrationRun
from integration.conftest import MakeRun
from integration.live import copy_all, create_keys, create_tables, differences

QUICK = ReplicateOptions.model_validate({"idle": "PT0.2S", "patience": "PT180S", "reconnects": 0})
WAYS = [("mariadb", "postgres", 60_000), ("postgres", "postgres18", 60_000), ("mysql", "mariadb", 60_000)]
MOST_BYTES = 20 << 20
"""By which reading and applying may add to the process; held whole, the changes take 32 MB and more."""
TABLES = {
    "mysql": "CREATE TABLE item (id int PRIMARY KEY, title varchar(80), price decimal(10,2), at datetime(6), n int);",
    "postgres": "CREATE TABLE item (id int PRIMARY KEY, title varchar(80), price numeric(10,2), at timestamp, n int);",
}
ROWS = {
    "mysql": "INSERT INTO item SELECT seq, CONCAT('item ', seq), seq / 100, '2024-01-01', 1 FROM ({numbers}) AS s",
    "postgres": "INSERT INTO item SELECT seq, 'item ' || seq, seq / 100.0, '2024-01-01', 1"
    " FROM generate_series(1, {rows}) AS seq",
}
NUMBERS = (
    "WITH RECURSIVE d (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM d WHERE n < 9)"
    " SELECT 1 + a.n + 10 * b.n + 100 * c.n + 1000 * e.n + 10000 * f.n + 100000 * g.n AS seq"
    " FROM d a, d b, d c, d e, d f, d g HAVING seq <= {rows}"
)


def insert(run: MigrationRun, rows: int) -> None:
    engine = run.source.engine.traits.engine
    with run.source.connect("application") as session:
        session.execute(ROWS[engine].format(rows=rows, numbers=NUMBERS.format(rows=rows)))


@pytest.fixture(params=WAYS, ids=lambda way: "-".join(map(str, way[:2])))
def sized(request: pytest.FixtureRequest, make_run: MakeRun) -> Iterator[tuple[MigrationRun, int]]:
    """A run over one empty table, copied and caught up, and how many rows to insert."""
    source, target = (request.getfixturevalue(name) for name in request.param[:2])
    run = make_run(source, target, TABLES[source.engine])
    yield ready(run), request.param[2]
    run.source.change_log.stop(run.log_name)


@pytest.fixture
def run(request: pytest.FixtureRequest, make_run: MakeRun) -> Iterator[MigrationRun]:
    """The same from MariaDB to PostgreSQL."""
    servers = request.getfixturevalue("mariadb"), request.getfixturevalue("postgres")
    run = make_run(*servers, TABLES["mysql"])
    yield ready(run)
    run.source.change_log.stop(run.log_name)


def ready(run: MigrationRun) -> MigrationRun:
    create_tables(run)
    start_capture(run, QUICK)
    copy_all(run)
    replicate(run, QUICK, until=Until.COPY_END)
    create_keys(run)
    return run


def memory(line: str) -> int:
    """Bytes, by a line of this process's status."""
    found = next(text for text in Path("/proc/self/status").read_text().splitlines() if text.startswith(line))
    return int(found.split()[1]) * 1024


def apply_and_measure(run: MigrationRun, answer: Connection) -> None:
    with Applier(run, QUICK, Direction.FORWARD, obeys=False) as applier:
        before = memory("VmRSS")
        end = applier.log_end()
        began = time.monotonic()
        applied = applier.apply_until(lambda so_far: so_far.position >= end)
        answer.send((applied.changes, applied.transactions, memory("VmHWM"), before, time.monotonic() - began))


def measured(run: MigrationRun) -> tuple[int, int, int, int, float]:
    """Changes, transactions, the peak and the beginning of the memory of a process that applies, and its seconds."""
    processes = multiprocessing.get_context("spawn")
    ours, theirs = processes.Pipe()
    process = processes.Process(target=apply_and_measure, args=(run, theirs))
    process.start()
    theirs.close()
    try:
        return ours.recv()  # type: ignore[no-any-return]
    finally:
        process.join()


def count(run: MigrationRun, condition: str = "1 = 1") -> int:
    with run.target.connect("test") as session:
        return int(str(session.execute(f"SELECT count(*) FROM item WHERE {condition}")[0][0]))


def test_memory_is_bounded(sized: tuple[MigrationRun, int]) -> None:
    run, rows = sized
    insert(run, rows)
    changes, transactions, peak, before, seconds = measured(run)
    print(f"{rows} rows in {seconds:.1f} s, {before >> 20} MB, at most {peak >> 20} MB")
    assert (changes, transactions) == (rows, 1)
    assert count(run) == rows
    assert peak - before < MOST_BYTES
    with run.ledger() as ledger:
        stored = ledger.positions.get(Direction.FORWARD)
        assert stored is not None
        assert (stored.changes, stored.transactions) == (rows, 1)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Transactions are put aside in small parts from a hundred changes on."""
    monkeypatch.setattr("database_migration.engines.change_buffer.IN_MEMORY_CHANGES", 100)
    monkeypatch.setattr("database_migration.engines.change_buffer.PART_CHANGES", 40)


def test_it_is_seen_whole_or_not_at_all(run: MigrationRun, small: None) -> None:
    seen: set[int] = set()
    over = threading.Event()

    def look() -> None:
        with run.target.connect("look") as session:
            while not over.is_set():
                seen.add(int(str(session.execute("SELECT count(*) FROM item")[0][0])))

    watcher = threading.Thread(target=look)
    watcher.start()
    with BackgroundApplier(run, QUICK, Direction.FORWARD) as applier:
        insert(run, 5000)
        with run.source.connect("application") as session:
            session.execute("UPDATE item SET n = 2, id = id + 100000")
            session.execute("DELETE FROM item WHERE id > 101000")
        applier.catch_up(timeout=60)
    over.set()
    watcher.join()
    assert seen <= {0, 1000, 5000}
    assert count(run, "n = 2") == 1000


def test_a_part_that_fails_takes_the_whole_with_it_and_names_the_row(run: MigrationRun, small: None) -> None:
    with run.target.connect("test") as session:
        session.execute("ALTER TABLE item ADD CHECK (id <> 777)")
    insert(run, 1000)
    with pytest.raises(ValueRefused, match=r"in the transaction that ends at"):
        replicate(run, QUICK, until=Until.CAUGHT_UP)
    assert count(run) == 0
    with run.target.connect("test") as session:
        session.execute("ALTER TABLE item DROP CONSTRAINT item_id_check")
    replicate(run, QUICK, until=Until.CAUGHT_UP)
    assert count(run) == 1000


def test_beside_the_copy(request: pytest.FixtureRequest, make_run: MakeRun, small: None) -> None:
    run = make_run(request.getfixturevalue("mariadb"), request.getfixturevalue("postgres"), TABLES["mysql"])
    insert(run, 3000)
    create_tables(run)
    start_capture(run, QUICK)
    with run.source.connect("application") as session:
        session.execute("UPDATE item SET n = 2")
    with BackgroundApplier(run, QUICK, Direction.FORWARD) as applier:
        copy_all(run)
        with run.source.connect("application") as session:
            session.execute("UPDATE item SET n = n + 1, title = 'beside'")
        applier.catch_up(timeout=60)
    replicate(run, QUICK, until=Until.COPY_END)
    create_keys(run)
    assert count(run, "n = 3 AND title = 'beside'") == 3000
    with BackgroundApplier(run, QUICK, Direction.FORWARD):
        assert differences(run)[1:] == (0, 0)
    run.source.change_log.stop(run.log_name)
