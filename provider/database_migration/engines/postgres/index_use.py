"""How often each index was scanned, as the statistics collector counts it."""

from __future__ import annotations

from datetime import datetime

from database_migration.engines.protocol import IndexUse, Session


def index_use(session: Session, schema: str) -> IndexUse:
    """See ``protocol.Inspection.index_use``."""
    (enabled, since), *_ = session.execute(
        "SELECT current_setting('track_counts'), coalesce(stats_reset, pg_postmaster_start_time())"
        " FROM pg_stat_database WHERE datname = current_database()"
    )
    if enabled != "on":
        return IndexUse(None, "", "ALTER SYSTEM SET track_counts = on; SELECT pg_reload_conf(); compare after a week.")
    rows = session.execute(
        "SELECT relname::text, indexrelname::text, idx_scan FROM pg_stat_user_indexes WHERE schemaname = %s", [schema]
    )
    reads = {(str(table), str(index)): int(str(count)) for table, index, count in rows}
    return IndexUse(reads, f"{since:%Y-%m-%d %H:%M}" if isinstance(since, datetime) else str(since), "")


__all__ = ["index_use"]
