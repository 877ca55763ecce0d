"""What keeps changes from being captured, and the silent-loss traps: each changes or drops rows without an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.mysql.names import OWN_DATABASE
from database_migration.engines.mysql.preflight.managed_service import Service
from database_migration.engines.mysql.server_facts import retention_seconds
from database_migration.errors import Refused
from database_migration.model.report import Finding, Severity

_DAY = 86_400
SETTINGS = {
    "binlog_format": ("ROW", "the log tells statements, not rows"),
    "binlog_row_image": ("FULL", "the log leaves columns out that did not change"),
    "binlog_row_metadata": ("FULL", "the log names no columns and unsigned numbers are read wrong"),
    "log_bin_compress": ("OFF", "compressed events are not decoded"),
    "binlog_transaction_compression": ("OFF", "compressed transactions are not decoded"),
}
"""Setting → (the value that is needed, what is wrong with any other)."""


def log_findings(
    session: MySQLSession, schema: str, variables: Mapping[str, str], service: Service, subject: str
) -> Iterator[Finding]:
    """Findings about the binary log of a server whose changes are captured."""
    if variables.get("log_bin", "OFF") != "ON":
        yield Finding(
            Severity.BLOCKER, "log_bin", subject, "The binary log is off: changes cannot be captured.",
            mend=service.log_bin(),
        )  # fmt: skip
        return
    if variables.get("server_id", "0") == "0":
        yield Finding(
            Severity.BLOCKER, "server_id", subject, "server_id is 0: the server refuses to send its log.",
            mend=service.setting("server_id", "1"),
        )  # fmt: skip
    for name, (wanted, why) in SETTINGS.items():
        value = variables.get(name, "")
        if value and value != wanted:
            yield Finding(
                Severity.BLOCKER, name, subject, f"{name} is {value}: {why}.",
                mend=service.setting(name, wanted, reconnect=True),
            )  # fmt: skip
    if variables.get("binlog_order_commits", "ON") == "OFF":
        yield Finding(
            Severity.BLOCKER, "binlog_order_commits", subject,
            "binlog_order_commits is OFF: rows may become visible in another order than the log has, and be missed.",
            mend=service.setting("binlog_order_commits", "ON"),
        )  # fmt: skip
    if "PARTIAL_JSON" in variables.get("binlog_row_value_options", ""):
        yield Finding(
            Severity.BLOCKER, "binlog_row_value_options", subject,
            "PARTIAL_JSON is set: the log tells how a document changed instead of what it is.",
            mend=service.setting("binlog_row_value_options", "", reconnect=True),
        )  # fmt: skip
    yield from _of_filters(session, schema, subject)
    yield from _of_replica(session, variables, service, subject)
    kept = retention_seconds(session, variables)
    if kept is not None and kept < _DAY:
        yield Finding(
            Severity.WARNING, "binlog_retention", subject,
            f"The server throws its log away after {kept / 3600:.1f} h; a run that rests longer has to begin again.",
            mend=service.retention(168),
        )  # fmt: skip
    if _prepared_elsewhere(session):
        yield Finding(
            Severity.WARNING, "xa_prepared", subject,
            "Prepared XA transactions hold locks that the write fence waits for.",
            mend="XA RECOVER; then XA COMMIT or XA ROLLBACK each of them.",
        )  # fmt: skip


def _of_filters(session: MySQLSession, schema: str, subject: str) -> Iterator[Finding]:
    """A log that leaves databases out: the migrated one's changes would be lost, or our marks, and changes loop."""
    only, without = _filters(session)
    lost = [name for name in (schema, OWN_DATABASE) if name in without or (only and name not in only)]
    if lost:
        yield Finding(
            Severity.BLOCKER, "binlog_filter", subject,
            f"The binary log leaves out the databases {', '.join(lost)} (binlog_do_db, binlog_ignore_db).",
            mend="remove binlog_do_db and binlog_ignore_db from the server's configuration and restart it.",
        )  # fmt: skip


def _filters(session: MySQLSession) -> tuple[frozenset[str], frozenset[str]]:
    for words in ("SHOW MASTER STATUS",) if session.is_mariadb else ("SHOW BINARY LOG STATUS", "SHOW MASTER STATUS"):
        try:
            rows = session.execute(words)
        except Refused:
            continue  # an older server's words, or a privilege that preflight asks for already
        names = [frozenset(filter(None, str(text or "").split(","))) for text in rows[0][2:4]] if rows else []
        return (names[0], names[1]) if len(names) == 2 else (frozenset(), frozenset())
    return frozenset(), frozenset()


def _of_replica(
    session: MySQLSession, variables: Mapping[str, str], service: Service, subject: str
) -> Iterator[Finding]:
    try:
        replicates = bool(session.execute("SHOW ALL SLAVES STATUS" if session.is_mariadb else "SHOW REPLICA STATUS"))
    except Refused:
        return  # asked of accounts that may see it; the grant is not worth a blocker
    if not replicates:
        return
    name = "log_replica_updates" if "log_replica_updates" in variables else "log_slave_updates"
    if variables.get(name) != "ON":
        yield Finding(
            Severity.BLOCKER, "log_replica_updates", subject,
            f"The server is a replica, and {name} is off: what it gets from its primary is not in its own log.",
            mend=f"connect to the primary, or put {name} = ON under [mysqld] and restart the server."
            if not service.name
            else "connect to the primary.",
        )  # fmt: skip
    yield Finding(
        Severity.WARNING, "is_replica", subject,
        "The server is a replica of another: a write fence on it does not keep the primary's writes out.",
        mend="connect to the primary; or stop replication to it before the cutover.",
    )  # fmt: skip


def _prepared_elsewhere(session: MySQLSession) -> bool:
    try:
        return bool(session.execute("XA RECOVER"))
    except Refused:
        return False  # MySQL shows them to XA_RECOVER_ADMIN only


__all__ = ["SETTINGS", "log_findings"]
