"""The sample shop, with every awkward type, copied and replicated while its application writes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from database_migration.model.migration_state import Direction
from database_migration.steps.replicate import BackgroundApplier, ReplicateOptions, Until, replicate, start_capture
from database_migration.steps.run import Database, MigrationRun
from demo.shop import build_shop
from demo.writer.configuration import Address, WriterConfiguration
from demo.writer.endpoint import CREATE_TABLE
from fixtures.servers import PrivateServer
from integration.conftest import MakeRun
from integration.live import copy_all, create_keys, create_tables, differences

TESTS = Path(__file__).resolve().parents[1]
QUICK = ReplicateOptions.model_validate({"idle": "PT0.2S", "patience": "PT180S", "reconnects": 0})


def address(database: Database) -> Address:
    place = database.endpoint
    return Address(place.engine, place.host, place.port, place.user, place.password, place.database)


@pytest.fixture(params=["mariadb", "mysql"])
def run(request: pytest.FixtureRequest, make_run: MakeRun, postgres: PrivateServer) -> Iterator[MigrationRun]:
    """A captured shop, to PostgreSQL."""
    server: PrivateServer = request.getfixturevalue(request.param)
    run = make_run(server, postgres)
    build_shop(server.database(run.source.endpoint.database), rows=6000)
    create_tables(run)
    start_capture(run, QUICK)
    yield run
    run.source.change_log.stop(run.log_name)


@pytest.fixture
def application(run: MigrationRun, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The shop's writer, in a process of its own."""
    with run.target.connect("switchboard") as session:
        session.execute(CREATE_TABLE)
        session.execute("INSERT INTO traffic_endpoint (name, serving) VALUES ('shop', 'source')")
    WriterConfiguration(
        source=address(run.source),
        target=address(run.target),
        switchboard=address(run.target),
        endpoint="shop",
        folder=tmp_path / "writer",
        rate=80,
    ).save(tmp_path / "writer.json")
    process = subprocess.Popen(
        [sys.executable, "-m", "demo.writer", "--config", str(tmp_path / "writer.json")],
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    time.sleep(1)
    yield process
    process.kill()
    process.wait()


def test_the_shop_moves_while_its_application_writes(run: MigrationRun, application: subprocess.Popen[bytes]) -> None:
    copy_all(run)
    time.sleep(3)
    assert replicate(run, QUICK, until=Until.COPY_END).summary["outcome"] == "goal reached"
    create_keys(run)
    replicate(run, QUICK, until=Until.CAUGHT_UP)
    with BackgroundApplier(run, QUICK, Direction.FORWARD) as applier:
        assert differences(run)[1] == 0
        application.send_signal(signal.SIGTERM)
        assert application.wait(30) == 0
        applier.catch_up(timeout=30)
        compared, differing, moving = differences(run, sample=0.99, sample_rows=300)
        assert compared > 6000
        assert (differing, moving) == (0, 0)
        assert applier.applied.changes > 0
