"""Which grants a role needs, told by what the server says of the account's own privileges."""

from __future__ import annotations

import re

from database_migration.engines.mysql.connection import MySQLSession, quote
from database_migration.engines.mysql.names import OWN_DATABASE
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding, Severity

_READ = frozenset({"SELECT", "SHOW VIEW"})
_FENCED = frozenset({"LOCK TABLES", "TRIGGER"})
_WRITE = frozenset({"INSERT", "UPDATE", "DELETE"})
_CREATE = frozenset({"CREATE", "ALTER", "INDEX", "DROP", "REFERENCES", "CREATE VIEW"})
_LOG = {
    True: frozenset({"REPLICATION SLAVE", "BINLOG MONITOR"}),
    False: frozenset({"REPLICATION SLAVE", "REPLICATION CLIENT"}),
}
_SAME = {"REPLICATION REPLICA": "REPLICATION SLAVE", "REPLICATION CLIENT": "BINLOG MONITOR"}
_GRANT = re.compile(
    r"GRANT (?P<privileges>.+?) ON (?:(?:TABLE|FUNCTION|PROCEDURE) )?(?P<scope>\S+\.\S+) TO ", re.DOTALL
)


def privilege_findings(session: MySQLSession, schema: str, subject: str, *, role: Side, online: bool) -> list[Finding]:
    """The grants that are missing, as the statements that give them."""
    on_schema = _READ
    if role is Side.TARGET:
        on_schema |= _WRITE | _CREATE
    if online:
        on_schema |= _WRITE | _FENCED
    everywhere = _LOG[session.is_mariadb] if online else frozenset()
    own = _WRITE | {"SELECT", "CREATE"} if online or role is Side.TARGET else frozenset()
    account = str(session.execute("SELECT CURRENT_USER()")[0][0])
    user, _, host = account.rpartition("@")
    missing = []
    for scope, needed in ((f"{quote(schema)}.*", on_schema), ("*.*", everywhere), (f"{quote(OWN_DATABASE)}.*", own)):
        lacking = needed - _held(session, scope)
        if lacking:
            missing.append(f"GRANT {', '.join(sorted(lacking))} ON {scope} TO '{user}'@'{host}';")
    return [
        Finding(
            Severity.BLOCKER, "privileges", subject,
            f"The account {account} lacks privileges: {statement.removeprefix('GRANT ').split(' TO ')[0]}.",
            mend=statement,
        )
        for statement in missing
    ]  # fmt: skip


def _held(session: MySQLSession, scope: str) -> frozenset[str]:
    """Privileges that the account holds on a scope, directly, by a wider grant, or by its enabled roles."""
    held: set[str] = set()
    for (text,) in session.execute("SHOW GRANTS"):
        found = _GRANT.match(str(text))
        if found is None or not _covers(found["scope"], scope):
            continue
        words = re.sub(r"\([^)]*\)", "", found["privileges"])
        for privilege in (word.strip().upper() for word in words.split(",")):
            if privilege in ("ALL PRIVILEGES", "ALL"):
                return frozenset(_READ | _WRITE | _CREATE | _FENCED | _LOG[True] | _LOG[False])
            held |= {privilege, _SAME.get(privilege, privilege)}
    return frozenset(held)


def _covers(granted: str, scope: str) -> bool:
    if granted in ("*.*", scope):
        return True
    if not granted.endswith(".*") or scope == "*.*":
        return False
    # In a grant's database name ``_`` and ``%`` are wildcards unless escaped.
    pattern = granted[:-2].strip("`").replace("``", "`")
    parts = re.split(r"(\\_|\\%|_|%)", pattern)
    wild = {"_": ".", "%": ".*", "\\_": "_", "\\%": "%"}
    expression = "".join(wild[part] if part in wild else re.escape(part) for part in parts)
    return re.fullmatch(expression, scope[:-2].strip("`").replace("``", "`")) is not None


__all__ = ["privilege_findings"]
