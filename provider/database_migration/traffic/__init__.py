"""Ways of leading the application to one of the two databases, one module each, behind ``Traffic``."""

from __future__ import annotations

from database_migration.traffic.build_traffic import TrafficOptions, build_traffic
from database_migration.traffic.callback import AirflowConnectionTrafficOptions, CallbackTraffic
from database_migration.traffic.haproxy import HaproxyTraffic, HaproxyTrafficOptions
from database_migration.traffic.http import HttpTraffic, HttpTrafficOptions
from database_migration.traffic.manual import ManualTraffic, ManualTrafficOptions
from database_migration.traffic.pgbouncer import BouncerServer, PgbouncerTraffic, PgbouncerTrafficOptions
from database_migration.traffic.protocol import Traffic
from database_migration.traffic.sql import SqlTraffic, SqlTrafficOptions

__all__ = [
    "AirflowConnectionTrafficOptions",
    "BouncerServer",
    "CallbackTraffic",
    "HaproxyTraffic",
    "HaproxyTrafficOptions",
    "HttpTraffic",
    "HttpTrafficOptions",
    "ManualTraffic",
    "ManualTrafficOptions",
    "PgbouncerTraffic",
    "PgbouncerTrafficOptions",
    "SqlTraffic",
    "SqlTrafficOptions",
    "Traffic",
    "TrafficOptions",
    "build_traffic",
]
