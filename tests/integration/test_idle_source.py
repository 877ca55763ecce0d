"""A source of which nothing takes part that changes: positions, lag and the kept log move on all the same."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from database_migration.model.migration_state import Direction
from database_migration.steps.replicate import BackgroundApplier, ReplicateOptions, Until, lag, replicate, start_capture
from database_migration.steps.run import MigrationRun
from integration.conftest import MakeRun
from integration.live import copy_all, create_tables

QUICK = ReplicateOptions.model_validate({"idle": "PT0.2S", "patience": "PT60S", "reconnects": 0})
SQL = """
CREATE TABLE item (id int PRIMARY KEY, title varchar(40));
INSERT INTO item VALUES (1, 'one');
"""


@pytest.fixture(params=[("mariadb", "postgres"), ("postgres", "mariadb")], ids=lambda way: "-".join(way))
def run(request: pytest.FixtureRequest, make_run: MakeRun) -> Iterator[MigrationRun]:
    """A run that has reached the copy's end."""
    run = make_run(*(request.getfixturevalue(name) for name in request.param), SQL)
    create_tables(run)
    start_capture(run, QUICK)
    copy_all(run)
    replicate(run, QUICK, until=Until.COPY_END)
    yield run
    run.source.change_log.stop(run.log_name)


def test_a_busy_neighbour_does_not_pin_the_log(run: MigrationRun) -> None:
    filler = "x" * 1000
    with BackgroundApplier(run, QUICK, Direction.FORWARD) as applier, run.source.connect("neighbour") as session:
        session.execute("CREATE TABLE neighbour (id int, words varchar(1000))")
        begun = applier.applied.position
        for number in range(5):
            values = ", ".join(["(%s, %s)"] * 200)
            session.execute(f"INSERT INTO neighbour VALUES {values}", [number, filler] * 200)
        end = run.source.change_log.end()
        applier.wait_for(end, timeout=30)
        assert applier.applied.position > begun
        assert applier.applied.changes == 0
        deadline = time.monotonic() + 30
        # A million octets were logged; what is kept for us becomes less once we say that we are beyond them.
        while run.source.change_log.retained_bytes(run.log_name, applier.applied.position) > 500_000:
            assert time.monotonic() < deadline
            if run.source.engine.traits.engine == "postgres":
                session.execute("CHECKPOINT")  # the slot's restart point moves on with running transactions' records
                session.execute("SELECT pg_log_standby_snapshot()" if _is_new(run) else "SELECT 1")
            time.sleep(0.2)
        assert 0 <= lag(run).seconds < 5


def _is_new(run: MigrationRun) -> bool:
    with run.source.connect("test") as session:
        return int(str(session.execute("SELECT current_setting('server_version_num')::int")[0][0])) >= 160000
