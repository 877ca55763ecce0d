"""A lane that is told to stop inside a large chunk is gone in seconds, its sessions with it, and nothing is half done.

As Airflow does it: SIGTERM, whose handler has the operator's ``on_kill`` raise SystemExit in the main thread; five
seconds later SIGKILL.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from database_migration.steps.chunked_copy import copy_lane, finish_copy
from database_migration.steps.run import Database, MigrationRun
from integration.conftest import MakeRun
from integration.readings import options, ready_to_copy, sums
from integration.test_copy_brakes import until

ROWS = 60_000
_LANE = """
import faulthandler, importlib, pathlib, signal, sys
sys.path[:0] = {path!r}
from database_migration.engines.protocol import Endpoint
from database_migration.reports.archive import ReportArchive
from database_migration.steps.chunked_copy import ChunkedCopyOptions, copy_lane
from database_migration.steps.run import Database, MigrationRun

def side(**where):
    return Database(importlib.import_module("database_migration.engines." + where["engine"]).ENGINE, Endpoint(**where))

def terminated(*_):
    faulthandler.dump_traceback_later(4)  # says where it hangs
    sys.exit(128 + signal.SIGTERM)

signal.signal(signal.SIGTERM, terminated)
run = MigrationRun("{migration}", "run_1", side(**{source!r}), side(**{target!r}),
                   ReportArchive(pathlib.Path({reports!r})), spec_hash="spec", online=False)
copy_lane(run, ChunkedCopyOptions.model_validate({options!r}), 0)
"""


def where(database: Database) -> dict[str, object]:
    end = database.endpoint
    names = ("engine", "host", "port", "user", "password", "database", "schema")
    return {name: getattr(end, name) for name in names}


def sessions(database: Database) -> list[tuple[object, ...]]:
    """Of anybody but us in the database."""
    with database.connect("test") as session:
        if database.engine.traits.engine == "mysql":
            sql = "SELECT id, state, info FROM information_schema.processlist WHERE db = %s AND id <> connection_id()"
            rows = session.execute(sql, (database.endpoint.database,))
        else:
            rows = session.execute(
                "SELECT pid, state, query FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
    return rows


def rows_read(run: MigrationRun) -> int:
    """What the lane says of its chunk."""
    with run.ledger() as ledger:
        return sum(lane.rows for lane in ledger.lanes.all())


@pytest.mark.parametrize(
    ("way", "rate"),
    [(("mariadb", "postgres"), 20_000), (("postgres", "mariadb"), 20_000), (("postgres", "mariadb"), 1_000)],
    ids=["into postgres", "into mariadb", "into mariadb, held by a limit"],
)
def test_a_lane_that_is_told_to_stop_leaves_nothing(
    request: pytest.FixtureRequest, make_run: MakeRun, tmp_path: Path, way: tuple[str, str], rate: int
) -> None:
    source, target = (request.getfixturevalue(name) for name in way)
    run = make_run(source, target, online=False)
    whole = options(chunk_rows=ROWS * 2)
    ready_to_copy(run, whole, ROWS)
    said = whole.model_dump(mode="json", by_alias=True) | {"max_rows_per_second": rate}
    program = tmp_path / "lane.py"
    program.write_text(
        _LANE.format(
            path=sys.path,
            migration=run.migration,
            source=where(run.source),
            target=where(run.target),
            reports=str(tmp_path),
            options=said,
        )
    )
    with (
        (tmp_path / "said").open("wb") as log,
        subprocess.Popen([sys.executable, program], stdout=log, stderr=log) as lane,
    ):
        try:
            until(lambda: lane.poll() is not None or rows_read(run) > 0, 60)
            assert lane.poll() is None, (tmp_path / "said").read_text()
            lane.send_signal(signal.SIGTERM)
            told = time.monotonic()
            with suppress(subprocess.TimeoutExpired):
                lane.wait(5)  # then Airflow kills it
        finally:
            lane.kill()
    assert lane.returncode == 128 + signal.SIGTERM, (tmp_path / "said").read_text()
    while left := sessions(run.source) + sessions(run.target):
        assert time.monotonic() - told < 10, left
        time.sleep(0.1)
    assert sums(run.target)[0] == 0
    with run.ledger() as ledger:
        assert ledger.chunks.unfinished() == 1
    copy_lane(run, whole, 0)
    finish_copy(run, whole)
    assert sums(run.source) == sums(run.target)
