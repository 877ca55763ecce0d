"""Traffic options with the connections they name opened: what a cutover switches by."""

from __future__ import annotations

from database_migration.engines.protocol import Endpoint
from database_migration.hooks.airflow_connection import follow_airflow_connection
from database_migration.hooks.endpoint import connection_of, endpoint_of
from database_migration.hooks.engine import engine_named
from database_migration.model.migration_state import Side
from database_migration.steps.run import MigrationRun
from database_migration.traffic import (
    AirflowConnectionTrafficOptions,
    HttpTrafficOptions,
    PgbouncerTrafficOptions,
    SqlTrafficOptions,
    Traffic,
    TrafficOptions,
    build_traffic,
)


def traffic_of(options: TrafficOptions, run: MigrationRun) -> Traffic:
    """The switch between a run's two sides; raises what opening its connections raises."""
    sides = {Side.SOURCE: run.source.endpoint, Side.TARGET: run.target.endpoint}
    match options:
        case SqlTrafficOptions():
            endpoint = endpoint_of(options.conn_id)
            return build_traffic(options, endpoint, engine=engine_named(endpoint.engine), sides=sides)
        case PgbouncerTrafficOptions():
            return build_traffic(options, _credentials(options.conn_id, database="pgbouncer"), sides=sides)
        case HttpTrafficOptions():
            return build_traffic(options, _credentials(options.conn_id), sides=sides)
        case AirflowConnectionTrafficOptions():
            return build_traffic(options, callback=follow_airflow_connection(options, sides), sides=sides)
        case _:
            return build_traffic(options, sides=sides)


def _credentials(conn_id: str, *, database: str = "") -> Endpoint:
    """Host and login of a connection that is not to a database of ours."""
    connection = connection_of(conn_id)
    return Endpoint(
        engine=connection.conn_type,
        host=connection.host or "",
        port=int(connection.port or 0),
        user=connection.login or "",
        password=connection.password or "",
        database=connection.schema or database,
        schema="",
    )


__all__ = ["traffic_of"]
