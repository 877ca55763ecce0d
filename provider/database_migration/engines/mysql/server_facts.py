"""Figures of a server that mean something only beside those of the other side."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.mysql.preflight.managed_service import service_of
from database_migration.engines.protocol import ServerFacts
from database_migration.errors import Refused

_DAY = 86_400


def global_variables(session: MySQLSession) -> dict[str, str]:
    """Every global variable."""
    return {str(name): str(value) for name, value in session.execute("SHOW GLOBAL VARIABLES")}


def server_facts(session: MySQLSession) -> ServerFacts:
    """See ``protocol.Inspection.facts``."""
    variables = global_variables(session)
    zone = variables.get("time_zone", "SYSTEM")
    now, offset = session.execute(
        "SELECT UTC_TIMESTAMP(6), TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(),"
        " CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', @@GLOBAL.time_zone))"
    )[0]
    status = session.execute("SHOW GLOBAL STATUS LIKE 'Threads_connected'")
    limit = int(variables["max_connections"])
    of_account = int(variables.get("max_user_connections", "0"))
    return ServerFacts(
        clock=cast(datetime, now).replace(tzinfo=UTC),
        time_zone=variables.get("system_time_zone", "SYSTEM") if zone == "SYSTEM" else zone,
        zone_offset_seconds=None if offset is None else int(str(offset)),
        free_connections=min(limit - int(str(status[0][1])), of_account or limit),
        largest_value_bytes=int(variables["max_allowed_packet"]),
        free_bytes=_free_bytes(session, variables),
        log_kept_seconds=retention_seconds(session, variables) if variables.get("log_bin") == "ON" else None,
        service=service_of(variables).name,
    )


def retention_seconds(session: MySQLSession, variables: Mapping[str, str]) -> float | None:
    """For how long the binary log is kept; None for ever."""
    if service_of(variables).is_amazon:
        rows = session.execute("SELECT value FROM mysql.rds_configuration WHERE name = 'binlog retention hours'")
        return float(str(rows[0][0])) * 3600 if rows and rows[0][0] is not None else 0.0
    seconds = float(variables.get("binlog_expire_logs_seconds", 0) or 0)
    return seconds or float(variables.get("expire_logs_days", 0) or 0) * _DAY or None


def _free_bytes(session: MySQLSession, variables: Mapping[str, str]) -> int | None:
    """What MariaDB's plugin DISKS tells of the data folder's file system; nobody else tells."""
    if not session.is_mariadb:
        return None
    try:
        rows = session.execute("SELECT Path, Available * 1024 FROM information_schema.DISKS")
    except Refused:
        return None
    folder = variables.get("datadir", "/")
    within = [(len(str(path)), int(str(free))) for path, free in rows if folder.startswith(str(path))]
    return max(within)[1] if within else None


__all__ = ["global_variables", "retention_seconds", "server_facts"]
