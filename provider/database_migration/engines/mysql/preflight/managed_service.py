"""Which managed service runs a server, and how a setting is changed there: SET GLOBAL is refused by all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """Who runs the server; ``name`` is empty for one that its owner runs."""

    name: str = ""

    def setting(self, name: str, value: str, *, reconnect: bool = False) -> str:
        """What to do so that a global variable has this value."""
        again = " Sessions that are open keep the old value, so reconnect the application." if reconnect else ""
        if self.is_amazon:
            return f"set {name} = {value} in the DB parameter group (Aurora: in the DB cluster's).{again}"
        if self.name == "Google Cloud SQL":
            return f"gcloud sql instances patch <instance> --database-flags={name}={value} (name all flags).{again}"
        if self.name == "Azure Database":
            return f"az mysql flexible-server parameter set --name {name} --value {value} (with -g and -s).{again}"
        quoted = value if value.isdigit() or value in ("ON", "OFF") else f"'{value}'"
        return f"SET GLOBAL {name} = {quoted}; and put {name} = {value} under [mysqld].{again}"

    @property
    def is_amazon(self) -> bool:
        """Whether RDS's procedures and parameter groups are there."""
        return self.name.startswith("Amazon")

    def log_bin(self) -> str:
        """How the binary log is switched on."""
        return {
            "Amazon RDS": "give the instance a backup retention of a day or more: that switches the binary log on.",
            "Amazon Aurora": "set binlog_format = ROW in the DB cluster parameter group, and reboot the writer.",
            "Google Cloud SQL": "gcloud sql instances patch <instance> --enable-bin-log",
        }.get(self.name, "put log_bin = binlog and server_id = 1 under [mysqld] and restart the server.")

    def retention(self, hours: int) -> str:
        """How the binary log is kept longer."""
        if self.is_amazon:
            return f"CALL mysql.rds_set_configuration('binlog retention hours', {hours});"
        if self.name == "Google Cloud SQL":
            return "gcloud sql instances patch <instance> --retained-transaction-log-days=7"
        return self.setting("binlog_expire_logs_seconds", str(hours * 3600))


def service_of(variables: Mapping[str, str]) -> Service:
    """The service, told by the global variables that only it has."""
    if "aurora_version" in variables:
        return Service("Amazon Aurora")
    if variables.get("basedir", "").startswith("/rdsdbbin"):
        return Service("Amazon RDS")
    if "-google" in variables.get("version", ""):
        return Service("Google Cloud SQL")
    if "azure" in variables.get("version_comment", "").lower() or any(name.startswith("azure_") for name in variables):
        return Service("Azure Database")
    return Service()


__all__ = ["Service", "service_of"]
