"""Connections become addresses; what is missing is told with the command that mends it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from database_migration.errors import ConnectionRefused, SpecRefused
from database_migration.hooks import endpoint_of


@pytest.fixture(autouse=True)
def _no_metadata_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections come from the environment alone: nobody's Airflow is asked."""
    from airflow.sdk.execution_time import supervisor
    from airflow.secrets.environment_variables import EnvironmentVariablesBackend

    monkeypatch.setattr(supervisor, "ensure_secrets_backend_loaded", lambda: [EnvironmentVariablesBackend()])


def define(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", json.dumps(fields))


def test_mysql_has_one_schema_and_postgres_a_database_and_a_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {"host": "db", "login": "u", "password": "p", "schema": "shop"}
    define(monkeypatch, conn_type="mysql", **fields)
    mysql = endpoint_of("shop")
    assert (mysql.engine, mysql.port, mysql.database, mysql.schema) == ("mysql", 3306, "shop", "shop")
    assert endpoint_of("shop", "other").database == "other"
    define(monkeypatch, conn_type="postgres", port=5433, **fields)
    assert (endpoint_of("shop").database, endpoint_of("shop").schema) == ("shop", "public")
    assert (endpoint_of("shop", "app").schema, endpoint_of("shop").port) == ("app", 5433)


def test_the_password_is_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    define(monkeypatch, conn_type="postgres", host="db", login="u", password="hush-hush", schema="shop")
    endpoint = endpoint_of("shop")
    assert endpoint.password == "hush-hush"
    assert "hush" not in f"{endpoint} {endpoint!r}"


def test_tls_options_reach_the_driver_and_airflow_s_own_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {"ssl": {"ca": "/ca.pem"}, "charset": "utf8", "connect_timeout": 5}
    define(monkeypatch, conn_type="mysql", host="db", login="u", schema="shop", extra=extra)
    assert endpoint_of("shop").options == {"ssl_ca": "/ca.pem", "connect_timeout": "5"}


def test_a_missing_connection_is_told_with_the_command_that_adds_it() -> None:
    with pytest.raises(ConnectionRefused, match="airflow connections add nowhere --conn-type"):
        endpoint_of("nowhere")


def test_a_type_that_is_no_engine_is_told_with_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    define(monkeypatch, conn_type="sqlite", host="x")
    with pytest.raises(SpecRefused, match=r"type 'sqlite'.*mysql or postgres"):
        endpoint_of("shop")


def test_all_that_a_connection_lacks_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    define(monkeypatch, conn_type="postgres", password="p")
    with pytest.raises(ConnectionRefused, match="no host and no login and no schema"):
        endpoint_of("shop")
