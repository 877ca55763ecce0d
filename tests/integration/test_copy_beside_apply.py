"""Copy and applier at work at the same time, under a heavy writer: every row equal at the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from database_migration.engines.protocol import Engine
from database_migration.errors import Interrupted
from database_migration.ledger import Ledger
from database_migration.model.log_position import LogPosition
from database_migration.model.migration_state import Direction
from database_migration.steps.chunked_copy import ChunkedCopyOptions, copy_lane, cut_chunks, finish_copy
from database_migration.steps.replicate import (
    BackgroundApplier,
    ReplicateOptions,
    Until,
    applied_position,
    replicate,
    start_capture,
)
from database_migration.steps.run import MigrationRun
from integration.conftest import MakeRun
from integration.live import TABLES, LiveWriter, create_keys, create_tables, differences, fill
from integration.test_live_kill import killed

QUICK = ReplicateOptions.model_validate({"idle": "PT0.2S", "patience": "PT120S", "stint": "PT60S", "reconnects": 5})
SMALL = ChunkedCopyOptions(lanes=2, chunk_rows=200)
WAYS = [("mariadb", "postgres"), ("postgres", "mariadb"), ("mysql", "postgres"), ("postgres", "postgres18")]


class Slow:
    """An engine whose reading of a chunk pauses between the blocks, after its snapshot was taken."""

    def __init__(self, engine: Any, seconds: float) -> None:
        self._engine, self._seconds = engine, seconds

    @property
    def rows(self) -> Any:
        """Itself: what is not ``read_bulk`` is the engine's."""
        return self

    def read_bulk(self, *arguments: Any, **named: Any) -> Iterator[bytes]:
        for block in self._engine.rows.read_bulk(*arguments, **named):
            time.sleep(self._seconds)
            yield block

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)  # so that it can be handed to another process
        own = self._engine.rows if hasattr(self._engine.rows, name) else self._engine
        return getattr(own, name)

    def __reduce__(self) -> Any:
        return Slow, (self._engine, self._seconds)


def slowly(run: MigrationRun, seconds: float = 0.15) -> MigrationRun:
    """The same run, whose chunks take a while to read."""
    engine: Engine = Slow(run.source.engine, seconds)  # type: ignore[assignment]
    return replace(run, source=replace(run.source, engine=engine))


@pytest.fixture(params=WAYS, ids=lambda way: "-".join(way))
def run(request: pytest.FixtureRequest, make_run: MakeRun) -> Iterator[MigrationRun]:
    """A run that is filled, captured and not copied yet."""
    source, target = (request.getfixturevalue(name) for name in request.param)
    run = make_run(source, target, TABLES[source.engine])
    fill(run.source, 1200)
    create_tables(run)
    start_capture(run, QUICK)
    yield run
    run.source.change_log.stop(run.log_name)


@contextmanager
def lanes(run: MigrationRun) -> Iterator[Callable[[], None]]:
    """Lanes at work on threads; the function waits for them."""
    errors: list[BaseException] = []

    def work(lane: int) -> None:
        try:
            copy_lane(run, SMALL, lane)
        except BaseException as error:  # noqa: BLE001  raised by whoever waits
            errors.append(error)

    threads = [threading.Thread(target=work, args=(lane,), daemon=True) for lane in range(SMALL.lanes)]
    for thread in threads:
        thread.start()

    def wait() -> None:
        for thread in threads:
            thread.join(120)
        if errors:
            raise errors[0]

    yield wait
    wait()


def forget_log(run: MigrationRun, applied: LogPosition, began: LogPosition) -> None:
    """Have the server forget the log up to where it is applied; PostgreSQL does so by itself."""
    with run.source.connect("test") as session:
        if run.source.engine.traits.engine == "postgres":
            (confirmed,) = session.execute(
                "SELECT confirmed_flush_lsn - '0/0' FROM pg_replication_slots WHERE database = current_database()"
            )[0]
            assert int(str(confirmed)) > began.ordinal
            return
        session.execute(f"PURGE BINARY LOGS TO '{applied.text.split(':')[0]}'")
    assert not run.source.change_log.reaches(run.log_name, began)
    assert run.source.change_log.reaches(run.log_name, applied)


def unfinished(run: MigrationRun) -> int:
    with run.ledger() as ledger:
        return ledger.chunks.unfinished()


