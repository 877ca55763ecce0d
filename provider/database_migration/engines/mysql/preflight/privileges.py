"""Which grants a role needs, told by what the server says of the account's own privileges."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from database_migration.engines.mysql.connection import MySQLSession, quote
from database_migration.engines.mysql.names import OWN_DATABASE
from database_migration.engines.mysql.preflight.managed_service import Service
from database_migration.model.migration_state import Side
from database_migration.model.report import Finding, Severity

_READ = frozenset({"SELECT", "SHOW VIEW"})
_FENCED = frozenset({"LOCK TABLES", "TRIGGER"})
_WRITE = frozenset({"INSERT", "UPDATE", "DELETE"})
_CREATE = frozenset({"CREATE", "ALTER", "INDEX", "DROP", "REFERENCES", "CREATE VIEW"})
_CODE = frozenset({"EXECUTE", "EVENT"})
_LOG = {
    True: frozenset({"REPLICATION SLAVE", "BINLOG MONITOR"}),
    False: frozenset({"REPLICATION SLAVE", "REPLICATION CLIENT"}),
}
_SAME = {"REPLICATION REPLICA": "REPLICATION SLAVE", "REPLICATION CLIENT": "BINLOG MONITOR"}
_GRANT = re.compile(
    r"GRANT (?P<privileges>.+?) ON (?:(?:TABLE|FUNCTION|PROCEDURE) )?(?P<scope>\S+\.\S+) TO ", re.DOTALL
)


def privilege_findings(
    session: MySQLSession, schema: str, subject: str, *, service: Service, role: Side, online: bool
) -> list[Finding]:
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
        lacking = needed - held_privileges(session, scope)
        if lacking:
            missing.append(f"GRANT {', '.join(sorted(lacking))} ON {scope} TO '{user}'@'{host}';")
    return [
        *(_trigger_findings(session, schema, service, subject) if online else ()),
        *_missing(missing, account, subject),
    ]


def _trigger_findings(session: MySQLSession, schema: str, service: Service, subject: str) -> Iterator[Finding]:
    """What keeps an account that holds TRIGGER from making the fence's triggers, and the user's again."""
    everywhere = held_privileges(session, "*.*")
    if "SUPER" in everywhere:
        return
    if session.execute("SELECT @@log_bin, @@log_bin_trust_function_creators") == [(1, 0)]:
        yield Finding(
            Severity.BLOCKER, "log_bin_trust_function_creators", subject,
            "With a binary log the server lets only SUPER make triggers, and the write fence is made of them.",
            mend=service.setting("log_bin_trust_function_creators", "ON")
            if service.name
            else "SET GLOBAL log_bin_trust_function_creators = ON;",
        )  # fmt: skip
    account = str(session.execute("SELECT CURRENT_USER()")[0][0])
    definers = session.execute(
        "SELECT DISTINCT definer FROM information_schema.triggers WHERE trigger_schema = %s", (schema,)
    )
    others = sorted(str(definer) for (definer,) in definers if str(definer) != account)
    needed = _definer_privilege(session)
    if others and needed not in everywhere:
        user, _, host = account.rpartition("@")
        yield Finding(
            Severity.BLOCKER, "definer_privilege", subject,
            f"Triggers of {', '.join(others)} are taken down and put back, which needs {needed}"
            " (and SYSTEM_USER on MySQL, where one of them holds that).",
            mend=f"GRANT {needed} ON *.* TO '{user}'@'{host}';",
        )  # fmt: skip


def _definer_privilege(session: MySQLSession) -> str:
    if session.is_mariadb:
        return "SET USER"
    release = tuple(int(part) for part in re.findall(r"\d+", session.version_text)[:2])
    return "SET_ANY_DEFINER" if release >= (8, 2) else "SET_USER_ID"


def _missing(statements: Sequence[str], account: str, subject: str) -> list[Finding]:
    return [
        Finding(
            Severity.BLOCKER, "privileges", subject,
            f"The account {account} lacks privileges: {statement.removeprefix('GRANT ').split(' TO ')[0]}.",
            mend=statement,
        )
        for statement in statements
    ]  # fmt: skip


def held_privileges(session: MySQLSession, scope: str) -> frozenset[str]:
    """Privileges that the account holds on a scope, directly, by a wider grant, or by its enabled roles."""
    held: set[str] = set()
    for (text,) in session.execute("SHOW GRANTS"):
        found = _GRANT.match(str(text))
        if found is None or not _covers(found["scope"], scope):
            continue
        words = re.sub(r"\([^)]*\)", "", found["privileges"])
        for privilege in (word.strip().upper() for word in words.split(",")):
            if privilege in ("ALL PRIVILEGES", "ALL"):
                wide = {"SUPER"} if found["scope"] == "*.*" else frozenset()
                return frozenset(_READ | _WRITE | _CREATE | _FENCED | _CODE | _LOG[True] | _LOG[False] | wide)
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


__all__ = ["held_privileges", "privilege_findings"]
