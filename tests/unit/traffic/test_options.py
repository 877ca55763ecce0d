"""Traffic in a spec: one kind each, unknown keys refused, and nothing built from too little."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from database_migration.engines.protocol import Endpoint
from database_migration.errors import SpecRefused
from database_migration.model.migration_state import Side
from database_migration.traffic import CallbackTraffic, ManualTraffic, PgbouncerTraffic, TrafficOptions, build_traffic

ADAPTER: TypeAdapter[Any] = TypeAdapter(TrafficOptions)
CONSOLE = Endpoint("postgres", "bouncer", 6432, "admin", "s3cret", "pgbouncer", "public")
SIDES = {
    Side.SOURCE: Endpoint("postgres", "old", 5432, "u", "s3cret", "shop", "public"),
    Side.TARGET: Endpoint("postgres", "new", 5433, "u", "s3cret", "shop", "public"),
}
BOUNCER = {"kind": "pgbouncer", "conn_id": "admin", "database": "shop", "config_file": "/x/pgbouncer.ini"}


@pytest.mark.parametrize("kind", ["sql", "pgbouncer", "haproxy", "http", "airflow_connection", "none"])
def test_unknown_keys_are_refused_in_every_kind(kind: str) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        ADAPTER.validate_python({"kind": kind, "surprise": 1})


def test_an_unknown_kind_names_those_there_are() -> None:
    with pytest.raises(ValidationError, match="'pgbouncer'"):
        ADAPTER.validate_python({"kind": "dns"})


def test_every_option_is_described() -> None:
    for model in ADAPTER.json_schema()["$defs"].values():
        assert [name for name, field in model["properties"].items() if not field.get("description")] in ([], ["kind"])


def test_pgbouncer_takes_its_addresses_from_the_migration_unless_told() -> None:
    traffic = build_traffic(
        ADAPTER.validate_python({**BOUNCER, "source": {"host": "old.internal", "dbname": "shop"}}),
        CONSOLE,
        sides=SIDES,
    )
    assert isinstance(traffic, PgbouncerTraffic)
    assert (traffic.servers[Side.SOURCE].host, traffic.servers[Side.TARGET].host) == ("old.internal", "new")
    assert "s3cret" not in repr(traffic)
    assert "s3cret" not in traffic.describe()


def test_what_is_missing_is_said() -> None:
    with pytest.raises(SpecRefused, match="address of the source"):
        build_traffic(ADAPTER.validate_python(BOUNCER), CONSOLE)
    with pytest.raises(SpecRefused, match="create the connection admin"):
        build_traffic(ADAPTER.validate_python(BOUNCER), sides=SIDES)
    with pytest.raises(SpecRefused, match="lacks"):
        build_traffic(ADAPTER.validate_python({"kind": "sql", "conn_id": "x", "name": "shop"}), CONSOLE)


def test_by_hand_nothing_is_known() -> None:
    traffic = build_traffic(ADAPTER.validate_python({"kind": "none"}))
    assert isinstance(traffic, ManualTraffic)
    assert traffic.serving() is None
    assert not traffic.holds_writes


def test_a_callback_switches_once() -> None:
    calls: list[Side] = []
    state = {"side": Side.SOURCE}

    def lead(side: Side) -> None:
        calls.append(side)
        state["side"] = side

    callback = CallbackTraffic(lead, lambda: state["side"], "connection shop")
    options = ADAPTER.validate_python({"kind": "airflow_connection", "conn_id": "shop"})
    traffic = build_traffic(options, callback=callback)
    traffic.switch(Side.TARGET)
    traffic.switch(Side.TARGET)
    assert (calls, traffic.serving(), traffic.holds_writes) == ([Side.TARGET], Side.TARGET, False)
