"""Which managed service runs a server, and how a setting is changed there: ALTER SYSTEM is refused by all of them."""

from __future__ import annotations

from dataclasses import dataclass

from database_migration.engines.postgres.names import quote
from database_migration.engines.protocol import Session

_BY_ROLE = {
    "rds_superuser": "Amazon RDS",
    "cloudsqlsuperuser": "Google Cloud SQL",
    "azure_pg_admin": "Azure Database",
}
"""The administrator's role that each service creates → the service."""
_ADMINISTRATOR = {name: role for role, name in _BY_ROLE.items()}


@dataclass(frozen=True, slots=True)
class Service:
    """Who runs the server; ``name`` is empty for one that its owner runs."""

    name: str = ""

    def setting(self, name: str, value: str, *, restart: bool) -> str:
        """What to do so that a setting has this value."""
        if self.name == "Amazon RDS":
            return f"set {name} = {value} in the DB parameter group{' and reboot' if restart else ''}."
        if self.name == "Google Cloud SQL":
            return f"gcloud sql instances patch <instance> --database-flags={name}={value} (name all flags)."
        if self.name == "Azure Database":
            end = ", then restart the server" if restart else ""
            return f"az postgres flexible-server parameter set --name {name} --value {value} (with -g and -s){end}."
        after = "then restart the server." if restart else "SELECT pg_reload_conf();"
        return f"ALTER SYSTEM SET {name} = {value}; {after}"

    def logical_log(self) -> str:
        """How the log is made to tell row changes."""
        return {
            "Amazon RDS": "set rds.logical_replication = 1 in the DB parameter group (Aurora: in the DB cluster's) and"
            " reboot.",
            "Google Cloud SQL": "gcloud sql instances patch <instance> --database-flags=cloudsql.logical_decoding=on"
            " (name all flags; it restarts).",
        }.get(self.name) or self.setting("wal_level", "logical", restart=True)

    def replication(self, user: str) -> str:
        """How a role is let use slots."""
        if self.name == "Amazon RDS":
            return f"GRANT rds_replication TO {quote(user)};"
        return f"ALTER ROLE {quote(user)} REPLICATION;"

    def replication_role(self, user: str, *, version: int) -> str:
        """How a role is let set session_replication_role."""
        if self.name:
            return f"GRANT {_ADMINISTRATOR[self.name]} TO {quote(user)};"
        if version >= 150000:
            return f"GRANT SET ON PARAMETER session_replication_role TO {quote(user)};"
        return f"ALTER ROLE {quote(user)} SUPERUSER; (before PostgreSQL 15 nothing less allows it)"


def service_of(session: Session) -> Service:
    """The service, told by the role that it creates."""
    rows = session.execute("SELECT rolname::text FROM pg_roles WHERE rolname = ANY (%s) ORDER BY 1", [[*_BY_ROLE]])  # type: ignore[list-item]
    return Service(_BY_ROLE[str(rows[0][0])]) if rows else Service()


__all__ = ["Service", "service_of"]
