"""Every reason why a MySQL or MariaDB server cannot play its part, each with what mends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.mysql.open_transactions import oldest_transaction_seconds
from database_migration.engines.mysql.preflight_privileges import privilege_findings
from database_migration.engines.mysql.preflight_tables import table_findings
from database_migration.errors import Refused
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import CodeKind, Schema, Table

_LONG_TRANSACTION_SECONDS = 300
_DAY = 86_400


def findings(
    session: MySQLSession, schema: Schema, tables: Sequence[Table], *, role: Side, online: bool
) -> list[Finding]:
    """See ``protocol.Inspection.preflight``."""
    subject = f"{role} server"
    variables = {str(name): str(value) for name, value in session.execute("SHOW GLOBAL VARIABLES")}
    found = list(_of_server(session, variables, subject, role))
    if online:
        # Forward replication reads the source's log, reverse replication the target's.
        found += _of_log(session, variables, subject)
    found += privilege_findings(session, schema.name, subject, role=role, online=online)
    found += table_findings(tables, online=online, role=role)
    if role is Side.SOURCE:
        found += _of_code(schema, online=online)
    return found


def _of_server(session: MySQLSession, variables: Mapping[str, str], subject: str, role: Side) -> Iterator[Finding]:
    if variables.get("read_only", "OFF") not in ("OFF", "0", "NO_LOCK_NO_ADMIN"):
        yield Finding(
            Severity.BLOCKER, "read_only", subject,
            "The server is read-only: neither a write fence nor the control schema can be kept on it.",
            mend="connect to the primary, or SET GLOBAL read_only = OFF;",
        )  # fmt: skip
    if role is Side.TARGET and variables.get("local_infile", "OFF") != "ON":
        yield Finding(
            Severity.WARNING, "local_infile", subject,
            "local_infile is off: rows are inserted by statements, several times slower than by LOAD DATA.",
            mend="SET GLOBAL local_infile = ON;",
        )  # fmt: skip
    if variables.get("lower_case_table_names", "0") == "2":
        yield Finding(
            Severity.WARNING, "lower_case_table_names", subject,
            "Table names keep their case but are compared without it; names that differ by case only collide.",
            mend="none is needed on the target's side unless preflight names twins.",
        )  # fmt: skip
    if not session.has_md5:
        yield Finding(
            Severity.NOTE, "md5", subject,
            "The server has no MD5(): its rows are sent to the worker to be compared, instead of their digests.",
            mend="INSTALL COMPONENT 'file://component_classic_hashing';",
        )  # fmt: skip
    oldest = oldest_transaction_seconds(session)
    if oldest is None:
        yield Finding(
            Severity.NOTE, "process_privilege", subject,
            "The account may not see open transactions: preflight cannot tell what the write fence would wait for.",
            mend="GRANT PROCESS ON *.* TO the account.",
        )  # fmt: skip
    elif oldest > _LONG_TRANSACTION_SECONDS:
        yield Finding(
            Severity.WARNING, "long_transaction", subject,
            f"A transaction has been open for {oldest:.0f} s; the write fence waits for such at cutover.",
            mend="SELECT * FROM information_schema.innodb_trx ORDER BY trx_started; then end it.",
        )  # fmt: skip


def _of_log(session: MySQLSession, variables: Mapping[str, str], subject: str) -> Iterator[Finding]:
    """The log's silent-loss traps; each of them changes or drops rows without an error."""
    if variables.get("log_bin", "OFF") != "ON":
        yield Finding(
            Severity.BLOCKER, "log_bin", subject, "The binary log is off: changes cannot be captured.",
            mend="put log_bin = binlog and server_id = 1 under [mysqld] and restart the server"
            " (managed services: enable automated backups).",
        )  # fmt: skip
        return
    if variables.get("server_id", "0") == "0":
        yield Finding(
            Severity.BLOCKER, "server_id", subject, "server_id is 0: the server refuses to send its log.",
            mend="SET GLOBAL server_id = 1; and put server_id = 1 under [mysqld].",
        )  # fmt: skip
    for name, wanted, why in (
        ("binlog_format", "ROW", "the log tells statements, not rows"),
        ("binlog_row_image", "FULL", "the log leaves columns out that did not change"),
        ("binlog_row_metadata", "FULL", "the log names no columns and unsigned numbers are read wrong"),
    ):
        value = variables.get(name, "")
        if value and value != wanted:
            yield Finding(
                Severity.BLOCKER, name, subject, f"{name} is {value}: {why}.",
                mend=f"SET GLOBAL {name} = '{wanted}'; and put {name} = {wanted} under [mysqld];"
                " sessions that are open keep the old value, so reconnect the application.",
            )  # fmt: skip
    if variables.get("binlog_order_commits", "ON") == "OFF":
        yield Finding(
            Severity.BLOCKER, "binlog_order_commits", subject,
            "binlog_order_commits is OFF: rows may become visible in another order than the log has, and be missed.",
            mend="SET GLOBAL binlog_order_commits = ON;",
        )  # fmt: skip
    for name in ("log_bin_compress", "binlog_transaction_compression"):
        if variables.get(name, "OFF") == "ON":
            yield Finding(
                Severity.BLOCKER, name, subject, f"{name} is on: compressed events are not decoded.",
                mend=f"SET GLOBAL {name} = OFF; and reconnect the application.",
            )  # fmt: skip
    if "PARTIAL_JSON" in variables.get("binlog_row_value_options", ""):
        yield Finding(
            Severity.BLOCKER, "binlog_row_value_options", subject,
            "PARTIAL_JSON is set: the log tells how a document changed instead of what it is.",
            mend="SET GLOBAL binlog_row_value_options = ''; and reconnect the application.",
        )  # fmt: skip
    if (kept := _retention_seconds(variables)) and kept < _DAY:
        yield Finding(
            Severity.WARNING, "binlog_retention", subject,
            f"The server throws its log away after {kept / 3600:.1f} h; a run that rests longer has to begin again.",
            mend="SET GLOBAL binlog_expire_logs_seconds = 604800;",
        )  # fmt: skip
    if _prepared_elsewhere(session):
        yield Finding(
            Severity.WARNING, "xa_prepared", subject,
            "Prepared XA transactions hold locks that the write fence waits for.",
            mend="XA RECOVER; then XA COMMIT or XA ROLLBACK each of them.",
        )  # fmt: skip


def _prepared_elsewhere(session: MySQLSession) -> bool:
    try:
        return bool(session.execute("XA RECOVER"))
    except Refused:
        return False  # MySQL shows them to XA_RECOVER_ADMIN only


def _retention_seconds(variables: Mapping[str, str]) -> float:
    """0 where the log is kept for ever."""
    seconds = float(variables.get("binlog_expire_logs_seconds", 0) or 0)
    return seconds or float(variables.get("expire_logs_days", 0) or 0) * _DAY


def _of_code(schema: Schema, *, online: bool) -> Iterator[Finding]:
    for code in schema.code:
        if code.kind is CodeKind.EVENT:
            yield Finding(
                Severity.WARNING, "event", f"{schema.name}.{code.name}",
                "The event goes on writing to the source by itself, also after the cutover.",
                mend=f"ALTER EVENT `{code.name}` DISABLE; at the cutover, and schedule its work elsewhere.",
            )  # fmt: skip
        elif code.kind is CodeKind.TRIGGER and online:
            yield Finding(
                Severity.NOTE, "trigger_taken_down", f"{schema.name}.{code.table}",
                f"The trigger {code.name} is taken down on the source while reverse replication writes there,"
                " and put back by a rollback.",
            )  # fmt: skip


__all__ = ["findings"]
