"""The row that an application follows, in PostgreSQL and in MySQL's family."""

from __future__ import annotations

import pytest

from database_migration.errors import Refused, SpecRefused
from database_migration.model.migration_state import Side
from database_migration.traffic import SqlTraffic, SqlTrafficOptions
from fixtures.servers import Database
from integration.conftest import endpoint_of, engine_named


@pytest.fixture(params=["postgres_database", "mariadb_database", "mysql_database"])
def place(request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(request.param)
    return database


def traffic_at(place: Database, **options: object) -> SqlTraffic:
    endpoint = endpoint_of(place)
    chosen = SqlTrafficOptions.model_validate(
        {"kind": "sql", "conn_id": "row", "name": "it's the shop 100%", "settle": 0, **options}
    )
    return SqlTraffic(chosen, engine_named(endpoint.engine), endpoint)


def row(place: Database) -> tuple[object, ...]:
    return tuple(place.execute("SELECT serving, writes_held, reads_percent_target, version FROM traffic_endpoint")[0])


def test_a_missing_table_and_row_are_refused_with_what_makes_them(place: Database) -> None:
    traffic = traffic_at(place)
    with pytest.raises(SpecRefused, match="does not exist") as refusal:
        traffic.check()
    place.execute(refusal.value.mend.split("options: ", 1)[1])
    with pytest.raises(SpecRefused, match="has no row") as refusal:
        traffic.serving()
    place.execute(refusal.value.mend.split("options: ", 1)[1].replace("%", "%%"), ())
    assert traffic.serving() is Side.SOURCE


def test_moves_are_made_once_and_seen_by_the_version(place: Database) -> None:
    traffic = traffic_at(place, create=True)
    traffic.check()
    traffic.check()
    assert row(place) == ("source", 0, 0, 1)
    traffic.ramp_reads(25)
    traffic.hold(timeout=1)
    traffic.hold(timeout=1)
    assert row(place) == ("source", 1, 25, 3)
    traffic.switch(Side.TARGET)
    traffic.switch(Side.TARGET)
    traffic.release()
    traffic.release()
    assert row(place) == ("target", 0, 100, 6)
    assert traffic.serving() is Side.TARGET
    traffic.switch(Side.SOURCE)
    assert row(place)[:3] == ("source", 0, 0)


def test_a_row_that_is_gone_or_says_nonsense_is_refused(place: Database) -> None:
    traffic = traffic_at(place, create=True)
    traffic.check()
    place.execute("UPDATE traffic_endpoint SET serving = 'both'")
    with pytest.raises(Refused, match="'both'"):
        traffic.serving()
    place.execute("DELETE FROM traffic_endpoint")
    with pytest.raises(Refused, match="could not be changed"):
        traffic.hold(timeout=1)
