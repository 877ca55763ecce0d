"""Staging while the application writes and changes are applied: chunks that wait in the store lose nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from database_migration.model.migration_state import Direction
from database_migration.steps.chunked_copy import cut_chunks, finish_copy
from database_migration.steps.chunked_copy.staging.load_lane import load_lane
from database_migration.steps.replicate import BackgroundApplier, Until, replicate, start_capture
from database_migration.steps.run import MigrationRun
from integration.conftest import MakeRun
from integration.live import TABLES, LiveWriter, create_keys, create_tables, fill
from integration.staging.through_store import staged, unload
from integration.test_copy_beside_apply import QUICK, all_equal, slowly, unfinished

WAYS = [("mariadb", "postgres"), ("postgres", "mariadb")]


@pytest.fixture(params=WAYS, ids="-".join)
def run(request: pytest.FixtureRequest, make_run: MakeRun) -> Iterator[MigrationRun]:
    """A run that is filled, captured and not copied yet."""
    source, target = (request.getfixturevalue(name) for name in request.param)
    run = make_run(source, target, TABLES[source.engine])
    fill(run.source, 800)
    create_tables(run)
    start_capture(run, QUICK)
    yield run
    run.source.change_log.stop(run.log_name)


def test_changes_of_rows_that_wait_in_the_store_are_applied(run: MigrationRun, tmp_path: Path) -> None:
    options = staged(tmp_path / "store", lanes=1, chunk_rows=200)
    stale = 0
    with LiveWriter(run.source, rate=80) as writer:
        cut_chunks(run, options)
        with BackgroundApplier(run, QUICK, Direction.FORWARD), run.ledger() as ledger:
            unloading = threading.Thread(target=unload, args=(slowly(run), options))
            unloading.start()
            time.sleep(1.5)
            with run.source.connect("application") as session:
                session.execute("TRUNCATE TABLE token")
            unloading.join()
            unload(run, options)  # the lane's next try finds nothing to do
            cut_chunks(run, options)  # and cutting again takes no announced reading away
            stale = ledger.seam.stale()
            loading = threading.Thread(target=load_lane, args=(run, options, 0))
            loading.start()
            while unfinished(run):
                time.sleep(0.05)
            loading.join()
        finish_copy(run, options)
        replicate(run, QUICK, until=Until.COPY_END)
        create_keys(run)
        replicate(run, QUICK, until=Until.CAUGHT_UP)
        writer.stop()
    assert stale > 0
    assert writer.transactions > 50
    assert all_equal(run) > 2000
