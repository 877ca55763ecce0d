"""Updates of which PostgreSQL's log leaves large values out, for rows that are not on the target."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

import pytest

from database_migration.errors import Interrupted
from database_migration.model.migration_state import Direction
from database_migration.steps.chunked_copy import ChunkedCopyOptions, copy_lane, cut_chunks, finish_copy
from database_migration.steps.replicate import BackgroundApplier, ReplicateOptions, Until, replicate, start_capture
from database_migration.steps.run import MigrationRun
from integration.conftest import MakeRun
from integration.live import create_keys, create_tables, differences

QUICK = ReplicateOptions.model_validate({"idle": "PT0.2S", "patience": "PT60S", "reconnects": 0})
SMALL = ChunkedCopyOptions(lanes=1, chunk_rows=100)
TABLE = """
CREATE TABLE page (id int PRIMARY KEY, title text NOT NULL, hits int NOT NULL DEFAULT 0, body text);
ALTER TABLE page ALTER body SET STORAGE EXTERNAL;
"""
LARGE = 3000
ROWS = 600


@pytest.fixture(params=["mariadb", "postgres18"])
def run(request: pytest.FixtureRequest, make_run: MakeRun) -> Iterator[MigrationRun]:
    """Rows with a value out of line, captured and not copied yet."""
    run = make_run(request.getfixturevalue("postgres"), request.getfixturevalue(request.param), TABLE)
    execute(
        run,
        f"INSERT INTO page SELECT n, 't' || n, 0, repeat(md5(n::text), {LARGE} / 32) FROM generate_series(1, {ROWS}) n",
    )
    create_tables(run)
    start_capture(run, QUICK)
    yield run
    run.source.change_log.stop(run.log_name)


def execute(run: MigrationRun, *statements: str) -> None:
    with run.source.connect("application") as session:
        for statement in statements:
            session.execute(statement)


def copy(run: MigrationRun) -> None:
    cut_chunks(run, SMALL)
    copy_lane(run, SMALL, 0)
    finish_copy(run, SMALL)


def same(run: MigrationRun) -> int:
    """Rows compared; none differs."""
    with BackgroundApplier(run, QUICK, Direction.FORWARD) as applier:
        applier.catch_up(timeout=30)
        compared, differing, moving = differences(run, chunk_rows=100)
    assert (differing, moving) == (0, 0)
    return compared


def test_rows_that_were_gone_when_their_chunk_was_read(run: MigrationRun) -> None:
    execute(
        run,
        "UPDATE page SET hits = 1 WHERE id <= 10",
        "DELETE FROM page WHERE id <= 5",
        "UPDATE page SET id = id + 10000 WHERE id BETWEEN 6 AND 8",
        "UPDATE page SET hits = 2 WHERE id > 10000",
        "DELETE FROM page WHERE id = 10006",
        "UPDATE page SET id = 20007 WHERE id = 10007",
        "INSERT INTO page VALUES (6, 'again', 0, repeat('y', 3000))",
        "UPDATE page SET hits = 3 WHERE id = 6",
    )
    copy(run)
    assert replicate(run, QUICK, until=Until.COPY_END).summary["outcome"] == "goal reached"
    assert same(run) == ROWS - 5


def test_rows_that_came_under_their_key_after_their_chunk_was_read(run: MigrationRun) -> None:
    cut_chunks(run, SMALL)
    with run.target.connect("test") as held, held.transaction():
        # The last chunk is claimed here, so the lane reads every other one.
        held.execute(
            "SELECT 1 FROM database_migration.chunk WHERE migration = %s AND ordinal = %s FOR UPDATE",
            (run.migration, ROWS // 100 - 1),
        )
        copy_lane(run, SMALL, 0)
    execute(
        run,
        "UPDATE page SET id = 0 WHERE id = 600",  # from a chunk not read yet into one that was
        "UPDATE page SET hits = 7 WHERE id = 0",
        "UPDATE page SET id = -1 WHERE id = 599",
        "UPDATE page SET hits = 8 WHERE id = -1",
        "DELETE FROM page WHERE id = -1",
    )
    copy_lane(run, SMALL, 0)
    finish_copy(run, SMALL)
    assert replicate(run, QUICK, until=Until.COPY_END).summary["outcome"] == "goal reached"
    assert same(run) == ROWS - 1


def test_under_a_writer(run: MigrationRun) -> None:
    with Writer(run) as writer:
        time.sleep(1)
        copy(run)
        report = replicate(run, QUICK, until=Until.COPY_END)
        assert report.summary["outcome"] == "goal reached"
        create_keys(run)
        replicate(run, QUICK, until=Until.CAUGHT_UP)
    assert writer.transactions > 200
    assert same(run) > 0


class Writer:
    """Touches rows without touching their large value, moves, deletes and makes them anew."""

    def __init__(self, run: MigrationRun) -> None:
        self._run = run
        self._stop = threading.Event()
        self._errors: list[BaseException] = []
        self.transactions = 0
        self._threads = [threading.Thread(target=self._work, args=(n,), daemon=True) for n in range(2)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
        if self._errors:
            raise self._errors[0]

    def _work(self, number: int) -> None:
        chance = random.Random(number)
        try:
            with self._run.source.connect("application") as session:
                while not self._stop.is_set():
                    one, other = chance.randint(1, ROWS), chance.randint(1, ROWS)
                    with suppress(Interrupted), session.transaction():
                        session.execute("UPDATE page SET hits = hits + 1 WHERE id = %s", (one,))
                        move = chance.random()
                        if move < 0.4:
                            session.execute("DELETE FROM page WHERE id = %s", (one,))
                        elif move < 0.7:
                            session.execute(
                                "UPDATE page SET id = %s WHERE id = %s AND NOT EXISTS (SELECT FROM page WHERE id = %s)",
                                (other, one, other),
                            )
                            session.execute("UPDATE page SET title = 'moved' WHERE id = %s", (other,))
                        else:
                            session.execute(
                                "INSERT INTO page VALUES (%s, 'new', 0, repeat(%s, 3000)) ON CONFLICT DO NOTHING",
                                (one, chance.choice("abc")),
                            )
                    self.transactions += 1
                    time.sleep(0.002)
        except BaseException as error:  # noqa: BLE001  raised when the writer is stopped
            self._errors.append(error)
