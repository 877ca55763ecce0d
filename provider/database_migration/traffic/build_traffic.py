"""From options to a switch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from database_migration.engines.protocol import Endpoint, Engine
from database_migration.errors import SpecRefused
from database_migration.model.migration_state import Side
from database_migration.traffic.bouncer_console import BouncerConsole
from database_migration.traffic.callback import AirflowConnectionTrafficOptions, CallbackTraffic
from database_migration.traffic.haproxy import HaproxyTraffic, HaproxyTrafficOptions
from database_migration.traffic.http import HttpTraffic, HttpTrafficOptions
from database_migration.traffic.manual import ManualTraffic, ManualTrafficOptions
from database_migration.traffic.pgbouncer import BouncerServer, PgbouncerTraffic, PgbouncerTrafficOptions
from database_migration.traffic.protocol import Traffic
from database_migration.traffic.sql import SqlTraffic, SqlTrafficOptions

TrafficOptions = Annotated[
    SqlTrafficOptions
    | PgbouncerTrafficOptions
    | HaproxyTrafficOptions
    | HttpTrafficOptions
    | AirflowConnectionTrafficOptions
    | ManualTrafficOptions,
    Field(discriminator="kind"),
]


def build_traffic(
    options: TrafficOptions,
    credentials: Endpoint | None = None,
    *,
    engine: Engine | None = None,
    sides: Mapping[Side, Endpoint] | None = None,
    callback: CallbackTraffic | None = None,
) -> Traffic:
    """The switch that the options describe.

    :param credentials: the connection named by ``conn_id``: the row's database (sql), the admin console
        (pgbouncer; its database does not matter), the signing secret as password (http).
    :param engine: the engine of the row's database; only for sql.
    :param sides: where the migration reaches both databases; PgBouncer's default addresses.
    :param callback: only for ``airflow_connection``, from whoever may write connections.
    """
    match options:
        case SqlTrafficOptions():
            if engine is not None:
                return SqlTraffic(options, engine, _needed(credentials, options.conn_id))
        case PgbouncerTrafficOptions():
            console = BouncerConsole(_needed(credentials, options.conn_id), options.answer_timeout.total_seconds())
            return PgbouncerTraffic(options, console, _servers(options, sides or {}))
        case HaproxyTrafficOptions():
            return HaproxyTraffic(options)
        case HttpTrafficOptions():
            return HttpTraffic(options, _needed(credentials, options.conn_id).password)
        case AirflowConnectionTrafficOptions():
            if callback is not None:
                return callback
        case ManualTrafficOptions():
            return ManualTraffic()
    raise SpecRefused(
        f"traffic of kind {options.kind!r} lacks what it is built from.",
        mend="pass `engine` for sql and `callback` for airflow_connection, as CutoverOperator does.",
    )


def _needed(credentials: Endpoint | None, conn_id: str) -> Endpoint:
    if credentials is None:
        raise SpecRefused("the traffic's connection was not opened.", mend=f"create the connection {conn_id}.")
    return credentials


def _servers(options: PgbouncerTrafficOptions, sides: Mapping[Side, Endpoint]) -> dict[Side, BouncerServer]:
    servers = {}
    for side, given in ((Side.SOURCE, options.source), (Side.TARGET, options.target)):
        endpoint = sides.get(side)
        if given is None and endpoint is not None:
            given = BouncerServer(host=endpoint.host, port=endpoint.port, dbname=endpoint.database)
        if given is None:
            raise SpecRefused(
                f"PgBouncer's address of the {side} is not known.",
                mend=f"set `{side}: {{host: …, port: …, dbname: …}}` in the traffic's options.",
            )
        servers[side] = given
    return servers


__all__ = ["TrafficOptions", "build_traffic"]
