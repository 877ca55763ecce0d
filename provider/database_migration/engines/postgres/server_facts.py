"""Figures of a server that mean something only beside those of the other side."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from database_migration.engines.postgres import sql
from database_migration.engines.postgres.preflight.managed_service import service_of
from database_migration.engines.protocol import ServerFacts, Session

_LARGEST_VALUE = 1024**3 - 1


def server_facts(session: Session) -> ServerFacts:
    """See ``protocol.Inspection.facts``. PostgreSQL tells nobody how full its disk is."""
    clock, zone, offset, free = cast(tuple[Any, ...], session.execute(sql.load("server_facts"))[0])
    return ServerFacts(
        clock=cast(datetime, clock).astimezone(UTC),
        time_zone=str(zone),
        zone_offset_seconds=int(offset),
        free_connections=int(free),
        largest_value_bytes=_LARGEST_VALUE,
        free_bytes=None,
        log_kept_seconds=None,  # a slot keeps the log until it was read
        service=service_of(session).name,
    )


__all__ = ["server_facts"]