def finish(run: MigrationRun) -> None:
    """The rest of the way: the copy's end, keys, caught up."""
    finish_copy(run, SMALL)
    assert replicate(run, QUICK, until=Until.COPY_END).summary["outcome"] == "goal reached"
    with run.ledger() as ledger:
        assert ledger.seam.stale() == 0
        assert ledger.runs.require_current(run.run_id, run.spec_hash).replication is Direction.OFF
    create_keys(run)
    replicate(run, QUICK, until=Until.CAUGHT_UP)


def all_equal(run: MigrationRun) -> int:
    with BackgroundApplier(run, QUICK, Direction.FORWARD, wait=20) as applier:
        applier.catch_up(timeout=60)
        compared, differing, moving = differences(run)
    assert (differing, moving) == (0, 0)
    return compared


def test_changes_are_applied_while_chunks_are_copied(run: MigrationRun) -> None:
    seen = 0
    if run.source.engine.traits.engine == "mysql":
        with run.source.connect("test") as session:
            session.execute("FLUSH BINARY LOGS")  # so that capture began in a file that can be thrown away
    with LiveWriter(run.source, rate=100) as writer:
        cut_chunks(run, SMALL)
        with run.ledger() as ledger:
            began = applied_position(run, ledger, Direction.FORWARD)
            with BackgroundApplier(run, QUICK, Direction.FORWARD) as applier, lanes(slowly(run)) as wait:
                while unfinished(run):
                    seen = max(seen, ledger.seam.stale())
                    time.sleep(0.05)
                wait()
                early = applier.applied.position
            assert began is not None
            assert early > began.position
            assert seen > 0
            forget_log(run, early, began.position)
        finish(run)
        writer.stop()
    assert writer.transactions > 100
    assert all_equal(run) > 4000


@pytest.mark.parametrize("run", WAYS[:2], indirect=True, ids=lambda way: "-".join(way))
def test_lanes_and_appliers_are_killed(run: MigrationRun) -> None:
    with LiveWriter(run.source, rate=80) as writer:
        cut_chunks(run, SMALL)
        with run.ledger() as ledger, BackgroundApplier(run, QUICK, Direction.FORWARD):
            for _ in range(2):
                killed(lambda: bool(_reading(ledger)), copy_lane, slowly(run, 0.5), SMALL, 0)
            assert _reading(ledger)  # what the dead lane left
        with lanes(slowly(run)) as wait:
            for seconds in (3.0, 4.0):
                late = time.monotonic() + seconds
                killed(lambda late=late: time.monotonic() > late, replicate, run, QUICK, until=Until.STINT)
            wait()
        finish(run)
        writer.stop()
    assert all_equal(run) > 4000


def _reading(ledger: Ledger) -> int:
    return len(
        ledger.session.execute(
            "SELECT 1 FROM database_migration.chunk_reading WHERE migration = %s", (ledger.migration,)
        )
    )


@pytest.mark.parametrize("run", WAYS[:2], indirect=True, ids=lambda way: "-".join(way))
def test_truncation_and_moved_keys_beside_the_copy(run: MigrationRun) -> None:
    cut_chunks(run, SMALL)
    with run.source.connect("application") as session, BackgroundApplier(run, QUICK, Direction.FORWARD):
        with lanes(slowly(run, 0.4)):
            time.sleep(1)
            session.execute("TRUNCATE TABLE token")
            for number in range(1, 80):
                session.execute(
                    "UPDATE purchase_line SET line = line + 10 WHERE purchase_id = %s AND line = 1", (number * 15,)
                )
                session.execute("UPDATE voucher SET code = %s WHERE code = %s", (f"W{number}", f"V{number * 10}"))
        while unfinished(run):
            time.sleep(0.1)
    finish(run)
    assert all_equal(run) > 4000


def test_nothing_is_applied_to_a_chunk_that_waits(run: MigrationRun) -> None:
    cut_chunks(run, SMALL)
    with run.source.connect("application") as session, BackgroundApplier(run, QUICK, Direction.FORWARD) as applier:
        session.execute("UPDATE customer SET note = 'early'")
        applier.catch_up(timeout=20)
    with run.target.connect("test") as session:
        assert session.execute("SELECT count(*) FROM customer") == [(0,)]
    with pytest.raises(Interrupted):
        finish_copy(run, SMALL)
    for lane in range(2):
        copy_lane(run, SMALL, lane)
    finish(run)
    assert all_equal(run) == 1200 * 5 + 120
