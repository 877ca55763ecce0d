"""Every reason why a MySQL or MariaDB server cannot play its part, each with what mends it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from database_migration.engines.mysql.connection import MySQLSession
from database_migration.engines.mysql.preflight.collations import collation_findings
from database_migration.engines.mysql.preflight.log import log_findings
from database_migration.engines.mysql.preflight.managed_service import Service, service_of
from database_migration.engines.mysql.preflight.open_transactions import open_transactions
from database_migration.engines.mysql.preflight.privileges import privilege_findings
from database_migration.engines.mysql.preflight.tables import table_findings
from database_migration.engines.mysql.preflight.types import type_findings
from database_migration.engines.mysql.server_facts import global_variables
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding, Severity
from database_migration.model.schema import CodeKind, Schema, Table

_LONG_TRANSACTION_SECONDS = 300
_SHOWN_TRANSACTIONS = 5
_FLOOR = {"MySQL": (8, 0), "MariaDB": (10, 6)}
_PACKET = 16 * 1024 * 1024


def findings(
    session: MySQLSession, schema: Schema, tables: Sequence[Table], *, role: Side, online: bool
) -> list[Finding]:
    """See ``protocol.Inspection.preflight``."""
    subject = f"{role} server"
    variables = global_variables(session)
    service = service_of(variables)
    found = list(version_findings(session.version_text, subject))
    found += _of_server(session, variables, service, subject)
    if role is Side.TARGET:
        found += _of_target(variables, service, subject, tables)
    if online:
        # Forward replication reads the source's log, reverse replication the target's.
        found += log_findings(session, schema.name, variables, service, subject)
    found += privilege_findings(session, schema.name, subject, service=service, role=role, online=online)
    found += table_findings(tables, online=online, role=role)
    if role is Side.TARGET:
        found += collation_findings(session, tables)
        found += type_findings(session, tables)
    if role is Side.SOURCE:
        found += _of_code(schema, online=online)
    return found


def version_findings(version_text: str, subject: str) -> Iterator[Finding]:
    """A blocker for a server that is older than what we know."""
    flavour = "MariaDB" if "mariadb" in version_text.lower() else "MySQL"
    # MariaDB calls itself 5.5.5-10.11.6-MariaDB where a client might expect MySQL's replication.
    release = tuple(int(part) for part in re.findall(r"\d+", version_text.removeprefix("5.5.5-"))[:2])
    if release < _FLOOR[flavour]:
        floor = ".".join(map(str, _FLOOR[flavour]))
        yield Finding(
            Severity.BLOCKER, "version", subject,
            f"The server is {flavour} {'.'.join(map(str, release))}, older than {floor}, the oldest that is supported.",
            mend=f"upgrade it to {flavour} {floor} or later, or load a dump of it into such a server first.",
        )  # fmt: skip


def _of_server(
    session: MySQLSession, variables: Mapping[str, str], service: Service, subject: str
) -> Iterator[Finding]:
    if variables.get("read_only", "OFF") not in ("OFF", "0", "NO_LOCK_NO_ADMIN"):
        yield Finding(
            Severity.BLOCKER, "read_only", subject,
            "The server is read-only: neither a write fence nor the control schema can be kept on it.",
            mend="connect to the primary (the writer's endpoint)."
            if service.name
            else "connect to the primary, or SET GLOBAL read_only = OFF;",
        )  # fmt: skip
    if not session.has_md5:
        yield Finding(
            Severity.NOTE, "md5", subject,
            "The server has no MD5(): its rows are sent to the worker to be compared, instead of their digests.",
            mend="INSTALL COMPONENT 'file://component_classic_hashing';",
        )  # fmt: skip
    transactions = open_transactions(session)
    if transactions is None:
        yield Finding(
            Severity.NOTE, "process_privilege", subject,
            "The account may not see open transactions: preflight cannot tell what the write fence would wait for.",
            mend="GRANT PROCESS ON *.* TO the account.",
        )  # fmt: skip
    elif long := [one for one in transactions if one.seconds > _LONG_TRANSACTION_SECONDS]:
        yield Finding(
            Severity.WARNING, "long_transaction", subject,
            f"{len(long)} transactions have been open for more than {_LONG_TRANSACTION_SECONDS} s, and the write fence"
            f" waits for such at cutover: {'; '.join(map(str, long[:_SHOWN_TRANSACTIONS]))}.",
            mend=f"let them end, or KILL {long[0].session};" if not service.is_amazon
            else f"let them end, or CALL mysql.rds_kill({long[0].session});",
        )  # fmt: skip


def _of_target(
    variables: Mapping[str, str], service: Service, subject: str, tables: Sequence[Table]
) -> Iterator[Finding]:
    if variables.get("local_infile", "OFF") != "ON":
        yield Finding(
            Severity.WARNING, "local_infile", subject,
            "local_infile is off: rows are inserted by statements, several times slower than by LOAD DATA.",
            mend=service.setting("local_infile", "ON"),
        )  # fmt: skip
    if not {"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES"} & set(variables.get("sql_mode", "").split(",")):
        yield Finding(
            Severity.WARNING, "sql_mode", subject,
            "The server's sql_mode is not strict: after the cutover it would cut what the application writes to fit."
            " (Our own sessions are strict.)",
            mend=service.setting("sql_mode", f"STRICT_TRANS_TABLES,{variables.get('sql_mode', '')}".rstrip(",")),
        )  # fmt: skip
    if int(variables.get("max_allowed_packet", _PACKET)) < _PACKET:
        yield Finding(
            Severity.WARNING, "max_allowed_packet", subject,
            f"max_allowed_packet is {int(variables['max_allowed_packet']):,}: a row of that size cannot be replicated.",
            mend=service.setting("max_allowed_packet", str(4 * _PACKET)),
        )  # fmt: skip
    folded = variables.get("lower_case_table_names", "0")
    lettered = [table.name for table in tables if table.name != table.name.lower()]
    if folded == "1" and lettered:
        yield Finding(
            Severity.BLOCKER, "lower_case_table_names", subject,
            f"The server stores table names in lower case (lower_case_table_names = 1); {', '.join(lettered[:5])}"
            " would not be found again under the names that the plan has.",
            mend=f"give them lower-case names: tables: {{{lettered[0]}: {{rename: {lettered[0].lower()}}}}}; the"
            " setting itself can only be chosen when a server is initialised.",
        )  # fmt: skip
    elif folded == "2":
        yield Finding(
            Severity.WARNING, "lower_case_table_names", subject,
            "Table names keep their case but are compared without it; names that differ by case only collide.",
            mend="none is needed unless preflight names twins.",
        )  # fmt: skip


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


__all__ = ["findings", "version_findings"]
