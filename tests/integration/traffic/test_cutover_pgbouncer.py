"""PostgreSQL to PostgreSQL behind PgBouncer: clients keep their connections, wait for a moment, and see no error."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from database_migration.errors import SpecRefused
from database_migration.model.migration_state import Side
from database_migration.steps.cutover import CutoverOptions, cutover
from database_migration.steps.rollback import RollbackOptions, rollback
from database_migration.steps.run import MigrationRun
from database_migration.traffic import PgbouncerTraffic, PgbouncerTrafficOptions, build_traffic
from fixtures.servers import PgBouncer, PostgresServer
from integration.conftest import MakeRun
from integration.traffic.application import TABLES, fill, make_ready, replication, state_of

OVER = CutoverOptions.model_validate({})


@dataclass
class Clients:
    """Connections through PgBouncer that never end; any error of theirs fails the test."""

    bouncer: PgBouncer
    number: int = 4
    written: dict[int, int] = field(default_factory=dict)
    errors: list[BaseException] = field(default_factory=list)
    longest_wait: float = 0.0

    def __enter__(self) -> Clients:
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(n,)) for n in range(1, self.number + 1)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def _work(self, client: int) -> None:
        self.written[client] = 0
        try:
            with self.bouncer.connect("shop") as connection:
                while not self._stop.is_set():
                    begun, seq = time.monotonic(), self.written[client]
                    with connection.transaction():
                        connection.execute("INSERT INTO entry VALUES (%s, %s, 'x')", (client, seq))
                        connection.execute("UPDATE counter SET n = n + 1 WHERE writer = %s", (client,))
                        connection.execute("INSERT INTO ticket (writer, seq) VALUES (%s, %s)", (client, seq))
                    self.longest_wait = max(self.longest_wait, time.monotonic() - begun)
                    self.written[client] += 1
                    time.sleep(0.01)
        except psycopg.Error as error:
            self.errors.append(error)


def all_there(run: MigrationRun, side: Side, clients: Clients) -> None:
    with run.database(side).connect("check") as session:
        for client, written in clients.written.items():
            for query in ("SELECT count(*) FROM entry", "SELECT n FROM counter", "SELECT count(*) FROM ticket"):
                assert session.execute(f"{query} WHERE writer = %s", (client,)) == [(written,)], query


@pytest.fixture
def run(make_run: MakeRun, postgres: PostgresServer, other_postgres: PostgresServer) -> Iterator[MigrationRun]:
    run = make_run(postgres, other_postgres, TABLES["postgres"])
    fill(run.source)
    make_ready(run)
    yield run
    for side in Side:
        run.database(side).change_log.stop(run.log_name)


def bouncer_before(run: MigrationRun, server: PostgresServer, folder: Path, mode: str = "transaction") -> PgBouncer:
    return PgBouncer(folder, databases={"shop": server.database(run.source.endpoint.database)}, pool_mode=mode)


def traffic_of(run: MigrationRun, bouncer: PgBouncer) -> PgbouncerTraffic:
    options = PgbouncerTrafficOptions(
        kind="pgbouncer", conn_id="bouncer", database="shop", config_file=str(bouncer.configuration)
    )
    endpoint = run.source.endpoint
    console = type(endpoint)(
        "postgres", bouncer.host, bouncer.port, bouncer.admin_user, bouncer.admin_password, "pgbouncer", ""
    )
    traffic = build_traffic(
        options, console, sides={Side.SOURCE: run.source.endpoint, Side.TARGET: run.target.endpoint}
    )
    assert isinstance(traffic, PgbouncerTraffic)
    return traffic


def test_no_transaction_fails_there_and_back(run: MigrationRun, postgres: PostgresServer, servers_folder: Path) -> None:
    with bouncer_before(run, postgres, servers_folder / "cutover_bouncer") as bouncer:
        traffic = traffic_of(run, bouncer)
        with Clients(bouncer) as clients:
            with replication(run):
                time.sleep(0.5)
                report = cutover(run, OVER, traffic)
                time.sleep(0.5)
            there = dict(clients.written)
            assert clients.errors == []
            assert traffic.serving() is Side.TARGET
            rollback(run, RollbackOptions.model_validate({}), traffic)
            time.sleep(0.5)
        assert clients.errors == []
        assert all(clients.written[client] > count > 20 for client, count in there.items())
        assert clients.longest_wait < 10
        assert int(str(report.summary["writes_paused_ms"])) < 10_000
    all_there(run, Side.SOURCE, clients)
    assert state_of(run).serving is Side.SOURCE


def test_session_pooling_is_refused_and_nobody_waits(
    run: MigrationRun, postgres: PostgresServer, servers_folder: Path
) -> None:
    with bouncer_before(run, postgres, servers_folder / "session_bouncer", "session") as bouncer:
        with Clients(bouncer) as clients:
            time.sleep(0.2)
            with pytest.raises(SpecRefused, match="by session"):
                cutover(run, OVER, traffic_of(run, bouncer))
            time.sleep(0.2)
        assert clients.errors == []
        assert clients.longest_wait < 2
    all_there(run, Side.SOURCE, clients)
