"""An Airflow connection as the address of a database."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError

from database_migration.engines.protocol import Endpoint
from database_migration.errors import ConnectionRefused, Interrupted, SpecRefused
from database_migration.hooks.engine import SUPPORTED_ENGINES, engine_named

# Extras that Airflow's own hooks interpret and no driver knows.
_NOT_FOR_DRIVERS = frozenset(
    {"aws_conn_id", "charset", "client", "cluster-identifier", "cursor", "enable_log_db_messages", "iam",
     "local_infile", "redshift", "sqlalchemy_query", "workgroup-name"}
)  # fmt: skip


def endpoint_of(conn_id: str, schema: str | None = None) -> Endpoint:
    """The database behind a connection, and the schema to migrate in it.

    On PostgreSQL the connection's "schema" field is the database and ``schema`` defaults to ``public``. On
    MySQL both are the same thing, and ``schema`` wins over the connection's.

    :raises ConnectionRefused: there is no such connection, or it lacks what is needed.
    :raises SpecRefused: its type is no engine of ours.
    """
    connection = connection_of(conn_id)
    if connection.conn_type not in SUPPORTED_ENGINES:
        raise SpecRefused(
            f"the connection has type {connection.conn_type!r}.",
            mend=f"name a connection of type {' or '.join(SUPPORTED_ENGINES)} (MariaDB is mysql).",
            subject=f"connection {conn_id}",
        )
    traits = engine_named(connection.conn_type).traits
    is_mysql = connection.conn_type == "mysql"
    database = (schema or connection.schema) if is_mysql else connection.schema
    missing = [name for name, value in (("host", connection.host), ("login", connection.login)) if not value]
    missing += [] if database else ["schema"]
    if missing:
        raise ConnectionRefused(
            f"the connection has no {' and no '.join(missing)}.",
            mend=f"edit it under Admin › Connections, or: {_add_command(conn_id, connection.conn_type)}",
            subject=f"connection {conn_id}",
        )
    return Endpoint(
        engine=connection.conn_type,
        host=connection.host,
        port=int(connection.port or traits.default_port),
        user=connection.login,
        password=connection.password or "",
        database=database,
        schema=database if is_mysql else (schema or "public"),
        options=_driver_options(connection.extra_dejson),
    )


def connection_of(conn_id: str) -> Any:
    """The Airflow connection; ConnectionRefused with the command that adds it where there is none."""
    try:
        return BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        raise ConnectionRefused(
            "there is no such connection.",
            mend=f"add it under Admin › Connections, or: {_add_command(conn_id, 'mysql|postgres')}",
            subject=f"connection {conn_id}",
        ) from None
    except AirflowRuntimeError as error:
        raise Interrupted(
            f"Airflow did not hand out the connection ({error.error.error}).",
            mend="look at the API server's log; the task is tried again.",
            subject=f"connection {conn_id}",
        ) from None


def secret_of(conn_id: str) -> str:
    """The password of a connection that is no more than a secret.

    :raises ConnectionRefused: it has none.
    """
    secret: str | None = connection_of(conn_id).password
    if not secret:
        raise ConnectionRefused(
            "the connection has no password, which is to be the secret of the masks.",
            mend=f"airflow connections add {conn_id} --conn-type generic --conn-password SECRET",
            subject=f"connection {conn_id}",
        )
    return secret


def _add_command(conn_id: str, conn_type: str) -> str:
    return (
        f"airflow connections add {conn_id} --conn-type {conn_type} --conn-host HOST --conn-port PORT"
        " --conn-login USER --conn-password PASSWORD --conn-schema DATABASE"
    )


def _driver_options(extra: dict[str, Any]) -> dict[str, str]:
    options: dict[str, str] = {}
    for name, value in extra.items():
        if name == "ssl" and isinstance(value, dict):  # mysqlclient's own spelling
            options |= {f"ssl_{part}": str(path) for part, path in value.items()}
        elif name not in _NOT_FOR_DRIVERS and isinstance(value, str | int | float):
            options[name] = str(value)
    return options


__all__ = ["connection_of", "endpoint_of", "secret_of"]
