"""The demo's private databases: the shop in MariaDB, and PostgreSQL for target, switchboard and Airflow's metadata."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from demo.shop import build_shop
from demo.writer.configuration import Address
from demo.writer.endpoint import CREATE_TABLE
from fixtures.servers import Database, MariaDBServer, PostgresServer

ENDPOINT = "shop"


@dataclass(frozen=True)
class Login:
    """A database account."""

    user: str
    password: str


MIGRATION = Login("migration", "migration's p@ss/word")
APPLICATION = Login("shop_app", "shop_app's p@ss/word")


class DemoDatabases:
    """Both servers as one context manager, with the accounts that a migration and an application would have."""

    def __init__(self, folder: Path, *, dies_with_parent: bool) -> None:
        self.mariadb = MariaDBServer(folder / "mariadb", server_id=1, dies_with_parent=dies_with_parent)
        self.postgres = PostgresServer(folder / "postgres", dies_with_parent=dies_with_parent)
        self.rows: dict[str, int] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.mariadb)
            stack.enter_context(self.postgres)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def prepare(self, rows: int) -> None:
        """Builds the shop, its accounts, the empty target, the switchboard and Airflow's database."""
        self.rows = build_shop(self.mariadb.create_database("shop"), rows=rows)
        self._mariadb_account(MIGRATION, "ALL PRIVILEGES ON *.*", " WITH GRANT OPTION")
        self._mariadb_account(APPLICATION, "SELECT, INSERT, UPDATE, DELETE ON shop.*")
        for login, attributes in ((MIGRATION, "SUPERUSER REPLICATION"), (APPLICATION, "")):
            password = login.password.replace("'", "''")
            self.postgres.execute(f"CREATE ROLE {login.user} LOGIN {attributes} PASSWORD '{password}'")
        target = self.postgres.create_database("shop")
        target.execute(f"ALTER DATABASE shop OWNER TO {MIGRATION.user}")
        # The application may use whatever the migration will create.
        for what, privileges in (
            ("SCHEMAS", "USAGE"),
            ("TABLES", "SELECT, INSERT, UPDATE, DELETE"),
            ("SEQUENCES", "USAGE"),
        ):
            target.execute(
                f"ALTER DEFAULT PRIVILEGES FOR ROLE {MIGRATION.user} GRANT {privileges} ON {what} TO {APPLICATION.user}"
            )
        switchboard = self.postgres.create_database("switchboard")
        switchboard.execute(CREATE_TABLE)
        switchboard.execute("INSERT INTO traffic_endpoint (name, serving) VALUES (%s, 'source')", (ENDPOINT,))
        switchboard.execute(f"GRANT SELECT ON traffic_endpoint TO {APPLICATION.user}")
        self.postgres.create_database("airflow")

    def _mariadb_account(self, login: Login, privileges: str, suffix: str = "") -> None:
        self.mariadb.execute(f"CREATE USER {login.user}@'%%' IDENTIFIED BY %s", (login.password,))
        self.mariadb.execute(f"GRANT {privileges} TO {login.user}@'%'{suffix}")

    # --- addresses ----------------------------------------------------------------------------------------

    @property
    def source(self) -> Database:
        return self._as(MIGRATION, self.mariadb.database("shop"))

    @property
    def target(self) -> Database:
        return self._as(MIGRATION, self.postgres.database("shop"))

    @property
    def switchboard(self) -> Database:
        return self._as(MIGRATION, self.postgres.database("switchboard"))

    @property
    def airflow_metadata(self) -> Database:
        return self.postgres.database("airflow")

    def serving(self) -> str:
        """Which side the endpoint leads to."""
        ((side,),) = self.switchboard.execute("SELECT serving FROM traffic_endpoint WHERE name = %s", (ENDPOINT,))
        return str(side)

    @staticmethod
    def _as(login: Login, database: Database) -> Database:
        return replace(database, user=login.user, password=login.password)

    @staticmethod
    def address(database: Database, login: Login, schema: str | None = None) -> Address:
        """Where the shop's application finds a database."""
        return Address(
            database.engine, database.host, database.port, login.user, login.password, database.database, schema
        )

    @property
    def connections(self) -> dict[str, str]:
        """What Airflow is told: conn_id → JSON."""
        sides = {"shop_mysql": self.source, "shop_postgres": self.target, "shop_switchboard": self.switchboard}
        return {
            conn_id: json.dumps(
                {
                    "conn_type": database.engine,
                    "host": database.host,
                    "port": database.port,
                    "login": database.user,
                    "password": database.password,
                    "schema": database.database,
                }
            )
            for conn_id, database in sides.items()
        }
