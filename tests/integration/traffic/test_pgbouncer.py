"""PgBouncer from the system's packages in front of two databases, under clients that do not stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from database_migration.engines.protocol import Endpoint
from database_migration.errors import ConnectionRefused, Interrupted, SpecRefused
from database_migration.model.migration_state import Side
from database_migration.traffic import PgbouncerTraffic, PgbouncerTrafficOptions, build_traffic
from fixtures.servers import Database, PgBouncer, PostgresServer


@pytest.fixture
def sides(postgres: PostgresServer) -> Iterator[dict[Side, Database]]:
    databases = {side: postgres.create_database(f"bounced_{side}") for side in Side}
    for side, database in databases.items():
        database.execute("CREATE TABLE written (id bigint PRIMARY KEY, at timestamptz DEFAULT clock_timestamp())")
        database.execute("CREATE TABLE me (side text)")
        database.execute("INSERT INTO me VALUES (%s)", (side.value,))
    yield databases
    for database in databases.values():
        postgres.drop_database(database.database)


def bouncer_for(folder: Path, sides: dict[Side, Database], mode: str = "transaction") -> PgBouncer:
    return PgBouncer(folder, databases={"shop": sides[Side.SOURCE]}, pool_mode=mode)


def traffic_through(bouncer: PgBouncer, sides: dict[Side, Database], **console: object) -> PgbouncerTraffic:
    endpoint = Endpoint(
        "postgres", bouncer.host, bouncer.port, bouncer.admin_user, bouncer.admin_password, "pgbouncer", "public"
    )
    options = PgbouncerTrafficOptions(
        kind="pgbouncer", conn_id="x", database="shop", config_file=str(bouncer.configuration)
    )
    addresses = {
        side: Endpoint("postgres", db.host, db.port, db.user, db.password, db.database, "public")
        for side, db in sides.items()
    }
    traffic = build_traffic(options, replace(endpoint, **console), sides=addresses)  # type: ignore[arg-type]
    assert isinstance(traffic, PgbouncerTraffic)
    return traffic


def whereabouts(bouncer: PgBouncer) -> str:
    with bouncer.connect("shop") as client:
        return str(client.execute("SELECT side FROM me").fetchone()[0])  # type: ignore[index]


def test_no_transaction_fails_and_none_is_in_both(servers_folder: Path, sides: dict[Side, Database]) -> None:
    with bouncer_for(servers_folder / "bouncer", sides) as bouncer:
        traffic = traffic_through(bouncer, sides)
        traffic.check()
        stop, errors, written = threading.Event(), [], [0] * 4

        def client(number: int) -> None:
            try:
                with bouncer.connect("shop") as connection:
                    while not stop.is_set():
                        with connection.transaction():
                            key = number * 1_000_000 + written[number]
                            connection.execute("INSERT INTO written (id) VALUES (%s)", (key,))
                        written[number] += 1
                        time.sleep(0.005)
            except psycopg.Error as error:
                errors.append(error)

        threads = [threading.Thread(target=client, args=(number,)) for number in range(len(written))]
        for thread in threads:
            thread.start()
        time.sleep(0.4)
        traffic.hold(timeout=5)
        before = sides[Side.SOURCE].execute("SELECT count(*) FROM written")[0][0]
        traffic.hold(timeout=5)
        traffic.switch(Side.TARGET)
        traffic.switch(Side.TARGET)
        time.sleep(0.1)
        assert sides[Side.SOURCE].execute("SELECT count(*) FROM written")[0][0] == before
        assert sides[Side.TARGET].execute("SELECT count(*) FROM written")[0][0] == 0
        traffic.release()
        traffic.release()
        time.sleep(0.4)
        stop.set()
        for thread in threads:
            thread.join()
        after = sides[Side.TARGET].execute("SELECT count(*) FROM written")[0][0]
        assert errors == []
        assert sides[Side.SOURCE].execute("SELECT count(*) FROM written")[0][0] == before
        assert before + after == sum(written)
        assert after > 50
        assert traffic.serving() is Side.TARGET
        traffic.switch(Side.SOURCE)
        assert whereabouts(bouncer) == "source"


def test_a_long_transaction_times_the_hold_out_and_traffic_flows_on(
    servers_folder: Path, sides: dict[Side, Database]
) -> None:
    with bouncer_for(servers_folder / "bouncer_long", sides) as bouncer:
        traffic = traffic_through(bouncer, sides)
        with bouncer.connect("shop", autocommit=False) as busy:
            busy.execute("INSERT INTO written (id) VALUES (1)")
            begun = time.monotonic()
            with pytest.raises(Interrupted, match="1 server connections were in a transaction"):
                traffic.hold(timeout=0.5)
            assert time.monotonic() - begun < 3
            assert whereabouts(bouncer) == "source"


def test_session_pooling_is_refused_with_what_to_do(servers_folder: Path, sides: dict[Side, Database]) -> None:
    with bouncer_for(servers_folder / "bouncer_session", sides, "session") as bouncer:
        with pytest.raises(SpecRefused, match="pool_mode=transaction"):
            traffic_through(bouncer, sides).check()


def test_a_crash_between_file_and_reload_is_seen_as_not_switched(
    servers_folder: Path, sides: dict[Side, Database]
) -> None:
    with bouncer_for(servers_folder / "bouncer_crash", sides) as bouncer:
        traffic = traffic_through(bouncer, sides)
        traffic.hold(timeout=5)
        traffic._file_leads_to(Side.TARGET)
        assert traffic.serving() is Side.SOURCE
        traffic.switch(Side.SOURCE)  # undoing has to mend the file as well, or any later RELOAD would switch
        bouncer.admin("RELOAD")
        traffic.release()
        assert whereabouts(bouncer) == "source"


def test_wrong_names_and_logins(servers_folder: Path, sides: dict[Side, Database]) -> None:
    with bouncer_for(servers_folder / "bouncer_wrong", sides) as bouncer:
        with pytest.raises(ConnectionRefused, match="admin_users") as refusal:
            traffic_through(bouncer, sides, password="wrong s3cret").check()
        assert "s3cret" not in str(refusal.value)
        traffic = traffic_through(bouncer, sides)
        unknown = replace(traffic, options=traffic.options.model_copy(update={"database": "other"}))
        with pytest.raises(SpecRefused, match="no database 'other'"):
            unknown.check()
        strangers = replace(traffic, servers=dict.fromkeys(Side, traffic.servers[Side.TARGET]))
        with pytest.raises(SpecRefused, match="neither side"):
            strangers.serving()
        port = bouncer.port
    gone = traffic_through(bouncer, sides, port=port)
    with pytest.raises(Interrupted, match="cannot be reached"):
        replace(gone, options=gone.options.model_copy(update={"answer_timeout": timedelta(seconds=2)})).check()
